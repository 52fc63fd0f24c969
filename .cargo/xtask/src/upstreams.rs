//! The npm packages of the tests' upstreams.

use std::process::Command;

use anyhow::{Context, Result};

use crate::ground::{root, run};

/// Installs what `tests/upstreams/package-lock.json` names, unless exactly that is installed already.
///
/// # Errors
/// When npm fails; it says why on the terminal.
pub(crate) fn install() -> Result<()> {
    let folder = root()?.join("tests/upstreams");
    let lock = std::fs::read(folder.join("package-lock.json"))
        .context("could not read the lock of tests/upstreams")?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    eprintln!("xtask: installing the npm packages of tests/upstreams");
    // No package's own script is run: none of these needs one.
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"])
        .current_dir(&folder)
        // Standard output belongs to the tests.
        .stdout(std::process::Stdio::null()))?;
    std::fs::write(&installed, lock).with_context(|| format!("could not write {}", installed.display()))
}
