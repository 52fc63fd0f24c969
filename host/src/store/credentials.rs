//! Credentials as the world sees them; the sealed record is read in `sealed`.

use std::collections::HashMap;

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::dialect;
use super::error::StoreError;
use super::retries::Request;
use super::row::{Place, to_json};
use super::steps;
use super::transaction::{Access, Store, Tx};
use super::verifications::{self, NewVerification};
use crate::domain::credential::{Credential, Status, UsageCount};
use crate::domain::evidence::ReleaseRef;
use crate::domain::flow::Link;
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
    /// The request that creates it, where that may be sent again.
    pub request: Option<Request>,
    /// The step that is to hold it.
    pub link: Option<Link>,
}

/// How many credentials a component has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub total: u64,
    /// Those whose status is not `verified`.
    pub attention: u64,
}

impl Store {
    /// Credentials per component, of one workspace or of all. Components without any are missing.
    pub async fn count_credentials(
        &self,
        workspace: Option<&WorkspaceId>,
    ) -> Result<HashMap<ComponentId, Count>, StoreError> {
        read_tx!(self, Access::of(workspace), tx => count(tx, workspace).await)
    }

    /// Stores a credential with its verification, link and audit record, all or nothing, and tells how it
    /// is used then.
    ///
    /// # Errors
    /// [`ChangeError::RequestTaken`] when the key of its request is taken (see [`Store::find_created`]),
    /// [`ChangeError::UnknownNames`] when its component or release is not there, [`ChangeError::LinkLost`]
    /// when its step is not.
    pub async fn insert_credential(
        &self,
        new: NewCredential,
        audit: AuditRecord,
    ) -> Result<UsageCount, ChangeError> {
        write_tx!(self, Access::Workspace(&new.credential.workspace), tx => insert(tx, &new, &audit).await)
    }

    /// A credential without its secrets; none when the workspace has no such credential.
    pub async fn find_credential(
        &self,
        workspace: &WorkspaceId,
        id: &CredentialId,
    ) -> Result<Option<Credential>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, id).await)
    }
}

/// The query for counts; PostgreSQL sums 64 bits into a decimal.
macro_rules! select_counts {
    ($filter:literal) => {
        concat!(
            "SELECT component, CAST(SUM(total) AS BIGINT), CAST(SUM(attention) AS BIGINT) FROM credential_counts",
            $filter,
            " GROUP BY component"
        )
    };
}

async fn count(
    tx: &mut Tx,
    workspace: Option<&WorkspaceId>,
) -> Result<HashMap<ComponentId, Count>, StoreError> {
    // Two texts: an `OR` on the parameter would make SQLite read the counts of every workspace.
    const OF_ONE: &str = select_counts!(" WHERE workspace = $1");
    const OF_ALL: &str = select_counts!("");
    let rows: Vec<(String, i64, i64)> = match workspace {
        Some(workspace) => on!(tx, c => sqlx::query_as(OF_ONE).bind(workspace.as_str()).fetch_all(c).await?),
        None => on!(tx, c => sqlx::query_as(OF_ALL).fetch_all(c).await?),
    };
    rows.into_iter()
        .map(|(component, total, attention)| {
            let place = Place { table: "credentials", row: &"(counted)" };
            let count = Count { total: total.unsigned_abs(), attention: attention.unsigned_abs() };
            Ok((place.parse("component", &component)?, count))
        })
        .collect()
}

async fn insert(tx: &mut Tx, new: &NewCredential, record: &AuditRecord) -> Result<UsageCount, ChangeError> {
    let Credential { workspace, id, created_at, .. } = &new.credential;
    if let Some(request) = &new.request {
        request.forget_older(tx, workspace).await?;
    }
    // The flow's row before all others, as everywhere.
    let is_active = match &new.link {
        Some(step) => Some(steps::lock_for_link(tx, workspace, step, *created_at).await?),
        None => None,
    };
    if !insert_row(tx, new).await? {
        // Gives the flow's row back unchanged.
        return Err(ChangeError::RequestTaken);
    }
    if let Some(step) = &new.link {
        steps::link(tx, workspace, step, id).await?;
    }
    let active = u64::from(is_active == Some(true));
    let usage = UsageCount { active, inactive: u64::from(is_active == Some(false)), active_flows: active };
    verifications::insert(tx, workspace, id, &new.verification).await?;
    audit::insert(tx, record).await?;
    Ok(usage)
}

async fn insert_row(tx: &mut Tx, new: &NewCredential) -> Result<bool, ChangeError> {
    const INSERT: &str = "INSERT INTO credentials (workspace, component, id, name, status, account_id, account_label,
             public_fields, secrets, destinations, version, release_version, release_digest, record, key_id,
             verified_at, created_at, updated_at, revision, idempotency_key, idempotency_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         ON CONFLICT (workspace, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING";
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
        .bind(credential.revision)
        .bind(new.request.as_ref().map(|request| request.key.as_str()))
        .bind(new.request.as_ref().map(|request| request.hash.as_slice()))
        .execute(c).await.map(|done| done.rows_affected() == 1));
    outcome.map_err(|error| {
        if dialect::is_missing_reference(&error) {
            ChangeError::UnknownNames { components: vec![0], credentials: Vec::new() }
        } else if dialect::is_taken(&error) {
            StoreError::Conflict(format!("credential `{}` exists already", credential.id)).into()
        } else {
            StoreError::from(error).into()
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
    revision: i64,
    release_version: String,
    release_digest: String,
    usage_active: i64,
    usage_inactive: i64,
    usage_flows: i64,
    verified_at: Option<i64>,
    last_used_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

/// The beginning of every query for [`Row`]s, followed by the rest of the query.
macro_rules! select_credentials {
    ($($rest:expr),+) => {
        concat!(
            "SELECT workspace, component, id, name, status, account_id, account_label, public_fields, secrets,
                 destinations, version, revision, release_version, release_digest, verified_at, last_used_at,
                 created_at, updated_at,
                 (SELECT COUNT(*) FROM flow_steps s WHERE s.workspace = credentials.workspace
                     AND s.credential = credentials.id AND s.flow_active) AS usage_active,
                 (SELECT COUNT(*) FROM flow_steps s WHERE s.workspace = credentials.workspace
                     AND s.credential = credentials.id AND NOT s.flow_active) AS usage_inactive,
                 (SELECT COUNT(DISTINCT s.flow) FROM flow_steps s WHERE s.workspace = credentials.workspace
                     AND s.credential = credentials.id AND s.flow_active) AS usage_flows",
            $($rest),+
        )
    };
}
pub(super) use select_credentials;

pub(super) async fn find(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
) -> Result<Option<Credential>, StoreError> {
    const SELECT: &str = select_credentials!(" FROM credentials WHERE workspace = $1 AND id = $2");
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(c).await?);
    row.map(Row::read).transpose()
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
            revision: self.revision,
            release: ReleaseRef { version: self.release_version, digest: self.release_digest },
            usage: UsageCount {
                active: self.usage_active.unsigned_abs(),
                inactive: self.usage_inactive.unsigned_abs(),
                active_flows: self.usage_flows.unsigned_abs(),
            },
            verified_at: place.optional_time("verified_at", self.verified_at)?,
            last_used_at: place.optional_time("last_used_at", self.last_used_at)?,
            created_at: place.time("created_at", self.created_at)?,
            updated_at: place.time("updated_at", self.updated_at)?,
            name: self.name,
        })
    }
}
