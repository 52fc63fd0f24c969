//! `keystead flow choose`: the credential of one step.

use clap::{ArgGroup, Args};

use super::super::options::ServiceOptions;
use super::super::refusal;
use super::{Exit, switch};
use crate::domain::id::{CredentialId, FlowId, StepId};

/// Gives a step of a flow another credential, or none
///
/// The credential is one of the step's component. A step of an active flow that needs one
/// cannot be left without. Needs a workspace token with the right flows:write.
#[derive(Args)]
#[command(override_usage = "keystead flow choose [OPTIONS] <ID> <STEP> <CREDENTIAL|--none>")]
#[command(group(ArgGroup::new("choice").required(true).args(["credential", "none"])))]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow choose orders fetch cred_01kb3x8f6v0q4s7t9w2y5z8a1c
  keystead flow choose orders fetch --none")]
pub(super) struct Choose {
    /// The flow
    id: FlowId,
    /// One of its steps
    step: StepId,
    /// The credential that the step is to hold
    credential: Option<CredentialId>,
    /// Takes the step's credential away
    #[arg(long)]
    none: bool,
    /// Prints the flow as the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Choose {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, step, credential, json, service, .. } = self;
        let flow = service.connect()?.choose_credential(&id, &step, credential.as_ref()).await;
        let what = || format!("step `{step}` of flow `{id}` was not changed");
        switch::print(&flow.map_err(|error| refusal::of_flow(error, what()))?, json)
    }
}
