//! Credentials as the world sees them; the sealed record is read in `sealed`.

use std::collections::HashMap;

use super::audit::{self, AuditRecord};
use super::dialect;
use super::error::StoreError;
use super::row::{Place, to_json};
use super::transaction::{Access, Store, Tx};
use super::verifications::{self, NewVerification};
use crate::domain::credential::{Credential, Status};
use crate::domain::evidence::ReleaseRef;
use crate::domain::id::{ComponentId, CredentialId, WorkspaceId};
use crate::domain::verdict::Account;

/// A credential to be stored.
#[derive(Clone, Debug)]
pub struct NewCredential {
    pub credential: Credential,
    /// All fields, sealed by the keyring.
    pub record: Vec<u8>,
    /// Id of the root key that it is sealed with.
    pub key_id: String,
    /// The verification that allowed it to be saved.
    pub verification: NewVerification,
}

/// How many credentials a component has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub total: u64,
    /// Those whose status is not `verified`.
    pub attention: u64,
}

/// Which credentials to list.
#[derive(Clone, Debug)]
pub struct ListFilter {
    pub component: Option<ComponentId>,
    /// Only those whose id sorts after this one.
    pub after: Option<CredentialId>,
    pub limit: u32,
}

impl Store {
    /// Credentials per component, of one workspace or of all. Components without any are missing.
    pub async fn count_credentials(&self, workspace: Option<&WorkspaceId>) -> Result<HashMap<ComponentId, Count>, StoreError> {
        read_tx!(self, Access::of(workspace), tx => count(tx, workspace).await)
    }

    /// Stores a credential with its verification and audit record, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its workspace, component or release is not there, or its id is taken.
    pub async fn insert_credential(&self, new: NewCredential, audit: AuditRecord) -> Result<(), StoreError> {
        write_tx!(self, Access::Workspace(&new.credential.workspace), tx => insert(tx, &new, &audit).await)
    }

    /// A credential without its secrets; none when the workspace has no such credential.
    pub async fn find_credential(&self, workspace: &WorkspaceId, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, id).await)
    }

    /// Credentials of a workspace, by id.
    pub async fn list_credentials(&self, workspace: &WorkspaceId, filter: ListFilter) -> Result<Vec<Credential>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => list(tx, workspace, &filter).await)
    }

    /// Deletes a credential and its verifications. `false`, and no audit record, when there is none.
    pub async fn delete_credential(
        &self,
        workspace: &WorkspaceId,
        id: &CredentialId,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Workspace(workspace), tx => delete(tx, workspace, id, &audit).await)
    }
}

async fn count(tx: &mut Tx, workspace: Option<&WorkspaceId>) -> Result<HashMap<ComponentId, Count>, StoreError> {
    const SELECT: &str = "SELECT component, COUNT(*), COUNT(CASE WHEN status <> 'verified' THEN 1 END)
         FROM credentials WHERE ($1 IS NULL OR workspace = $1) GROUP BY component";
    let rows: Vec<(String, i64, i64)> =
        on!(tx, c => sqlx::query_as(SELECT).bind(workspace.map(WorkspaceId::as_str)).fetch_all(c).await?);
    rows.into_iter()
        .map(|(component, total, attention)| {
            let place = Place { table: "credentials", row: &"(counted)" };
            let count = Count { total: total.unsigned_abs(), attention: attention.unsigned_abs() };
            Ok((place.parse("component", &component)?, count))
        })
        .collect()
}

async fn insert(tx: &mut Tx, new: &NewCredential, record: &AuditRecord) -> Result<(), StoreError> {
    insert_row(tx, new).await?;
    verifications::insert(tx, &new.credential.workspace, &new.credential.id, &new.verification).await?;
    audit::insert(tx, record).await
}

