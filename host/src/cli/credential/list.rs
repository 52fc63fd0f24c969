//! `keystead credential list`.

use clap::Args;

use super::super::answer::text;
use super::super::listing::Listing;
use super::super::options::ServiceOptions;
use super::{Exit, usage_in_short};
use crate::client::CredentialFilter;
use crate::domain::credential::Status;
use crate::domain::id::{ComponentId, FlowId};

/// Lists credentials, the oldest first
///
/// USED counts the steps of flows that hold a credential. Needs a workspace token with the right
/// credentials:read.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead credential list
  keystead credential list --component petstore --status verified
  keystead credential list --flow orders
  keystead credential list --name-prefix Pet --json")]
pub(super) struct List {
    /// Only those of a component
    #[arg(long, value_name = "ID")]
    component: Option<ComponentId>,
    /// Only those with a status: verified, unverified, rejected or reauthorization_required
    #[arg(long, value_parser = read_status)]
    status: Option<Status>,
    /// Only those that steps of a flow hold
    #[arg(long, value_name = "ID")]
    flow: Option<FlowId>,
    /// Only those whose names begin with a text
    #[arg(long, value_name = "TEXT")]
    name_prefix: Option<String>,
    /// Prints the service's JSON, all pages as one
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { component, status, flow, name_prefix, json, service } = self;
        let filter = CredentialFilter { component, status, flow, name_prefix };
        let listing = Listing {
            header: ["ID", "COMPONENT", "STATUS", "USED", "NAME"],
            row: |credential| {
                let [id, component, status, name] =
                    ["/id", "/component", "/status", "/name"].map(|pointer| text(credential, pointer));
                [id, component, status, usage_in_short(credential), name]
            },
            none: "there is no such credential".to_owned(),
        };
        let client = service.connect()?;
        listing.print(client.list_credentials(&filter), json).await?;
        Ok(Exit::Done)
    }
}

fn read_status(text: &str) -> Result<Status, String> {
    Status::parse(text)
        .ok_or_else(|| "known ones: verified, unverified, rejected, reauthorization_required".to_owned())
}
