//! `keystead credential replace`.

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::super::answer::{count, list, number};
use super::super::options::ServiceOptions;
use super::super::{holders, output};
use super::Exit;
use crate::client::Replacement;
use crate::domain::id::{CredentialId, FlowId};

/// Gives the steps that hold a credential another one, all at once
///
/// Both belong to the same component. Active flows stay active. Needs a workspace token with the rights
/// credentials:write and flows:write.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead credential replace cred_01kb3x8f6v0q4s7t9w2y5z8a1c \\
    --with cred_01kb3x9d2h5m8p1r4t7v0x3z6c
  keystead credential replace cred_01kb3x8f6v0q4s7t9w2y5z8a1c \\
    --with cred_01kb3x9d2h5m8p1r4t7v0x3z6c --flow orders")]
pub(super) struct Replace {
    /// The credential that the steps hold
    id: CredentialId,
    /// The credential that they get
    #[arg(long, value_name = "OTHER")]
    with: CredentialId,
    /// Replaces it in this flow only. May be given several times [default: in all flows]
    #[arg(long = "flow", value_name = "ID")]
    flows: Vec<FlowId>,
    /// Takes a credential that the application has not accepted
    #[arg(long)]
    accept_unverified: bool,
    /// Prints the service's JSON: the steps that have moved
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Replace {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, with, flows, accept_unverified, json, service } = self;
        let replacement = Replacement { with, flows, accept_unverified };
        let moved = service.connect()?.replace_credential(&id, &replacement).await;
        let moved = moved.with_context(|| format!("credential `{id}` was not replaced"))?;
        if json {
            output::result(output::json(&moved)?)?;
        } else {
            print(&id, &replacement.with, &moved)?;
        }
        Ok(Exit::Done)
    }
}

fn print(id: &CredentialId, with: &CredentialId, moved: &Value) -> std::io::Result<()> {
    let total = number(moved, "/total");
    if total == 0 {
        return output::result(format_args!("no step holds {id}, nothing was moved"));
    }
    output::result(format_args!("moved {} to {with}:", count(total, "step")))?;
    let flows = list(moved, "/moved");
    for line in holders::lines(flows).into_iter().chain(holders::more(moved, flows)) {
        output::result(format_args!("  {line}"))?;
    }
    Ok(())
}
