//! `keystead plugin list`: what a running service has installed.

use clap::Args;

use super::super::options::{ConfigOption, ServerOptions};
use super::super::output;
use super::Exit;
use crate::client::Client;

/// Lists the components of a running service
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN; a token of either kind will do.

Examples:
  keystead plugin list
  keystead plugin list --json")]
pub(super) struct List {
    /// Prints the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let (server, token) = self.server.merge(&mut self.config.load()?);
        let components = Client::new(&server, token)?.list_components().await?;
        if self.json {
            output::result(serde_json::to_string_pretty(&components)?)?;
            return Ok(Exit::Done);
        }
        let items = components["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        for item in items {
            let text = |pointer: &str| {
                output::plain(item.pointer(pointer).and_then(|value| value.as_str()).unwrap_or("-"))
            };
            let version = text("/release/version");
            let line = format!("{} {version} {} {}", text("/id"), text("/state"), text("/release/digest"));
            output::result(line)?;
            for sentence in item["egress"].as_array().map(Vec::as_slice).unwrap_or_default() {
                output::result(format_args!(
                    "  asks: {}",
                    output::plain(sentence.as_str().unwrap_or_default())
                ))?;
            }
        }
        if items.is_empty() {
            output::note("no component is installed; `keystead plugin install FILE.wasm` installs one");
        }
        Ok(Exit::Done)
    }
}
