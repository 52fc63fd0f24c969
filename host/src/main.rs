//! The program `keystead`; everything is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use keystead::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};
    use keystead::cli::Cli;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every example of this command and of those below it.
    fn examples(command: &Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.trim_start().find("keystead ").map(|_| line.to_owned()));
        found.extend(lines);
        command.get_subcommands().for_each(|below| examples(below, found));
    }

    #[test]
    fn every_example_is_a_command_line_that_is_understood() {
        let mut found = Vec::new();
        examples(&Cli::command(), &mut found);
        assert!(found.len() > 8, "{found:?}");
        for example in found {
            let start = example.find("keystead ").unwrap();
            let line = example[start..].split([')', '>', '|', '#']).next().unwrap();
            let words = line.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
            if let Err(error) = Cli::command().try_get_matches_from(words) {
                panic!("{example}: {error}");
            }
        }
    }
}
