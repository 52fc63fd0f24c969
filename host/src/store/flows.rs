//! Flows: whole, in lists, active or not. Whatever changes a flow or its steps takes the flow's row
//! first, by the new revision that it writes there.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::dialect::{LOCK_FLOW, rerun_if_refused};
use super::error::StoreError;
use super::row::Place;
use super::steps;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::Expected;
use crate::domain::flow::{Flow, FlowSummary, Step};
use crate::domain::id::{ComponentId, CredentialId, FlowId, StepId, WorkspaceId};

/// A flow as the platform wants it.
#[derive(Clone, Debug)]
pub struct NewFlow {
    pub id: FlowId,
    pub name: String,
    /// In order, each id once.
    pub steps: Vec<NewStep>,
    /// The state that the flow must have.
    pub expected: Expected,
    pub at: Timestamp,
}

/// A step as the platform wants it.
#[derive(Clone, Debug)]
pub struct NewStep {
    pub id: StepId,
    pub component: ComponentId,
    pub credential: Option<CredentialId>,
}

/// Which flows to list.
#[derive(Clone, Debug, Default)]
pub struct FlowFilter {
    pub active: Option<bool>,
    /// Only those whose id sorts after this one.
    pub after: Option<FlowId>,
    pub limit: u32,
}

impl Store {
    /// A flow with its steps.
    pub async fn find_flow(&self, workspace: &WorkspaceId, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, id).await)
    }

    /// Flows of a workspace, by id.
    pub async fn list_flows(
        &self,
        workspace: &WorkspaceId,
        filter: FlowFilter,
    ) -> Result<Vec<FlowSummary>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => list(tx, workspace, &filter).await)
    }

    /// Makes a flow, inactive, or replaces its name and steps; whether it is active stays. `true`: it is new.
    ///
    /// # Errors
    /// [`ChangeError::Unexpected`], [`ChangeError::UnknownNames`], and for an active flow
    /// [`ChangeError::Unready`].
    pub async fn put_flow(
        &self,
        workspace: &WorkspaceId,
        new: NewFlow,
        audit: AuditRecord,
    ) -> Result<(Flow, bool), ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => put(tx, workspace, &new, &audit).await)
    }

    /// Activates or deactivates a flow, and returns it as it then is. One that is so already stays as it is.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Unexpected`], [`ChangeError::Unready`].
    pub async fn set_flow_active(
        &self,
        workspace: &WorkspaceId,
        id: &FlowId,
        active: bool,
        expected: &Expected,
        audit: AuditRecord,
    ) -> Result<Flow, ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => set_active(tx, workspace, id, active, expected, &audit).await)
    }

    /// Deletes a flow with its steps, whether it is active or not.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Unexpected`].
    pub async fn delete_flow(
        &self,
        workspace: &WorkspaceId,
        id: &FlowId,
        expected: &Expected,
        audit: AuditRecord,
    ) -> Result<(), ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => delete(tx, workspace, id, expected, &audit).await)
    }
}

/// Takes a flow's row for this transaction, and gives the flow its next revision.
///
/// # Errors
/// [`ChangeError::NotFound`], [`ChangeError::Unexpected`].
pub(super) async fn lock(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &FlowId,
    expected: &Expected,
    at: Timestamp,
) -> Result<IsActive, ChangeError> {
    const LOCK: &str = "UPDATE flows SET revision = revision + 1, updated_at = $3
         WHERE workspace = $1 AND id = $2 RETURNING revision - 1, active";
    let row: Option<(i64, bool)> = on!(tx, c => sqlx::query_as(LOCK)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(at.as_millisecond())
        .fetch_optional(c).await.map_err(StoreError::from)?);
    let (revision, active) = row.ok_or(ChangeError::NotFound)?;
    if expected.holds(revision) { Ok(IsActive(active)) } else { Err(ChangeError::Unexpected) }
}

/// Whether a locked flow is active.
#[derive(Clone, Copy)]
pub(super) struct IsActive(pub(super) bool);

async fn put(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    new: &NewFlow,
    record: &AuditRecord,
) -> Result<(Flow, bool), ChangeError> {
    let (is_new, active) = match lock(tx, workspace, &new.id, &new.expected, new.at).await {
        Ok(IsActive(active)) => {
            rename(tx, workspace, new).await?;
            (false, active)
        }
        Err(ChangeError::NotFound) if new.expected == Expected::Anything => {
            insert(tx, workspace, new).await?;
            (true, false)
        }
        // A state was demanded, and there is none.
        Err(ChangeError::NotFound) => return Err(ChangeError::Unexpected),
        Err(error) => return Err(error),
    };
    steps::replace(tx, workspace, &new.id, active, &new.steps).await?;
    audit::insert(tx, record).await?;
    Ok((find(tx, workspace, &new.id).await?.ok_or(ChangeError::NotFound)?, is_new))
}

async fn rename(tx: &mut Tx, workspace: &WorkspaceId, new: &NewFlow) -> Result<(), StoreError> {
    on!(tx, c => sqlx::query("UPDATE flows SET name = $3 WHERE workspace = $1 AND id = $2")
        .bind(workspace.as_str())
        .bind(new.id.as_str())
        .bind(new.name.as_str())
        .execute(c).await?.rows_affected());
    Ok(())
}

