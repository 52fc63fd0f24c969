//! `keystead credential usages`.

use anyhow::Context as _;
use clap::Args;

use super::super::answer::{state, text};
use super::super::listing::Listing;
use super::super::options::ServiceOptions;
use super::Exit;
use crate::domain::id::CredentialId;

/// Lists the steps that hold a credential, by flow and step
///
/// Needs a workspace token with the right credentials:read.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead credential usages cred_01kb3x8f6v0q4s7t9w2y5z8a1c
  keystead credential usages cred_01kb3x8f6v0q4s7t9w2y5z8a1c --json")]
pub(super) struct Usages {
    /// The credential
    id: CredentialId,
    /// Prints the service's JSON, all pages as one
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Usages {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, json, service } = self;
        let listing = Listing {
            header: ["FLOW", "STEP", "STATE", "NAME"],
            row: |usage| {
                [text(usage, "/flow"), text(usage, "/step"), state(usage).to_owned(), text(usage, "/name")]
            },
            none: format!("no step holds `{id}`"),
        };
        let client = service.connect()?;
        let printed = listing.print(client.list_usages(&id), json).await;
        printed.with_context(|| format!("cannot list the usages of `{id}`"))?;
        Ok(Exit::Done)
    }
}
