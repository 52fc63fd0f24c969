//! The program `keystead`; everything is in the library.

use std::process::ExitCode;

use keystead::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::read())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use keystead::cli::Cli;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
