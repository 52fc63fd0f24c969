//! Where each workspace stands with each destination, for all replicas together.

use std::collections::HashMap;

use jiff::Timestamp;

use super::error::StoreError;
use super::row::Place;
use super::transaction::{Access, Store, Tx};
use crate::domain::budget::{Limits, Standing};
use crate::domain::id::WorkspaceId;

/// Rows that a change forgets at most, so that no verification pays for all that others have left.
const FORGOTTEN_AT_ONCE: i64 = 100;

impl Store {
    /// Where a workspace stands with these destinations, in their order.
    pub async fn find_standings(
        &self,
        workspace: &WorkspaceId,
        destinations: &[String],
        now: Timestamp,
    ) -> Result<Vec<Standing>, StoreError> {
        if destinations.is_empty() {
            return Ok(Vec::new());
        }
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, destinations, now).await)
    }

    /// Changes where a workspace stands with these destinations, which are sorted and told once each. Others who change
    /// one of them wait. `change` gets the standings in the order of the destinations; it may be run several times.
    pub async fn change_standings<R>(
        &self,
        workspace: &WorkspaceId,
        destinations: &[String],
        limits: &Limits,
        now: Timestamp,
        change: impl Fn(&mut [Standing]) -> R,
    ) -> Result<R, StoreError> {
        write_tx!(self, Access::Workspace(workspace), tx => {
            update(tx, workspace, destinations, limits, now, &change).await
        })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    destination: String,
    window_start: i64,
    failures: i64,
    level: i64,
    blocked_until: i64,
    rests_until: i64,
}

async fn find(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    destinations: &[String],
    now: Timestamp,
) -> Result<Vec<Standing>, StoreError> {
    // Two at a time, a host and its origin mostly: each verification asks this.
    const SELECT: &str =
        "SELECT destination, window_start, failures, level, blocked_until, rests_until FROM budgets
         WHERE workspace = $1 AND destination IN ($2, $3)";
    let mut found = HashMap::new();
    for pair in destinations.chunks(2) {
        let (Some(one), Some(other)) = (pair.first(), pair.last()) else { continue };
        let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT)
            .bind(workspace.as_str())
            .bind(one.as_str())
            .bind(other.as_str())
            .fetch_all(c).await?);
        for row in rows {
            let (destination, standing) = row.read()?;
            found.insert(destination, standing);
        }
    }
    let standing = |destination| found.remove(destination).unwrap_or_else(|| Standing::new(now));
    Ok(destinations.iter().map(standing).collect())
}

async fn update<R>(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    destinations: &[String],
    limits: &Limits,
    now: Timestamp,
    change: &impl Fn(&mut [Standing]) -> R,
) -> Result<R, StoreError> {
    forget(tx, workspace, now).await?;
    // In one order, so that nobody waits for somebody who waits for them.
    let mut standings = Vec::with_capacity(destinations.len());
    for destination in destinations {
        standings.push(take(tx, workspace, destination, limits, now).await?);
    }
    let outcome = change(&mut standings);
    for (destination, standing) in destinations.iter().zip(&standings) {
        write(tx, workspace, destination, standing, limits).await?;
    }
    Ok(outcome)
}

/// Forgets some of the workspace's rows that are over.
async fn forget(tx: &mut Tx, workspace: &WorkspaceId, now: Timestamp) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM budgets WHERE workspace = $1 AND destination IN (
             SELECT destination FROM budgets WHERE workspace = $1 AND over_at <= $2 ORDER BY over_at, destination LIMIT $3)
         AND over_at <= $2";
    on!(tx, c => sqlx::query(DELETE)
        .bind(workspace.as_str())
        .bind(now.as_millisecond())
        .bind(FORGOTTEN_AT_ONCE)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Takes the row of a destination until the end of the transaction, and makes it where there is none.
async fn take(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    destination: &str,
    limits: &Limits,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    const TAKE: &str = "INSERT INTO budgets
             (workspace, destination, window_start, failures, level, blocked_until, rests_until, over_at)
         VALUES ($1, $2, $3, 0, 0, $3, $3, $4)
         ON CONFLICT (workspace, destination) DO UPDATE SET destination = excluded.destination
         RETURNING destination, window_start, failures, level, blocked_until, rests_until";
    let row: Row = on!(tx, c => sqlx::query_as(TAKE)
        .bind(workspace.as_str())
        .bind(destination)
        .bind(now.as_millisecond())
        .bind(Standing::new(now).is_over_at(limits).as_millisecond())
        .fetch_one(c).await?);
    Ok(row.read()?.1)
}

async fn write(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    destination: &str,
    standing: &Standing,
    limits: &Limits,
) -> Result<(), StoreError> {
    const UPDATE: &str =
        "UPDATE budgets SET window_start = $3, failures = $4, level = $5, blocked_until = $6,
             rests_until = $7, over_at = $8
         WHERE workspace = $1 AND destination = $2";
    on!(tx, c => sqlx::query(UPDATE)
        .bind(workspace.as_str())
        .bind(destination)
        .bind(standing.window_start.as_millisecond())
        .bind(i64::from(standing.failures))
        .bind(i64::from(standing.level))
        .bind(standing.blocked_until.as_millisecond())
        .bind(standing.rests_until.as_millisecond())
        .bind(standing.is_over_at(limits).as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

impl Row {
    fn read(self) -> Result<(String, Standing), StoreError> {
        let place = Place { table: "budgets", row: &self.destination };
        let number = |column, value: i64| u32::try_from(value).map_err(|_| place.corrupt(column));
        let standing = Standing {
            window_start: place.time("window_start", self.window_start)?,
            failures: number("failures", self.failures)?,
            level: number("level", self.level)?,
            blocked_until: place.time("blocked_until", self.blocked_until)?,
            rests_until: place.time("rests_until", self.rests_until)?,
        };
        Ok((self.destination, standing))
    }
}
