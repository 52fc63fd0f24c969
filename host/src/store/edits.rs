//! Changes of stored credentials. Each names the state that it was made for: what changed meanwhile is
//! never written over.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::credentials;
use super::error::StoreError;
use super::row::to_json;
use super::transaction::{Access, Store, Tx};
use super::verifications::{self, NewVerification};
use crate::domain::credential::Credential;
use crate::domain::id::{CredentialId, WorkspaceId};

/// New fields of a stored credential.
#[derive(Clone, Debug)]
pub struct NewFields {
    /// The credential as it will be. Its version is one more than the one that is replaced; its name and
    /// revision are not looked at.
    pub credential: Credential,
    /// None: the name stays.
    pub name: Option<String>,
    /// The revision that the credential must have, where one was demanded.
    pub revision: Option<i64>,
    /// All fields, sealed with the new version.
    pub record: Vec<u8>,
    /// Id of the root key that they are sealed with.
    pub key_id: String,
    /// The verification that allowed them to be saved.
    pub verification: NewVerification,
}

/// A new name of a stored credential.
#[derive(Clone, Debug)]
pub struct NewName {
    pub name: String,
    /// The revision that the credential must have, where one was demanded.
    pub revision: Option<i64>,
    pub at: Timestamp,
}

impl Store {
    /// Replaces a credential's fields together with everything that follows from them, and returns it as
    /// it then is. None, and nothing written, when it is gone, its fields changed meanwhile, or it has
    /// not the demanded revision.
    pub async fn replace_fields(
        &self,
        new: NewFields,
        audit: AuditRecord,
    ) -> Result<Option<Credential>, StoreError> {
        write_tx!(self, Access::Workspace(&new.credential.workspace), tx => replace(tx, &new, &audit).await)
    }

    /// Gives a credential another name and returns it as it then is. None, and nothing written, when it is
    /// gone or has not the demanded revision.
    pub async fn rename_credential(
        &self,
        workspace: &WorkspaceId,
        id: &CredentialId,
        new: NewName,
        audit: AuditRecord,
    ) -> Result<Option<Credential>, StoreError> {
        write_tx!(self, Access::Workspace(workspace), tx => rename(tx, workspace, id, &new, &audit).await)
    }
}

async fn replace(
    tx: &mut Tx,
    new: &NewFields,
    record: &AuditRecord,
) -> Result<Option<Credential>, StoreError> {
    if !update(tx, new).await? {
        return Ok(None);
    }
    let Credential { workspace, id, .. } = &new.credential;
    verifications::insert(tx, workspace, id, &new.verification).await?;
    audit::insert(tx, record).await?;
    credentials::find(tx, workspace, id).await
}

async fn update(tx: &mut Tx, new: &NewFields) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE credentials SET name = COALESCE($4, name), status = $5, account_id = $6,
             account_label = $7, public_fields = $8, secrets = $9, destinations = $10, version = version + 1,
             revision = revision + 1, release_version = $11, release_digest = $12, record = $13, key_id = $14,
             verified_at = $15, updated_at = $16
         WHERE workspace = $1 AND id = $2 AND version + 1 = $3 AND ($17 IS NULL OR revision = $17)";
    let credential = &new.credential;
    let public_fields = to_json(&credential.public_fields)?;
    let secrets = to_json(&credential.secrets)?;
    let destinations = to_json(&credential.destinations)?;
    let changed = on!(tx, c => sqlx::query(UPDATE)
        .bind(credential.workspace.as_str())
        .bind(credential.id.as_str())
        .bind(credential.version)
        .bind(new.name.as_deref())
        .bind(credential.status.as_str())
        .bind(credential.account.as_ref().map(|account| account.id.as_str()))
        .bind(credential.account.as_ref().map(|account| account.label.as_str()))
        .bind(public_fields.as_str())
        .bind(secrets.as_str())
        .bind(destinations.as_str())
        .bind(credential.release.version.as_str())
        .bind(credential.release.digest.as_str())
        .bind(new.record.as_slice())
        .bind(new.key_id.as_str())
        .bind(credential.verified_at.map(Timestamp::as_millisecond))
        .bind(credential.updated_at.as_millisecond())
        .bind(new.revision)
        .execute(c).await?.rows_affected());
    Ok(changed == 1)
}

async fn rename(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
    new: &NewName,
    record: &AuditRecord,
) -> Result<Option<Credential>, StoreError> {
    const UPDATE: &str = "UPDATE credentials SET name = $3, revision = revision + 1, updated_at = $4
         WHERE workspace = $1 AND id = $2 AND ($5 IS NULL OR revision = $5)";
    let changed = on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(new.name.as_str())
        .bind(new.at.as_millisecond())
        .bind(new.revision)
        .execute(c).await?.rows_affected());
    if changed != 1 {
        return Ok(None);
    }
    audit::insert(tx, record).await?;
    credentials::find(tx, workspace, id).await
}
