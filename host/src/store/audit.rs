//! Audit records: what was done, by whom, with what outcome. Append only, and without values.

use jiff::Timestamp;
use serde_json::Value;

use super::error::StoreError;
use super::row::{Place, to_json};
use super::transaction::{Access, Store, Tx};
use crate::domain::id::{AuditId, WorkspaceId};

/// One deed, to be recorded.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    pub id: AuditId,
    /// The workspace that it happened in; none for the installation.
    pub workspace: Option<WorkspaceId>,
    pub at: Timestamp,
    /// The id of the token or the person that acted; none for the command line and the system.
    pub actor: Option<String>,
    /// `credential.create`, …; at most 63 characters.
    pub action: &'static str,
    /// Id of what was acted on; at most 200 characters.
    pub subject: Option<String>,
    /// What came of it; at most 63 characters.
    pub outcome: String,
    /// More, without values of fields, ever.
    pub detail: Value,
}

/// One recorded deed.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: AuditId,
    pub workspace: Option<WorkspaceId>,
    pub at: Timestamp,
    pub actor: Option<String>,
    pub action: String,
    pub subject: Option<String>,
    pub outcome: String,
    pub detail: Value,
}

impl Store {
    /// Records a deed that changes no row, such as a refused draft.
    pub async fn record_audit(&self, record: AuditRecord) -> Result<(), StoreError> {
        write_tx!(self, Access::of(record.workspace.as_ref()), tx => insert(tx, &record).await)
    }

    /// The newest `limit` records of a workspace, or of the installation, newest first.
    pub async fn list_audit(
        &self,
        workspace: Option<&WorkspaceId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        read_tx!(self, Access::of(workspace), tx => list(tx, workspace, limit).await)
    }
}

/// Writes a record inside the transaction of the deed.
pub(super) async fn insert(tx: &mut Tx, record: &AuditRecord) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO audit (id, workspace, at, actor, action, subject, outcome, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let detail = to_json(&record.detail)?;
    on!(tx, c => sqlx::query(INSERT)
        .bind(record.id.as_str())
        .bind(record.workspace.as_ref().map(WorkspaceId::as_str))
        .bind(record.at.as_millisecond())
        .bind(record.actor.as_deref())
        .bind(record.action)
        .bind(record.subject.as_deref())
        .bind(record.outcome.as_str())
        .bind(detail.as_str())
        .execute(c).await?.rows_affected());
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    workspace: Option<String>,
    at: i64,
    actor: Option<String>,
    action: String,
    subject: Option<String>,
    outcome: String,
    detail: String,
}

async fn list(
    tx: &mut Tx,
    workspace: Option<&WorkspaceId>,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    const SELECT: &str = "SELECT id, workspace, at, actor, action, subject, outcome, detail FROM audit
         WHERE workspace = $1 OR (workspace IS NULL AND $1 IS NULL) ORDER BY id DESC LIMIT $2";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.map(WorkspaceId::as_str))
        .bind(i64::from(limit))
        .fetch_all(c).await?);
    rows.into_iter().map(Row::read).collect()
}

impl Row {
    fn read(self) -> Result<AuditEntry, StoreError> {
        let place = Place { table: "audit", row: &self.id };
        let workspace = self.workspace.as_deref().map(|text| place.parse("workspace", text)).transpose()?;
        Ok(AuditEntry {
            id: place.parse("id", &self.id)?,
            workspace,
            at: place.time("at", self.at)?,
            actor: self.actor,
            detail: place.json("detail", &self.detail)?,
            action: self.action,
            subject: self.subject,
            outcome: self.outcome,
        })
    }
}