async fn insert(tx: &mut Tx, workspace: &WorkspaceId, new: &NewFlow) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO flows (workspace, id, name, active, revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 1, $5, $5)";
    // Taken: somebody made it since we looked.
    on!(tx, c => sqlx::query(INSERT)
        .bind(workspace.as_str())
        .bind(new.id.as_str())
        .bind(new.name.as_str())
        .bind(false)
        .bind(new.at.as_millisecond())
        .execute(c).await.map(|done| done.rows_affected()))
    .map_err(rerun_if_refused)?;
    Ok(())
}

async fn set_active(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &FlowId,
    active: bool,
    expected: &Expected,
    record: &AuditRecord,
) -> Result<Flow, ChangeError> {
    hold(tx, workspace, id).await?;
    let flow = find(tx, workspace, id).await?.ok_or(ChangeError::NotFound)?;
    if flow.active == active {
        return if expected.holds(flow.revision) { Ok(flow) } else { Err(ChangeError::Unexpected) };
    }
    lock(tx, workspace, id, expected, record.at).await?;
    if active {
        let unready = steps::list_unready(tx, workspace, id).await?;
        if !unready.is_empty() {
            return Err(ChangeError::Unready(unready));
        }
    }
    // The steps follow by their key's cascade, and each is checked.
    on!(tx, c => sqlx::query("UPDATE flows SET active = $3 WHERE workspace = $1 AND id = $2")
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(active)
        .execute(c).await.map(|done| done.rows_affected()))
    .map_err(rerun_if_refused)?;
    audit::insert(tx, record).await?;
    find(tx, workspace, id).await?.ok_or(ChangeError::NotFound)
}

/// Takes a flow's row without changing it. SQLite's writer is alone anyway.
async fn hold(tx: &mut Tx, workspace: &WorkspaceId, id: &FlowId) -> Result<(), StoreError> {
    let Tx::Postgres(transaction) = tx else { return Ok(()) };
    let held = sqlx::query(LOCK_FLOW).bind(workspace.as_str()).bind(id.as_str());
    held.execute(&mut **transaction).await?;
    Ok(())
}

async fn delete(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &FlowId,
    expected: &Expected,
    record: &AuditRecord,
) -> Result<(), ChangeError> {
    lock(tx, workspace, id, expected, record.at).await?;
    on!(tx, c => sqlx::query("DELETE FROM flows WHERE workspace = $1 AND id = $2")
        .bind(workspace.as_str())
        .bind(id.as_str())
        .execute(c).await.map_err(StoreError::from)?.rows_affected());
    audit::insert(tx, record).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    active: bool,
    revision: i64,
    created_at: i64,
    updated_at: i64,
}

pub(super) async fn find(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &FlowId,
) -> Result<Option<Flow>, StoreError> {
    const SELECT: &str = "SELECT id, name, active, revision, created_at, updated_at FROM flows
         WHERE workspace = $1 AND id = $2";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(c).await?);
    let Some(row) = row else { return Ok(None) };
    let steps = steps::list(tx, workspace, id).await?;
    row.read(workspace, steps).map(Some)
}

impl Row {
    fn read(self, workspace: &WorkspaceId, steps: Vec<Step>) -> Result<Flow, StoreError> {
        let place = Place { table: "flows", row: &self.id };
        Ok(Flow {
            id: place.parse("id", &self.id)?,
            workspace: workspace.clone(),
            active: self.active,
            steps,
            revision: self.revision,
            created_at: place.time("created_at", self.created_at)?,
            updated_at: place.time("updated_at", self.updated_at)?,
            name: self.name,
        })
    }
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: String,
    name: String,
    active: bool,
    step_count: i64,
    created_at: i64,
    updated_at: i64,
}

/// The query for the flows of a list; $1 workspace, $2 the id before, $3 limit, $4 whether active.
macro_rules! query {
    ($($filter:literal)?) => {
        concat!(
            "SELECT id, name, active, created_at, updated_at,
                 (SELECT COUNT(*) FROM flow_steps s WHERE s.workspace = flows.workspace AND s.flow = flows.id) AS step_count
             FROM flows WHERE workspace = $1 AND id > $2",
            $($filter,)?
            " ORDER BY id LIMIT $3"
        )
    };
}

impl FlowFilter {
    /// The text of the query for this filter.
    pub fn query(&self) -> &'static str {
        if self.active.is_some() { query!(" AND active = $4") } else { query!() }
    }
}

async fn list(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    filter: &FlowFilter,
) -> Result<Vec<FlowSummary>, StoreError> {
    let rows: Vec<SummaryRow> = on!(tx, c => sqlx::query_as(filter.query())
        .bind(workspace.as_str())
        .bind(filter.after.as_ref().map_or("", FlowId::as_str))
        .bind(i64::from(filter.limit))
        .bind(filter.active)
        .fetch_all(c).await?);
    let read = |row: SummaryRow| {
        let place = Place { table: "flows", row: &row.id };
        Ok(FlowSummary {
            id: place.parse("id", &row.id)?,
            workspace: workspace.clone(),
            active: row.active,
            step_count: row.step_count.unsigned_abs(),
            created_at: place.time("created_at", row.created_at)?,
            updated_at: place.time("updated_at", row.updated_at)?,
            name: row.name,
        })
    };
    rows.into_iter().map(read).collect()
}
