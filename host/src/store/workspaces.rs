//! Workspaces: the tenants.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::error::StoreError;
use super::row::Place;
use super::transaction::{Access, Store, Tx};
use crate::domain::id::WorkspaceId;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    pub id: WorkspaceId,
    pub created_at: Timestamp,
}

impl Store {
    /// Creates a workspace. `false`, and no audit record, when it exists already.
    pub async fn create_workspace(
        &self,
        id: &WorkspaceId,
        now: Timestamp,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => create(tx, id, now, &audit).await)
    }

    /// All workspaces, by id.
    pub async fn list_workspaces(&self) -> Result<Vec<WorkspaceRow>, StoreError> {
        read_tx!(self, Access::Installation, tx => list(tx).await)
    }

    /// Whether there is such a workspace.
    pub async fn workspace_exists(&self, id: &WorkspaceId) -> Result<bool, StoreError> {
        read_tx!(self, Access::Installation, tx => exists(tx, id).await)
    }
}

async fn create(
    tx: &mut Tx,
    id: &WorkspaceId,
    now: Timestamp,
    record: &AuditRecord,
) -> Result<bool, StoreError> {
    const INSERT: &str =
        "INSERT INTO workspaces (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    let created = on!(tx, c => sqlx::query(INSERT)
        .bind(id.as_str())
        .bind(now.as_millisecond())
        .execute(c).await?.rows_affected())
        == 1;
    if created {
        audit::insert(tx, record).await?;
    }
    Ok(created)
}

async fn list(tx: &mut Tx) -> Result<Vec<WorkspaceRow>, StoreError> {
    let rows: Vec<(String, i64)> =
        on!(tx, c => sqlx::query_as("SELECT id, created_at FROM workspaces ORDER BY id").fetch_all(c).await?);
    rows.iter()
        .map(|(id, created_at)| {
            let place = Place { table: "workspaces", row: id };
            Ok(WorkspaceRow {
                id: place.parse("id", id)?,
                created_at: place.time("created_at", *created_at)?,
            })
        })
        .collect()
}

pub(super) async fn exists(tx: &mut Tx, id: &WorkspaceId) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM workspaces WHERE id = $1")
        .bind(id.as_str())
        .fetch_one(c).await?);
    Ok(count == 1)
}
