//! The program `keystead`; everything is in the library.

use std::process::ExitCode;

use keystead::cli::{Cli, run};

/// Many small texts are made and dropped for each request, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
