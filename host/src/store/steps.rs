//! Steps of flows and the credentials that they hold. Their flow's row is taken before (see `flows`), so
//! that of what is read here only components and credentials can change before it is written.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::dialect::rerun_if_refused;
use super::error::StoreError;
use super::flows::{self, IsActive, NewStep};
use super::row::Place;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::Expected;
use crate::domain::flow::{Flow, Link, Step, Unready, UnreadyStep};
use crate::domain::id::{ComponentId, CredentialId, FlowId, StepId, WorkspaceId};

impl Store {
    /// Gives a step another credential, or none, and returns its flow as it then is.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Unexpected`], [`ChangeError::UnknownNames`], and where the
    /// step of an active flow needs one [`ChangeError::Unready`].
    pub async fn choose_credential(
        &self,
        workspace: &WorkspaceId,
        step: &Link,
        credential: Option<&CredentialId>,
        expected: &Expected,
        audit: AuditRecord,
    ) -> Result<Flow, ChangeError> {
        write_tx!(self, Access::Workspace(workspace), tx => choose(tx, workspace, step, credential, expected, &audit).await)
    }

    /// Whether the step is there, and of this component. The outer none: there is no such flow.
    pub async fn step_component(
        &self,
        workspace: &WorkspaceId,
        step: &Link,
    ) -> Result<Option<Option<ComponentId>>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => component_of(tx, workspace, step).await)
    }
}

/// A step's row.
#[derive(sqlx::FromRow)]
struct Row {
    step: String,
    component: String,
    needs_credential: bool,
    credential: Option<String>,
}

impl Row {
    fn read(self) -> Result<Step, StoreError> {
        let place = Place { table: "flow_steps", row: &self.step };
        Ok(Step {
            id: place.parse("step", &self.step)?,
            component: place.parse("component", &self.component)?,
            needs_credential: self.needs_credential,
            credential: self.credential.map(|text| place.parse("credential", &text)).transpose()?,
        })
    }
}

/// The steps of a flow, in order.
pub(super) async fn list(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    flow: &FlowId,
) -> Result<Vec<Step>, StoreError> {
    const SELECT: &str = "SELECT step, component, needs_credential, credential FROM flow_steps
         WHERE workspace = $1 AND flow = $2 ORDER BY position, step";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(flow.as_str())
        .fetch_all(c).await?);
    rows.into_iter().map(Row::read).collect()
}

/// The steps because of which a flow cannot become active.
pub(super) async fn list_unready(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    flow: &FlowId,
) -> Result<Vec<UnreadyStep>, StoreError> {
    const SELECT: &str = "SELECT s.step, s.component, s.credential, c.status FROM flow_steps s
         LEFT JOIN credentials c ON c.workspace = s.workspace AND c.id = s.credential
         WHERE s.workspace = $1 AND s.flow = $2 AND ((s.needs_credential AND s.credential IS NULL)
             OR c.status IN ('rejected', 'reauthorization_required'))
         ORDER BY s.position, s.step";
    let rows: Vec<(String, String, Option<String>, Option<String>)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(flow.as_str())
        .fetch_all(c).await?);
    let read = |(step, component, credential, status): (String, String, Option<String>, Option<String>)| {
        let place = Place { table: "flow_steps", row: &step };
        Ok(UnreadyStep {
            id: place.parse("step", &step)?,
            component: place.parse("component", &component)?,
            credential: credential.map(|text| place.parse("credential", &text)).transpose()?,
            reason: match status.as_deref() {
                None => Unready::CredentialMissing,
                Some("rejected") => Unready::Rejected,
                Some(_) => Unready::ReauthorizationRequired,
            },
        })
    };
    rows.into_iter().map(read).collect()
}

/// Makes the steps of a flow what `new` says. What stays as it is is not written.
pub(super) async fn replace(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    flow: &FlowId,
    active: bool,
    new: &[NewStep],
) -> Result<(), ChangeError> {
    let old = list(tx, workspace, flow).await?;
    for gone in old.iter().filter(|old| new.iter().all(|new| new.id != old.id)) {
        remove(tx, workspace, flow, &gone.id).await?;
    }
    let (mut components, mut credentials, mut unready) = (Vec::new(), Vec::new(), Vec::new());
    for (place, step) in new.iter().enumerate() {
        let is_same = |old: &Step| {
            old.id == step.id && old.component == step.component && old.credential == step.credential
        };
        if old.get(place).is_some_and(is_same) || write(tx, workspace, flow, active, place, step).await? {
            continue;
        }
        match &step.credential {
            _ if !is_component(tx, &step.component).await? => components.push(place),
            Some(_) => credentials.push(place),
            None => unready.push(UnreadyStep {
                id: step.id.clone(),
                component: step.component.clone(),
                credential: None,
                reason: Unready::CredentialMissing,
            }),
        }
    }
    match (components.is_empty() && credentials.is_empty(), unready.is_empty()) {
        (false, _) => Err(ChangeError::UnknownNames { components, credentials }),
        (true, false) => Err(ChangeError::Unready(unready)),
        (true, true) => Ok(()),
    }
}

