//! `keystead flow delete`.

use anyhow::Context as _;
use clap::Args;

use super::super::failure::Failure;
use super::super::options::ServiceOptions;
use super::super::{consent, output};
use super::Exit;
use crate::domain::id::FlowId;

/// Deletes a flow, an active one too; its credentials stay
///
/// Needs a workspace token with the right flows:write.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow delete orders --yes")]
pub(super) struct Delete {
    /// The flow
    id: FlowId,
    /// Deletes it without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Delete {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, yes, service } = self;
        consent::check_possible(yes, "give --yes to delete it without a question")?;
        let client = service.connect()?;
        if !yes && !consent::ask(&format!("Delete flow `{id}`, even if it is active?"))? {
            return Err(Failure::refused("nothing was deleted").into());
        }
        client.delete_flow(&id).await.with_context(|| format!("flow `{id}` was not deleted"))?;
        output::result(format_args!("deleted flow {id}"))?;
        Ok(Exit::Done)
    }
}
