//! `keystead plugin check`: would these files be installed?

use std::path::PathBuf;

use clap::Args;

use super::super::options::ConfigOption;
use super::super::{output, progress};
use super::{Exit, describe, read_files};
use crate::{boot, catalogue};

/// Checks plugins as an installation would, without a service
///
/// Compiles each file, asks it for its descriptor, and prints id, version, digest, and what it asks for.
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead plugin check petstore.wasm")]
pub(super) struct Check {
    /// WebAssembly components
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigOption,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let file = self.config.load()?;
        let sandbox = boot::make_sandbox(&file.sandbox)?;
        let files = read_files(self.files, &file.sandbox)?;
        let mut exit = Exit::Done;
        for (path, bytes) in files {
            let examined = {
                let _shown = progress::show(format!("compiling {}", path.display()));
                catalogue::examine(&sandbox, &bytes).await
            };
            match examined {
                Ok(examined) => output::result(describe(&path, &examined))?,
                Err(error) => {
                    let told = output::plain(&error.to_string());
                    output::note(format_args!("error: `{}` is refused: {told}", path.display()));
                    exit = Exit::Refused;
                }
            }
        }
        Ok(exit)
    }
}
