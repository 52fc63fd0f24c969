//! `keystead plugin`: what authors check and operators install.

mod check;
mod install;
mod list;
mod remove;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::{Exit, output};
use crate::catalogue::Examined;
use crate::sandbox;

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
    Remove(remove::Remove),
}

impl Plugin {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Check(command) => command.run().await,
            Command::Install(command) => command.run().await,
            Command::List(command) => command.run().await,
            Command::Remove(command) => command.run().await,
        }
    }
}

/// The bytes of a plugin's file. Never reads more than a component may have, and only a regular file: a
/// device or a pipe has no end. `too_large` is how the command ends for a file that is larger.
pub(super) fn read_file(
    path: &Path,
    settings: &sandbox::Settings,
    too_large: Exit,
) -> Result<Vec<u8>, Failure> {
    let limit = settings.component_bytes;
    let failed = |error: io::Error| Failure::usage(format!("cannot read `{}`: {error}", path.display()));
    let larger = || {
        let message = format!(
            "`{}` is refused: it is larger than {limit} bytes, the most that a component may have (`component_bytes`)",
            path.display()
        );
        Failure::new(too_large, message)
            .hint("`component_bytes` stands in section [sandbox] of the file of --config")
    };
    // Before it is opened: opening a pipe waits for whoever writes.
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    if found.len() > limit {
        return Err(larger());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit { Err(larger()) } else { Ok(bytes) }
}

/// All files, or none when one cannot be read.
fn read_files(paths: Vec<PathBuf>, settings: &sandbox::Settings) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let read = |path: PathBuf| read_file(&path, settings, Exit::Refused).map(|bytes| (path, bytes));
    paths.into_iter().map(read).collect()
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
