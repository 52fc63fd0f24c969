//! `keystead flow activate` and `keystead flow deactivate`.

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::super::options::ServiceOptions;
use super::super::{output, refusal};
use super::{Exit, summary};
use crate::domain::id::FlowId;

/// Activates a flow: from then on its credentials cannot be deleted
///
/// Refused when a step lacks a credential that it needs, or has one that does not work. An active flow
/// stays active. Needs a workspace token with the right flows:write.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow activate orders")]
pub(super) struct Activate {
    /// The flow
    id: FlowId,
    /// Prints the flow as the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

/// Deactivates a flow: it keeps its credentials until they are deleted
///
/// An inactive flow stays inactive. Needs a workspace token with the right flows:write.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow deactivate orders")]
pub(super) struct Deactivate {
    /// The flow
    id: FlowId,
    /// Prints the flow as the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Activate {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, json, service } = self;
        let flow = service.connect()?.activate_flow(&id).await;
        let what = || format!("flow `{id}` was not activated");
        print(&flow.map_err(|error| refusal::of_flow(error, what()))?, json)
    }
}

impl Deactivate {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, json, service } = self;
        let flow = service.connect()?.deactivate_flow(&id).await;
        print(&flow.with_context(|| format!("flow `{id}` was not deactivated"))?, json)
    }
}

/// Tells of a flow that was changed.
pub(super) fn print(flow: &Value, json: bool) -> anyhow::Result<Exit> {
    output::result(if json { output::json(flow)? } else { summary(flow) })?;
    Ok(Exit::Done)
}
