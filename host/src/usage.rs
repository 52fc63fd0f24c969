//! Flows and the credentials that they use: every change of either that verifies nothing, with its audit
//! record. API and pages call these; the rules are the database's.

use serde_json::json;

use crate::app::{Actor, App};
use crate::domain::credential::Expected;
use crate::domain::flow::{Flow, Link, UsageExcerpt};
use crate::domain::id::{CredentialId, FlowId, WorkspaceId};
use crate::store::{ChangeError, NewFlow, NewStep, Replacement};

/// A flow as the platform wants it.
pub struct WantedFlow {
    pub id: FlowId,
    pub name: String,
    /// In order, each id once.
    pub steps: Vec<NewStep>,
    /// The state that the flow must have.
    pub expected: Expected,
}

/// Another credential for the steps that hold one.
pub struct WantedReplacement {
    pub of: CredentialId,
    pub with: CredentialId,
    /// None: in all flows that use it.
    pub flows: Option<Vec<FlowId>>,
    /// Takes one that is not verified, too.
    pub accept_unverified: bool,
}

/// Makes a flow, inactive, or replaces its name and steps. `true`: it is new.
///
/// # Errors
/// As [`Store::put_flow`](crate::store::Store::put_flow).
pub async fn put_flow(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    wanted: WantedFlow,
) -> Result<(Flow, bool), ChangeError> {
    let WantedFlow { id, name, steps, expected } = wanted;
    let detail = json!({ "steps": steps.len() });
    let audit = app.audit_record(actor, Some(workspace), "flow.put", id.as_str(), "stored", detail);
    let new = NewFlow { id, name, steps, expected, at: audit.at };
    app.store.put_flow(workspace, new, audit).await
}

/// Deletes a flow with its steps, whether it is active or not.
///
/// # Errors
/// As [`Store::delete_flow`](crate::store::Store::delete_flow).
pub async fn delete_flow(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &FlowId,
    expected: &Expected,
) -> Result<(), ChangeError> {
    let audit = app.audit_record(actor, Some(workspace), "flow.delete", id.as_str(), "deleted", json!({}));
    app.store.delete_flow(workspace, id, expected, audit).await
}

/// Activates or deactivates a flow, and returns it as it then is.
///
/// # Errors
/// As [`Store::set_flow_active`](crate::store::Store::set_flow_active).
pub async fn set_flow_active(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &FlowId,
    active: bool,
    expected: &Expected,
) -> Result<Flow, ChangeError> {
    let (action, outcome) =
        if active { ("flow.activate", "activated") } else { ("flow.deactivate", "deactivated") };
    let audit = app.audit_record(actor, Some(workspace), action, id.as_str(), outcome, json!({}));
    app.store.set_flow_active(workspace, id, active, expected, audit).await
}

/// Gives a step another credential, or none, and returns its flow as it then is.
///
/// # Errors
/// As [`Store::choose_credential`](crate::store::Store::choose_credential).
pub async fn choose_credential(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    step: &Link,
    credential: Option<&CredentialId>,
    expected: &Expected,
) -> Result<Flow, ChangeError> {
    let detail = json!({ "step": step.step.as_str(), "credential": credential.map(CredentialId::as_str) });
    let action = "flow.choose-credential";
    let audit = app.audit_record(actor, Some(workspace), action, step.flow.as_str(), "chosen", detail);
    app.store.choose_credential(workspace, step, credential, expected, audit).await
}

/// Deletes a credential with its secrets and evidence, takes it from the steps of inactive flows, and
/// tells which those were.
///
/// # Errors
/// As [`Store::delete_credential`](crate::store::Store::delete_credential).
pub async fn delete_credential(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &CredentialId,
    expected: &Expected,
) -> Result<UsageExcerpt, ChangeError> {
    let action = "credential.delete";
    let audit = app.audit_record(actor, Some(workspace), action, id.as_str(), "deleted", json!({}));
    app.store.delete_credential(workspace, id, expected, audit).await
}

/// Gives the steps that hold a credential another one, all together or none, and tells which those were.
///
/// # Errors
/// As [`Store::replace_credential`](crate::store::Store::replace_credential).
pub async fn replace_credential(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    wanted: WantedReplacement,
) -> Result<UsageExcerpt, ChangeError> {
    let WantedReplacement { of, with, flows, accept_unverified } = wanted;
    let detail = json!({ "with": with.as_str(), "flows": &flows });
    let action = "credential.replace";
    let audit = app.audit_record(actor, Some(workspace), action, of.as_str(), "replaced", detail);
    let replacement = Replacement { of, with, flows, accept_unverified, at: audit.at };
    app.store.replace_credential(workspace, replacement, audit).await
}
