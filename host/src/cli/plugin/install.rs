//! `keystead plugin install`: into a running service, after a look at what the plugin asks for.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::super::failure::Failure;
use super::super::options::{ConfigOption, ServerOptions};
use super::super::{consent, output, progress};
use super::{Exit, describe, read_files};
use crate::client::Client;
use crate::{boot, catalogue};

/// Installs plugins into a running service
///
/// Checks all files here first, shows in plain words what each asks for, and asks for consent; nothing is
/// sent unless all pass. Needs an installation token with the rights components:install and
/// components:consent.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead plugin install petstore.wasm --yes")]
pub(super) struct Install {
    /// WebAssembly components
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Consents to what the plugins ask for, without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Install {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let mut file = self.config.load()?;
        let (server, token) = self.server.merge(&mut file);
        consent::check_possible(
            self.yes,
            "look at what the plugins ask for with `keystead plugin check`, then give --yes",
        )?;
        let client = Client::new(&server, token)?;
        let sandbox = boot::make_sandbox(&file.sandbox)?;
        let mut checked = Vec::new();
        for (path, bytes) in read_files(self.files, &file.sandbox)? {
            let _shown = progress::show(format!("compiling {}", path.display()));
            let examined = catalogue::examine(&sandbox, &bytes).await.map_err(|error| {
                Failure::refused(format!("`{}` is refused, nothing was sent: {error}", path.display()))
            })?;
            checked.push((path, bytes, examined));
        }
        // All files are good, and for all there is consent, before the first is sent.
        for (path, _, examined) in &checked {
            output::note(describe(path, examined));
            if !self.yes && !consent::ask("Install it, and let it do that?")? {
                let message = format!("`{}` may not do that, nothing was sent", path.display());
                return Err(Failure::refused(message).into());
            }
        }
        let mut installed = Vec::new();
        for (path, bytes, examined) in checked {
            let shown = progress::show(format!("installing {}", path.display()));
            let sent = client.install_component(bytes).await;
            drop(shown);
            let done = sent.with_context(|| unsent(&path, &installed))?;
            let word = if done.is_new { "installed" } else { "was installed already:" };
            let name = format!("{} {}", examined.descriptor.id, output::plain(&examined.descriptor.version));
            output::result(format_args!("{word} {name} ({})", examined.digest))?;
            installed.push(name);
        }
        Ok(Exit::Done)
    }
}

/// What was not installed, and what was before it.
fn unsent(path: &Path, installed: &[String]) -> String {
    let before = match installed {
        [] => "nothing else was".to_owned(),
        names => format!("before it {} was", names.join(", ")),
    };
    format!("`{}` was not installed ({before})", path.display())
}
