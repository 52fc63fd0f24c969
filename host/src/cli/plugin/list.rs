//! `keystead plugin list`: what a running service has installed.

use clap::Args;

use super::super::answer::{list, text, texts};
use super::super::options::ServiceOptions;
use super::super::output;
use super::Exit;

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
    service: ServiceOptions,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let components = self.service.connect()?.list_components().await?;
        if self.json {
            output::result(output::json(&components)?)?;
            return Ok(Exit::Done);
        }
        let items = list(&components, "/items");
        for item in items {
            let [id, version, state, digest] =
                ["/id", "/release/version", "/state", "/release/digest"].map(|pointer| text(item, pointer));
            output::result(format_args!("{id} {version} {state} {digest}"))?;
            for sentence in texts(item, "/egress") {
                output::result(format_args!("  asks: {sentence}"))?;
            }
        }
        if items.is_empty() {
            output::note("no component is installed; `keystead plugin install FILE.wasm` installs one");
        }
        Ok(Exit::Done)
    }
}
