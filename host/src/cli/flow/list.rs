//! `keystead flow list`.

use clap::Args;

use super::super::answer::{number, state, text};
use super::super::listing::Listing;
use super::super::options::ServiceOptions;
use super::Exit;

/// Lists flows, by id
///
/// Needs a workspace token with the right flows:read.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow list
  keystead flow list --active
  keystead flow list --json")]
pub(super) struct List {
    /// Lists active flows only
    #[arg(long, conflicts_with = "inactive")]
    active: bool,
    /// Lists inactive flows only
    #[arg(long)]
    inactive: bool,
    /// Prints the service's JSON, all pages as one
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let active = match (self.active, self.inactive) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let none = match active {
            Some(true) => "no flow is active; `keystead flow activate ID` activates one",
            Some(false) => "no flow is inactive",
            None => "there is no flow; `keystead flow put ID FILE.json` makes one",
        };
        let listing = Listing {
            header: ["ID", "STATE", "STEPS", "NAME"],
            row: |flow| {
                let steps = number(flow, "/step_count").to_string();
                [text(flow, "/id"), state(flow).to_owned(), steps, text(flow, "/name")]
            },
            none: none.to_owned(),
        };
        let client = self.service.connect()?;
        listing.print(client.list_flows(active), self.json).await?;
        Ok(Exit::Done)
    }
}
