//! Where credentials are used, and what that means for those who delete or replace them.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::credentials;
use super::dialect::{LOCK_USERS, rerun_if_refused};
use super::error::StoreError;
use super::flows;
use super::row::Place;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::{Expected, Status};
use crate::domain::flow::{EXCERPT, Usage, UsageExcerpt};
use crate::domain::id::{CredentialId, FlowId, StepId, WorkspaceId};

/// Another credential for the steps that hold one.
#[derive(Clone, Debug)]
pub struct Replacement {
    pub of: CredentialId,
    pub with: CredentialId,
    /// None: in all flows that use it.
    pub flows: Option<Vec<FlowId>>,
    /// Takes one that is not verified, too.
    pub accept_unverified: bool,
    pub at: Timestamp,
}

impl Store {
    /// Steps that hold a credential, by flow and step, those after `after`.
    pub async fn list_usages(
        &self,
        workspace: &WorkspaceId,
        credential: &CredentialId,
        after: Option<(FlowId, StepId)>,
        limit: u32,
    ) -> Result<Vec<Usage>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => list(tx, workspace, credential, after.as_ref(), limit).await)
    }

    /// Deletes a credential and its verifications, takes it from the steps of inactive flows, and tells
    /// which those were.
    ///
    /// # Errors
    /// [`ChangeError::InUse`] while an active flow uses it; [`ChangeError::NotFound`],
    /// [`ChangeError::Unexpected`].
    pub async fn delete_credential(
        &self,
        workspace: &WorkspaceId,
        id: &CredentialId,
        expected: &Expected,
        audit: AuditRecord,
    ) -> Result<UsageExcerpt, ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => delete(tx, workspace, id, expected, &audit).await)
    }

    /// Gives the steps that hold a credential another one of the same component, all or none of them, and
    /// tells which those were.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::UnknownNames`] for the other one,
    /// [`ChangeError::NotVerified`], [`ChangeError::Unused`].
    pub async fn replace_credential(
        &self,
        workspace: &WorkspaceId,
        replacement: Replacement,
        audit: AuditRecord,
    ) -> Result<UsageExcerpt, ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => replace(tx, workspace, &replacement, &audit).await)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    flow: String,
    name: String,
    step: String,
    active: bool,
}

/// The query for usages; $1 workspace, $2 credential, $3 limit.
macro_rules! select_usages {
    ($filter:literal) => {
        concat!(
            "SELECT s.flow, f.name, s.step, s.flow_active AS active FROM flow_steps s
             JOIN flows f ON f.workspace = s.workspace AND f.id = s.flow
             WHERE s.workspace = $1 AND s.credential = $2",
            $filter,
            " ORDER BY s.flow, s.step LIMIT $3"
        )
    };
}

/// How many usages there are in all, with each of the first.
#[derive(sqlx::FromRow)]
struct CountedRow {
    #[sqlx(flatten)]
    usage: Row,
    total: i64,
}

fn read(rows: Vec<Row>) -> Result<Vec<Usage>, StoreError> {
    let read = |row: Row| {
        let place = Place { table: "flow_steps", row: &row.step };
        Ok(Usage {
            flow: place.parse("flow", &row.flow)?,
            step: place.parse("step", &row.step)?,
            active: row.active,
            name: row.name,
        })
    };
    rows.into_iter().map(read).collect()
}

async fn list(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    after: Option<&(FlowId, StepId)>,
    limit: u32,
) -> Result<Vec<Usage>, StoreError> {
    const SELECT: &str = select_usages!(" AND (s.flow, s.step) > ($4, $5)");
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(i64::from(limit))
        .bind(after.map_or("", |(flow, _)| flow.as_str()))
        .bind(after.map_or("", |(_, step)| step.as_str()))
        .fetch_all(c).await?);
    read(rows)
}

/// The first usages, in active flows or in all.
async fn excerpt(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    active_only: bool,
) -> Result<UsageExcerpt, StoreError> {
    // One statement, so that the number fits the names.
    const SELECT: &str = "SELECT s.flow, f.name, s.step, s.flow_active AS active, COUNT(*) OVER () AS total
         FROM flow_steps s JOIN flows f ON f.workspace = s.workspace AND f.id = s.flow
         WHERE s.workspace = $1 AND s.credential = $2 AND (s.flow_active OR NOT $4)
         ORDER BY s.flow, s.step LIMIT $3";
    let rows: Vec<CountedRow> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(i64::from(EXCERPT))
        .bind(active_only)
        .fetch_all(c).await?);
    let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
    Ok(UsageExcerpt { first: read(rows.into_iter().map(|row| row.usage).collect())?, total })
}

async fn delete(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
    expected: &Expected,
    record: &AuditRecord,
) -> Result<UsageExcerpt, ChangeError> {
    let credential = credentials::find(tx, workspace, id).await?.ok_or(ChangeError::NotFound)?;
    if !expected.holds(credential.revision) {
        return Err(ChangeError::Unexpected);
    }
    let unlinked = if credential.usage.inactive > 0 && credential.usage.active == 0 {
        lock_users(tx, workspace, id).await?;
        excerpt(tx, workspace, id, false).await?
    } else {
        UsageExcerpt::default()
    };
    let in_the_way = excerpt(tx, workspace, id, true).await?;
    if in_the_way.total > 0 {
        return Err(ChangeError::InUse(in_the_way));
    }
    if unlinked.total > 0 {
        note_change(tx, workspace, id, record.at).await?;
        expect_rows(unlink(tx, workspace, id).await?, unlinked.total)?;
    }
    if !delete_row(tx, workspace, id, credential.revision).await? {
        // It was there a moment ago: look again.
        return Err(StoreError::Contention.into());
    }
    let mut record = record.clone();
    if let Some(detail) = record.detail.as_object_mut() {
        detail.insert("unlinked".to_owned(), unlinked.total.into());
    }
    audit::insert(tx, &record).await?;
    Ok(unlinked)
}

