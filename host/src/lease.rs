//! Leases: the plain fields of a step's credential, for the runtime that runs the flow.

use serde_json::json;

use crate::app::{Actor, App};
use crate::domain::credential::Credential;
use crate::domain::fields::Fields;
use crate::domain::flow::Link;
use crate::domain::id::WorkspaceId;
use crate::store::ChangeError;
use crate::verify::{VerifyError, open_fields};

/// A credential with its fields, secrets included.
pub struct Lease {
    pub credential: Credential,
    pub fields: Fields,
}

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The step has none to lease now.
    #[error(transparent)]
    Refused(#[from] ChangeError),
    /// The stored fields cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] VerifyError),
}

/// Opens the credential of an active flow's step. The audit record is committed before.
///
/// # Errors
/// [`LeaseError`]; where the fields cannot be opened, the audit has the lease all the same.
pub async fn lease(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    step: &Link,
) -> Result<Lease, LeaseError> {
    let detail = json!({ "flow": step.flow.as_str(), "step": step.step.as_str() });
    let record = app.audit_record(actor, Some(workspace), "credential.lease", "", "leased", detail);
    let stored = app.store.lease(workspace, step, record).await?;
    let fields = open_fields(app, &stored)?;
    Ok(Lease { credential: stored.credential, fields })
}
