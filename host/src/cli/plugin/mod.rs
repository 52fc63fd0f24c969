//! `keystead plugin`: what authors check and operators install.

mod check;
mod install;
mod list;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::{Exit, output};
use crate::catalogue::Examined;

/// Plugins: the WebAssembly components that verify credentials
#[derive(Args)]
pub(super) struct Plugin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Install(install::Install),
    List(list::List),
}

impl Plugin {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Check(command) => command.run().await,
            Command::Install(command) => command.run().await,
            Command::List(command) => command.run().await,
        }
    }
}

/// The bytes of a file that a person named.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(format!("cannot read `{}`: {error}", path.display())))
}

/// All files, or none when one cannot be read.
fn read_files(paths: Vec<PathBuf>) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    paths.into_iter().map(|path| read_file(&path).map(|bytes| (path, bytes))).collect()
}

/// What a plugin is and asks for, for a person.
fn describe(path: &Path, examined: &Examined) -> String {
    let descriptor = &examined.descriptor;
    let mut text = format!(
        "{}: {} {} ({})\n  digest: {}",
        path.display(),
        descriptor.id,
        output::plain(&descriptor.version),
        output::plain(&descriptor.title),
        examined.digest
    );
    for sentence in &examined.sentences {
        text.push_str(&format!("\n  asks: {}", output::plain(sentence)));
    }
    if examined.sentences.is_empty() {
        text.push_str("\n  asks: nothing");
    }
    text
}