/// Takes the rows of all flows that use a credential, in the order of their ids, so that two who do this
/// never wait for each other. SQLite's writer is alone anyway.
async fn lock_users(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
) -> Result<(), StoreError> {
    let Tx::Postgres(transaction) = tx else { return Ok(()) };
    let locked = sqlx::query(LOCK_USERS).bind(workspace.as_str()).bind(credential.as_str());
    locked.execute(&mut **transaction).await?;
    Ok(())
}

/// Gives every flow that uses a credential its next revision.
async fn note_change(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    at: Timestamp,
) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE flows SET revision = revision + 1, updated_at = $3
         WHERE workspace = $1
             AND id IN (SELECT flow FROM flow_steps WHERE workspace = $1 AND credential = $2)";
    on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(at.as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Where more steps are written than were looked at, one has taken the credential since: look again.
fn expect_rows(written: u64, told: u64) -> Result<(), StoreError> {
    if written == told { Ok(()) } else { Err(StoreError::Contention) }
}

async fn unlink(tx: &mut Tx, workspace: &WorkspaceId, credential: &CredentialId) -> Result<u64, StoreError> {
    const UPDATE: &str = "UPDATE flow_steps SET credential = NULL
         WHERE workspace = $1 AND credential = $2 AND NOT flow_active";
    let unlinked = on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .execute(c).await.map(|done| done.rows_affected()));
    unlinked.map_err(rerun_if_refused)
}

/// The keys refuse it where a step took the credential since we looked; then the whole is run again.
async fn delete_row(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
    revision: i64,
) -> Result<bool, StoreError> {
    const DELETE: &str = "DELETE FROM credentials WHERE workspace = $1 AND id = $2 AND revision = $3";
    let deleted = on!(tx, c => sqlx::query(DELETE)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(revision)
        .execute(c).await.map(|done| done.rows_affected()));
    Ok(deleted.map_err(rerun_if_refused)? == 1)
}

async fn replace(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    replacement: &Replacement,
    record: &AuditRecord,
) -> Result<UsageExcerpt, ChangeError> {
    let Replacement { of, with, flows, accept_unverified, at } = replacement;
    let old = credentials::find(tx, workspace, of).await?.ok_or(ChangeError::NotFound)?;
    let new = credentials::find(tx, workspace, with).await?.filter(|new| new.component == old.component);
    let unknown = || ChangeError::UnknownNames { components: Vec::new(), credentials: vec![0] };
    let status = new.ok_or_else(unknown)?.status;
    if status != Status::Verified && !accept_unverified {
        return Err(ChangeError::NotVerified(status));
    }
    let moved = match flows {
        None => {
            lock_users(tx, workspace, of).await?;
            let moved = excerpt(tx, workspace, of, false).await?;
            note_change(tx, workspace, of, *at).await?;
            expect_rows(hand_over(tx, workspace, of, with, None).await?, moved.total)?;
            moved
        }
        Some(flows) => replace_in(tx, workspace, of, with, flows, *at).await?,
    };
    audit::insert(tx, record).await?;
    Ok(moved)
}

/// Replaces a credential in these flows, which are taken in the order of their ids.
async fn replace_in(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    of: &CredentialId,
    with: &CredentialId,
    flows: &[FlowId],
    at: Timestamp,
) -> Result<UsageExcerpt, ChangeError> {
    let mut sorted: Vec<(usize, &FlowId)> = flows.iter().enumerate().collect();
    sorted.sort_by_key(|(_, flow)| *flow);
    let (mut moved, mut unused) = (UsageExcerpt::default(), Vec::new());
    for (place, flow) in sorted {
        match flows::lock(tx, workspace, flow, &Expected::Anything, at).await {
            Ok(_) => {}
            Err(ChangeError::NotFound) => {
                unused.push(place);
                continue;
            }
            Err(error) => return Err(error),
        }
        let steps = list_in(tx, workspace, of, flow).await?;
        if steps.is_empty() {
            unused.push(place);
        }
        hand_over(tx, workspace, of, with, Some(flow)).await?;
        moved.total += steps.len() as u64;
        moved.first.extend(steps);
    }
    moved.first.truncate(EXCERPT as usize);
    unused.sort_unstable();
    if unused.is_empty() { Ok(moved) } else { Err(ChangeError::Unused(unused)) }
}

/// The steps of one flow that hold a credential.
async fn list_in(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    credential: &CredentialId,
    flow: &FlowId,
) -> Result<Vec<Usage>, StoreError> {
    const SELECT: &str = select_usages!(" AND s.flow = $4");
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(credential.as_str())
        .bind(i64::MAX)
        .bind(flow.as_str())
        .fetch_all(c).await?);
    read(rows)
}

async fn hand_over(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    of: &CredentialId,
    with: &CredentialId,
    flow: Option<&FlowId>,
) -> Result<u64, StoreError> {
    const UPDATE: &str = "UPDATE flow_steps SET credential = $3
         WHERE workspace = $1 AND credential = $2 AND ($4 IS NULL OR flow = $4)";
    let moved = on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(of.as_str())
        .bind(with.as_str())
        .bind(flow.map(FlowId::as_str))
        .execute(c).await.map(|done| done.rows_affected()));
    moved.map_err(rerun_if_refused)
}
