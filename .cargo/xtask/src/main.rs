//! Builds, demonstrates and tests Keystead. `cargo xtask` alone prints what there is.
#![expect(clippy::print_stderr, reason = "a build tool tells a person what it does")]

mod checks;
mod ground;
mod machine;
mod plugins;
mod upstreams;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ground::{cargo, run};

const USAGE: &str = "\
Builds, demonstrates and tests Keystead.

  cargo xtask demo [-- OPTIONS]   build everything and start the demo; OPTIONS go to `keystead demo`
  cargo xtask test [-- OPTIONS]   build everything and run all tests; OPTIONS go to `cargo test`
  cargo xtask plugins             build the sample plugins and the tests' guests
  cargo xtask setup               install, or name, what building and testing need
  cargo xtask ci                  everything that has to be green: format, lints, tests, documentation, dependencies

Examples:
  cargo xtask demo -- --listen 127.0.0.1:9000
  cargo xtask test -- walls
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let mut rest: Vec<String> = words.collect();
    // Cargo hands the `--` of `cargo xtask demo -- …` on.
    if rest.first().is_some_and(|word| word == "--") {
        rest.remove(0);
    }
    match command.as_str() {
        "demo" => demo(&rest),
        "test" => checks::test(&rest),
        "plugins" => {
            machine::prepare(&machine::FOR_PLUGINS)?;
            plugins::build(&ground::target_dir()?)
        }
        "setup" => {
            machine::prepare(machine::FOR_PLUGINS.iter().chain(&machine::FOR_TESTS))?;
            upstreams::install()
        }
        "ci" => checks::all(),
        "" | "help" | "--help" | "-h" => {
            eprint!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no `cargo xtask {other}`\n\n{USAGE}"),
    }
}

/// Builds the plugins and the binary, puts the plugins where the demo looks for them, and becomes the demo.
fn demo(options: &[String]) -> Result<()> {
    machine::prepare(&machine::FOR_PLUGINS)?;
    let target_dir = ground::target_dir()?;
    plugins::build(&target_dir)?;
    eprintln!("xtask: building keystead");
    run(cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    let profile_dir = target_dir.join("debug");
    ground::copy_components(&target_dir.join("plugins"), &profile_dir.join("samples"))?;
    become_program(std::process::Command::new(profile_dir.join("keystead")).arg("demo").args(options))
}

/// Replaces this process, so that Ctrl-C and the exit code are the demo's own.
#[cfg(unix)]
fn become_program(command: &mut std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("could not start `{}`", ground::sentence(command)))
}