async fn remove(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    flow: &FlowId,
    step: &StepId,
) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM flow_steps WHERE workspace = $1 AND flow = $2 AND step = $3";
    on!(tx, c => sqlx::query(DELETE)
        .bind(workspace.as_str())
        .bind(flow.as_str())
        .bind(step.as_str())
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Writes one step; `false`, and nothing written, when what it names is not there, or when it lacks the
/// credential that an active flow needs. What changes between the look and the write, the keys and the
/// check refuse; then the whole is run again.
async fn write(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    flow: &FlowId,
    active: bool,
    place: usize,
    step: &NewStep,
) -> Result<bool, StoreError> {
    const UPSERT: &str = "INSERT INTO flow_steps
             (workspace, flow, step, position, flow_active, component, needs_credential, credential)
         SELECT $1, $2, $3, $4, $5, c.id, c.needs_credential, $7 FROM components c
         WHERE c.id = $6 AND NOT ($5 AND c.needs_credential AND $7 IS NULL) AND ($7 IS NULL OR EXISTS (
             SELECT 1 FROM credentials WHERE workspace = $1 AND component = $6 AND id = $7))
         ON CONFLICT (workspace, flow, step) DO UPDATE SET position = excluded.position,
             component = excluded.component, needs_credential = excluded.needs_credential,
             credential = excluded.credential";
    let written = on!(tx, c => sqlx::query(UPSERT)
        .bind(workspace.as_str())
        .bind(flow.as_str())
        .bind(step.id.as_str())
        .bind(i64::try_from(place).unwrap_or(i64::MAX))
        .bind(active)
        .bind(step.component.as_str())
        .bind(step.credential.as_ref().map(CredentialId::as_str))
        .execute(c).await.map(|done| done.rows_affected()));
    Ok(written.map_err(rerun_if_refused)? == 1)
}

async fn is_component(tx: &mut Tx, id: &ComponentId) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM components WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(c).await?);
    Ok(found.is_some())
}

async fn choose(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
    credential: Option<&CredentialId>,
    expected: &Expected,
    record: &AuditRecord,
) -> Result<Flow, ChangeError> {
    flows::lock(tx, workspace, &step.flow, expected, record.at).await?;
    if !set(tx, workspace, step, credential).await? {
        let steps = list(tx, workspace, &step.flow).await?;
        let found = steps.into_iter().find(|found| found.id == step.step).ok_or(ChangeError::NotFound)?;
        return Err(match credential {
            Some(_) => ChangeError::UnknownNames { components: Vec::new(), credentials: vec![0] },
            None => ChangeError::Unready(vec![UnreadyStep {
                id: found.id,
                component: found.component,
                credential: None,
                reason: Unready::CredentialMissing,
            }]),
        });
    }
    audit::insert(tx, record).await?;
    flows::find(tx, workspace, &step.flow).await?.ok_or(ChangeError::NotFound)
}

/// As [`write`], of the credential alone.
async fn set(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
    credential: Option<&CredentialId>,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE flow_steps SET credential = $4
         WHERE workspace = $1 AND flow = $2 AND step = $3
             AND NOT (flow_active AND needs_credential AND $4 IS NULL) AND ($4 IS NULL OR EXISTS (
                 SELECT 1 FROM credentials c
                 WHERE c.workspace = $1 AND c.component = flow_steps.component AND c.id = $4))";
    let changed = on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(step.flow.as_str())
        .bind(step.step.as_str())
        .bind(credential.map(CredentialId::as_str))
        .execute(c).await.map(|done| done.rows_affected()));
    Ok(changed.map_err(rerun_if_refused)? == 1)
}

/// Takes the flow of a step that is to hold a credential which this transaction stores next. `true`: it is
/// active.
///
/// # Errors
/// [`ChangeError::LinkLost`] when there is no such flow any more.
pub(super) async fn lock_for_link(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
    at: Timestamp,
) -> Result<bool, ChangeError> {
    match flows::lock(tx, workspace, &step.flow, &Expected::Anything, at).await {
        Ok(IsActive(active)) => Ok(active),
        Err(ChangeError::NotFound) => Err(ChangeError::LinkLost),
        Err(error) => Err(error),
    }
}

/// Links a credential that this transaction has just stored to a step of its component.
///
/// # Errors
/// [`ChangeError::LinkLost`] when there is no such step any more.
pub(super) async fn link(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
    credential: &CredentialId,
) -> Result<(), ChangeError> {
    if set(tx, workspace, step, Some(credential)).await? { Ok(()) } else { Err(ChangeError::LinkLost) }
}

async fn component_of(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    step: &Link,
) -> Result<Option<Option<ComponentId>>, StoreError> {
    const SELECT: &str = "SELECT s.component FROM flows f
         LEFT JOIN flow_steps s ON s.workspace = f.workspace AND s.flow = f.id AND s.step = $3
         WHERE f.workspace = $1 AND f.id = $2";
    let row: Option<(Option<String>,)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(step.flow.as_str())
        .bind(step.step.as_str())
        .fetch_optional(c).await?);
    let place = Place { table: "flow_steps", row: &step.step };
    row.map(|(component,)| component.map(|text| place.parse("component", &text)).transpose()).transpose()
}
