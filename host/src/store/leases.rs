//! Leases: a step's credential for the flow runtime. The record that it was handed out is committed
//! before anybody gets it.

use jiff::{SignedDuration, Timestamp};

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::error::StoreError;
use super::row::Place;
use super::sealed::{self, SealedCredential};
use super::transaction::{Access, Store, Tx};
use crate::domain::flow::Link;
use crate::domain::id::{CredentialId, WorkspaceId};

/// How exactly the time of the last use is kept: a credential that is leased all the time is not written
/// all the time.
pub const USE_PRECISION: SignedDuration = SignedDuration::from_mins(1);

impl Store {
    /// The credential of an active flow's step. The audit record gets the credential as its subject.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Inactive`], [`ChangeError::NoCredential`].
    pub async fn lease(
        &self,
        workspace: &WorkspaceId,
        step: &Link,
        audit: AuditRecord,
    ) -> Result<SealedCredential, ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => lease(tx, workspace, step, &audit).await)
    }
}

async fn lease(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
    record: &AuditRecord,
) -> Result<SealedCredential, ChangeError> {
    const SELECT: &str = "SELECT flow_active, credential FROM flow_steps
         WHERE workspace = $1 AND flow = $2 AND step = $3";
    let row: Option<(bool, Option<String>)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(step.flow.as_str())
        .bind(step.step.as_str())
        .fetch_optional(c).await.map_err(StoreError::from)?);
    let (active, credential) = row.ok_or(ChangeError::NotFound)?;
    if !active {
        return Err(ChangeError::Inactive);
    }
    let credential = credential.ok_or(ChangeError::NoCredential)?;
    let id: CredentialId = Place { table: "flow_steps", row: &step.step }.parse("credential", &credential)?;
    // Gone since: the step holds another one now, or none.
    let leased = sealed::find(tx, workspace, &id).await?.ok_or(StoreError::Contention)?;
    note_use(tx, workspace, &id, record.at).await?;
    audit::insert(tx, &AuditRecord { subject: Some(credential), ..record.clone() }).await?;
    Ok(leased)
}

async fn note_use(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
    at: Timestamp,
) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE credentials SET last_used_at = $3
         WHERE workspace = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)";
    on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(at.as_millisecond())
        .bind((at - USE_PRECISION).as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}