async fn insert_row(tx: &mut Tx, new: &NewCredential) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO credentials (workspace, component, id, name, status, account_id, account_label,
             public_fields, secrets, destinations, version, release_version, release_digest, record, key_id,
             verified_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let credential = &new.credential;
    let public_fields = to_json(&credential.public_fields)?;
    let secrets = to_json(&credential.secrets)?;
    let destinations = to_json(&credential.destinations)?;
    let outcome = on!(tx, c => sqlx::query(INSERT)
        .bind(credential.workspace.as_str())
        .bind(credential.component.as_str())
        .bind(credential.id.as_str())
        .bind(credential.name.as_str())
        .bind(credential.status.as_str())
        .bind(credential.account.as_ref().map(|account| account.id.as_str()))
        .bind(credential.account.as_ref().map(|account| account.label.as_str()))
        .bind(public_fields.as_str())
        .bind(secrets.as_str())
        .bind(destinations.as_str())
        .bind(credential.version)
        .bind(credential.release.version.as_str())
        .bind(credential.release.digest.as_str())
        .bind(new.record.as_slice())
        .bind(new.key_id.as_str())
        .bind(credential.verified_at.map(jiff::Timestamp::as_millisecond))
        .bind(credential.created_at.as_millisecond())
        .bind(credential.updated_at.as_millisecond())
        .execute(c).await.map(|_| ()));
    outcome.map_err(|error| {
        if dialect::is_missing_reference(&error) {
            StoreError::Conflict(format!(
                "workspace `{}`, component `{}` or its release {} is no longer there",
                credential.workspace, credential.component, credential.release.digest
            ))
        } else if dialect::is_taken(&error) {
            StoreError::Conflict(format!("credential `{}` exists already", credential.id))
        } else {
            error.into()
        }
    })
}

/// The public columns of a row.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    workspace: String,
    component: String,
    id: String,
    name: String,
    status: String,
    account_id: Option<String>,
    account_label: Option<String>,
    public_fields: String,
    secrets: String,
    destinations: String,
    version: i64,
    release_version: String,
    release_digest: String,
    verified_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

async fn find(tx: &mut Tx, workspace: &WorkspaceId, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
    const SELECT: &str = "SELECT workspace, component, id, name, status, account_id, account_label, public_fields, secrets,
             destinations, version, release_version, release_digest, verified_at, created_at, updated_at
         FROM credentials WHERE workspace = $1 AND id = $2";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(c).await?);
    row.map(Row::read).transpose()
}

async fn list(tx: &mut Tx, workspace: &WorkspaceId, filter: &ListFilter) -> Result<Vec<Credential>, StoreError> {
    const SELECT: &str = "SELECT workspace, component, id, name, status, account_id, account_label, public_fields, secrets,
             destinations, version, release_version, release_digest, verified_at, created_at, updated_at
         FROM credentials
         WHERE workspace = $1 AND ($2 IS NULL OR component = $2) AND id > $3
         ORDER BY id LIMIT $4";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(filter.component.as_ref().map(ComponentId::as_str))
        .bind(filter.after.as_ref().map_or("", CredentialId::as_str))
        .bind(i64::from(filter.limit))
        .fetch_all(c).await?);
    rows.into_iter().map(Row::read).collect()
}

async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &CredentialId, record: &AuditRecord) -> Result<bool, StoreError> {
    let deleted = on!(tx, c => sqlx::query("DELETE FROM credentials WHERE workspace = $1 AND id = $2")
        .bind(workspace.as_str())
        .bind(id.as_str())
        .execute(c).await?.rows_affected()) == 1;
    if deleted {
        audit::insert(tx, record).await?;
    }
    Ok(deleted)
}

impl Row {
    pub(super) fn read(self) -> Result<Credential, StoreError> {
        let place = Place { table: "credentials", row: &self.id };
        let account = match (self.account_id, self.account_label) {
            (Some(id), Some(label)) => Some(Account { id, label }),
            (None, None) => None,
            _ => return Err(place.corrupt("account_id")),
        };
        Ok(Credential {
            id: place.parse("id", &self.id)?,
            workspace: place.parse("workspace", &self.workspace)?,
            component: place.parse("component", &self.component)?,
            status: Status::parse(&self.status).ok_or_else(|| place.corrupt("status"))?,
            account,
            public_fields: place.json("public_fields", &self.public_fields)?,
            secrets: place.json("secrets", &self.secrets)?,
            destinations: place.json("destinations", &self.destinations)?,
            version: self.version,
            release: ReleaseRef { version: self.release_version, digest: self.release_digest },
            verified_at: place.optional_time("verified_at", self.verified_at)?,
            created_at: place.time("created_at", self.created_at)?,
            updated_at: place.time("updated_at", self.updated_at)?,
            name: self.name,
        })
    }
}
