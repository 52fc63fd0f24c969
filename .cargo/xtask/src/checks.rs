//! The tests, and everything else that has to be green.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::ground::{cargo, root, run, target_dir};
use crate::{machine, plugins, upstreams};

/// The release of cargo-deny that judges the dependencies.
const CARGO_DENY: &str = "0.20.2";

/// The workspaces: ours, and those that are built for WebAssembly.
const WORKSPACES: [&str; 3] = ["Cargo.toml", "plugins/Cargo.toml", "tests/guests/Cargo.toml"];

/// Builds everything and runs all tests; `options` go to `cargo test`, and then the plugins' own tests are left out.
///
/// # Errors
/// When something could not be built or a test failed.
pub(crate) fn test(options: &[String]) -> Result<()> {
    machine::prepare(machine::FOR_PLUGINS.iter().chain(&machine::FOR_TESTS))?;
    upstreams::install()?;
    let target_dir = target_dir()?;
    plugins::build(&target_dir)?;
    if options.is_empty() {
        plugins::test(&target_dir)?;
    }
    eprintln!("xtask: building keystead and its tests");
    // With the features of the whole workspace, so that the tests do not build everything a second time.
    run(cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    run(cargo().args(["test", "--workspace", "--locked"]).args(options))?;
    eprintln!("xtask: all tests passed");
    Ok(())
}

/// Runs all steps in order and stops at the first that is not green.
///
/// # Errors
/// Names the step that failed.
pub(crate) fn all() -> Result<()> {
    let begin = Instant::now();
    step("format", format)?;
    step("plugins for WebAssembly", || {
        machine::prepare(&machine::FOR_PLUGINS)?;
        plugins::build(&target_dir()?)
    })?;
    step("lints", lint)?;
    step("tests", || test(&[]))?;
    step("documentation", document)?;
    step("dependencies", judge_dependencies)?;
    eprintln!("ci: all green in {} s", begin.elapsed().as_secs());
    Ok(())
}

fn step(name: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("ci: {name}");
    let begin = Instant::now();
    let result = body().with_context(|| format!("{name} is not green"));
    let outcome = if result.is_ok() { "green" } else { "NOT GREEN" };
    eprintln!("ci: {name}: {outcome} after {} s", begin.elapsed().as_secs());
    result
}

fn format() -> Result<()> {
    for manifest in workspaces()? {
        run(cargo().args(["fmt", "--all", "--check", "--manifest-path"]).arg(manifest))?;
    }
    Ok(())
}

/// Lints our own workspace, and natively those that are built for WebAssembly.
fn lint() -> Result<()> {
    for manifest in workspaces()? {
        let mut clippy = clippy(&manifest)?;
        run(clippy.args(["--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn clippy(manifest: &std::path::Path) -> Result<Command> {
    let mut command = cargo();
    command.args(["clippy", "--quiet", "--manifest-path"]).arg(manifest);
    if manifest != root()?.join(WORKSPACES[0]) {
        command.env("CARGO_TARGET_DIR", target_dir()?.join("plugins-native"));
    }
    Ok(command)
}

fn document() -> Result<()> {
    run(cargo()
        .args(["doc", "--quiet", "--no-deps", "--workspace", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Licences, bans and sources are judged from the lock files alone. Known vulnerabilities are not: their database
/// is a clone from the network. Where there is one: `cargo deny --config .cargo/deny.toml check advisories`.
fn judge_dependencies() -> Result<()> {
    let cargo_deny = install_cargo_deny()?;
    let rules = root()?.join(".cargo/deny.toml");
    for manifest in workspaces()? {
        let mut command = Command::new(&cargo_deny);
        command.arg("--manifest-path").arg(manifest).arg("--config").arg(&rules);
        // Duplicate versions are warnings: `cargo deny` without this option shows them.
        run(command.args(["--locked", "--log-level", "error", "check", "bans", "licenses", "sources"]))?;
    }
    eprintln!(
        "ci: NOT checked: known vulnerabilities (the database cannot be fetched from a package registry)"
    );
    Ok(())
}

/// The program, installed below the target folder when that release is not there yet.
fn install_cargo_deny() -> Result<PathBuf> {
    let tools = target_dir()?.join("tools");
    let program = tools.join("bin/cargo-deny");
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(CARGO_DENY)) {
        return Ok(program);
    }
    eprintln!("ci: installing cargo-deny {CARGO_DENY}, once; this takes a few minutes");
    let mut install = cargo();
    // Unoptimised: it is built much sooner and judges in a few seconds all the same.
    install.args([
        "install",
        "--quiet",
        "--locked",
        "--debug",
        "cargo-deny",
        "--version",
        CARGO_DENY,
        "--root",
    ]);
    install.arg(&tools).env("CARGO_TARGET_DIR", tools.join("target")).env("CARGO_PROFILE_DEV_DEBUG", "0");
    run(&mut install)?;
    std::fs::remove_dir_all(tools.join("target"))
        .context("could not remove what cargo-deny was built from")?;
    Ok(program)
}

fn workspaces() -> Result<Vec<PathBuf>> {
    let root = root()?;
    Ok(WORKSPACES.iter().map(|path| root.join(path)).filter(|path| path.exists()).collect())
}
