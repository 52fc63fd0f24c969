//! What the audit keeps of a verification: who, what, how it ended; never a value.

use serde_json::json;

use crate::app::{Actor, App};
use crate::domain::id::{ComponentId, WorkspaceId};
use crate::store::{AuditRecord, StoreError};

use super::{Verification, Verified, VerifyError};

/// The record of a verification that ended with evidence, to be committed with the change it tells of.
pub(super) fn record(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    action: &'static str,
    subject: &str,
    verification: &Verification,
) -> AuditRecord {
    let detail = json!({
        "release": verification.evidence.release.digest,
        "exchanges": verification.evidence.exchanges.len(),
    });
    app.audit_record(actor, Some(workspace), action, subject, verification.outcome_name(), detail)
}

/// Records a dry run, whatever it found.
pub(super) async fn record_draft(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    component: &ComponentId,
    result: &Result<Verified, VerifyError>,
) -> Result<(), StoreError> {
    let action = "credential.dry-run";
    match result {
        Ok(verified) => {
            let verification = &verified.verification;
            app.store
                .record_audit(record(app, actor, workspace, action, component.as_str(), verification))
                .await
        }
        Err(error) => record_refused(app, actor, workspace, action, component.as_str(), error).await,
    }
}

/// Records a draft or an edit that was not saved.
pub(super) async fn record_refused(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    action: &'static str,
    subject: &str,
    error: &VerifyError,
) -> Result<(), StoreError> {
    let outcome = error.outcome_name();
    let detail = match error {
        VerifyError::TooManyFailures { host, .. } => json!({ "host": host }),
        _ => json!({}),
    };
    let record = app.audit_record(actor, Some(workspace), action, subject, outcome, detail);
    app.store.record_audit(record).await
}
