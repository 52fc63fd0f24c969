//! Verifications of stored credentials, with their evidence.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::error::StoreError;
use super::row::{Place, to_json};
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::Status;
use crate::domain::evidence::Evidence;
use crate::domain::id::{CredentialId, VerificationId, WorkspaceId};
use crate::domain::verdict::Account;

/// How many verifications of a credential are kept.
pub const KEPT_VERIFICATIONS: u32 = 20;

/// A verification to be stored with its credential.
#[derive(Clone, Debug)]
pub struct NewVerification {
    pub id: VerificationId,
    pub at: Timestamp,
    /// `valid`, `invalid`, `undecided` or the kind of a verifier failure; at most 63 characters.
    pub outcome: String,
    pub evidence: Evidence,
}

/// What the verification of a stored credential found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The version of the fields that were verified.
    pub version: i64,
    /// What the credential is from now on.
    pub status: Status,
    /// None: the one that is known stays.
    pub account: Option<Account>,
    /// When the application accepted it; none: the time that is known stays.
    pub verified_at: Option<Timestamp>,
    pub verification: NewVerification,
}

/// A stored verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVerification {
    pub id: VerificationId,
    pub at: Timestamp,
    pub outcome: String,
    pub evidence: Evidence,
}

impl Store {
    /// Records the verification of a stored credential, with the release of its evidence. `false`, and
    /// nothing written, when the credential is gone or its fields have changed since the version that was
    /// verified.
    pub async fn record_verification(
        &self,
        workspace: &WorkspaceId,
        credential: &CredentialId,
        finding: Finding,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Workspace(workspace), tx => record(tx, workspace, credential, &finding, &audit).await)
    }

    /// The stored verifications of a credential, newest first; empty when there is no such credential.
    pub async fn list_verifications(
        &self,
        workspace: &WorkspaceId,
        credential: &CredentialId,
    ) -> Result<Vec<StoredVerification>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => list(tx, workspace, credential).await)
    }
}

async fn record(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    finding: &Finding,
    entry: &AuditRecord,
) -> Result<bool, StoreError> {
    // Locks the credential's row first, so that two verifications of it keep the last twenty together.
    if !update(tx, workspace, credential, finding).await? {
        return Ok(false);
    }
    insert(tx, workspace, credential, &finding.verification).await?;
    audit::insert(tx, entry).await?;
    Ok(true)
}

async fn update(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    finding: &Finding,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE credentials SET status = $4, revision = revision + 1,
             account_id = COALESCE($5, account_id), account_label = COALESCE($6, account_label),
             verified_at = COALESCE($7, verified_at), updated_at = $8,
             release_version = COALESCE($9, release_version), release_digest = COALESCE($10, release_digest)
         WHERE workspace = $1 AND id = $2 AND version = $3";
    // Evidence of a release that could not even be started names none.
    let Finding { version, status, account, verified_at, verification } = finding;
    let release = Some(&verification.evidence.release).filter(|release| !release.digest.is_empty());
    let changed = on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(*version)
        .bind(status.as_str())
        .bind(account.as_ref().map(|account| account.id.as_str()))
        .bind(account.as_ref().map(|account| account.label.as_str()))
        .bind(verified_at.map(Timestamp::as_millisecond))
        .bind(verification.at.as_millisecond())
        .bind(release.map(|release| release.version.as_str()))
        .bind(release.map(|release| release.digest.as_str()))
        .execute(c).await?.rows_affected());
    Ok(changed == 1)
}

/// Writes a verification and forgets those beyond [`KEPT_VERIFICATIONS`].
pub(super) async fn insert(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    verification: &NewVerification,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO verifications (workspace, credential, id, at, outcome, evidence)
         VALUES ($1, $2, $3, $4, $5, $6)";
    const FORGET: &str = "DELETE FROM verifications WHERE workspace = $1 AND credential = $2 AND id NOT IN (
             SELECT id FROM verifications WHERE workspace = $1 AND credential = $2
             ORDER BY at DESC, id DESC LIMIT $3)";
    let evidence = to_json(&verification.evidence)?;
    on!(tx, c => sqlx::query(INSERT)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(verification.id.as_str())
        .bind(verification.at.as_millisecond())
        .bind(verification.outcome.as_str())
        .bind(evidence.as_str())
        .execute(c).await?.rows_affected());
    on!(tx, c => sqlx::query(FORGET)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(i64::from(KEPT_VERIFICATIONS))
        .execute(c).await?.rows_affected());
    Ok(())
}

async fn list(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
) -> Result<Vec<StoredVerification>, StoreError> {
    const SELECT: &str = "SELECT id, at, outcome, evidence FROM verifications
         WHERE workspace = $1 AND credential = $2 ORDER BY at DESC, id DESC";
    let rows: Vec<(String, i64, String, String)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .fetch_all(c).await?);
    rows.into_iter()
        .map(|(id, at, outcome, evidence)| {
            let place = Place { table: "verifications", row: &id };
            Ok(StoredVerification {
                id: place.parse("id", &id)?,
                at: place.time("at", at)?,
                outcome,
                evidence: place.json("evidence", &evidence)?,
            })
        })
        .collect()
}
