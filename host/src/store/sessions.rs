//! Sessions at the web pages. Only the SHA-256 of a cookie's text is stored.

use jiff::{SignedDuration, Timestamp};

use super::audit::{self, AuditRecord};
use super::error::StoreError;
use super::row::Place;
use super::transaction::{Access, Store, Tx};
use super::users;
use crate::domain::id::{SessionId, UserId};
use crate::domain::user::{Session, SessionView};

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub user: UserId,
    /// SHA-256 of the cookie's text.
    pub hash: [u8; 32],
    pub created_at: Timestamp,
    /// When it ends even if it is in use.
    pub expires_at: Timestamp,
}

impl Store {
    /// The session with this hash, unless it is over at `now` or was not in use for `idle`.
    pub async fn find_session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Option<Session>, StoreError> {
        read_tx!(self, Access::Jobs, tx => find(tx, hash, now, idle).await)
    }

    /// Notes that a session is in use, where that was last noted at `before` or earlier.
    pub async fn touch_session(
        &self,
        id: &SessionId,
        now: Timestamp,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        write_tx!(self, Access::Jobs, tx => touch(tx, id, now, before).await)
    }

    /// A user's sessions that are not over, the newest first.
    pub async fn list_sessions(
        &self,
        user: &UserId,
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Vec<SessionView>, StoreError> {
        read_tx!(self, Access::Jobs, tx => list(tx, user, now, idle).await)
    }

    /// Ends a session; no audit record when it is over already.
    pub async fn end_session(&self, id: &SessionId, audit: AuditRecord) -> Result<(), StoreError> {
        write_tx!(self, Access::Jobs, tx => end(tx, id, &audit).await)
    }

    /// Ends all sessions of a user; how many there were.
    pub async fn end_sessions(&self, user: &UserId, audit: AuditRecord) -> Result<u64, StoreError> {
        write_tx!(self, Access::Jobs, tx => end_all(tx, user, &audit).await)
    }
}

/// Writes a session, and drops those of the same user that are over.
pub(super) async fn insert(tx: &mut Tx, session: &NewSession) -> Result<(), StoreError> {
    const SWEEP: &str = "DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2";
    const INSERT: &str = "INSERT INTO sessions (id, user_id, hash, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5)";
    on!(tx, c => sqlx::query(SWEEP)
        .bind(session.user.as_str())
        .bind(session.created_at.as_millisecond())
        .execute(c).await?.rows_affected());
    on!(tx, c => sqlx::query(INSERT)
        .bind(session.id.as_str())
        .bind(session.user.as_str())
        .bind(&session.hash[..])
        .bind(session.created_at.as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Deletes all sessions of a user.
pub(super) async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<u64, StoreError> {
    Ok(on!(tx, c => sqlx::query("DELETE FROM sessions WHERE user_id = $1")
        .bind(user.as_str())
        .execute(c).await?.rows_affected()))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    user_id: String,
    name: String,
    operator: bool,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
}

async fn find(
    tx: &mut Tx,
    hash: &[u8; 32],
    now: Timestamp,
    idle: SignedDuration,
) -> Result<Option<Session>, StoreError> {
    const SELECT: &str =
        "SELECT s.id, s.user_id, u.name, u.operator, s.created_at, s.last_seen_at, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(&hash[..])
        .bind(now.as_millisecond())
        .bind((now - idle).as_millisecond())
        .fetch_optional(c).await?);
    let Some(row) = row else { return Ok(None) };
    let memberships = users::memberships_of(tx, &row.user_id).await?;
    let place = Place { table: "sessions", row: &row.id };
    Ok(Some(Session {
        id: place.parse("id", &row.id)?,
        user: place.parse("user_id", &row.user_id)?,
        name: Place { table: "users", row: &row.user_id }.parse("name", &row.name)?,
        operator: row.operator,
        memberships,
        created_at: place.time("created_at", row.created_at)?,
        last_seen_at: place.time("last_seen_at", row.last_seen_at)?,
        expires_at: place.time("expires_at", row.expires_at)?,
    }))
}

async fn touch(tx: &mut Tx, id: &SessionId, now: Timestamp, before: Timestamp) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at <= $3";
    on!(tx, c => sqlx::query(UPDATE)
        .bind(id.as_str())
        .bind(now.as_millisecond())
        .bind(before.as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

async fn list(
    tx: &mut Tx,
    user: &UserId,
    now: Timestamp,
    idle: SignedDuration,
) -> Result<Vec<SessionView>, StoreError> {
    const SELECT: &str = "SELECT id, created_at, last_seen_at, expires_at FROM sessions
         WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3 ORDER BY id DESC";
    let rows: Vec<(String, i64, i64, i64)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(user.as_str())
        .bind(now.as_millisecond())
        .bind((now - idle).as_millisecond())
        .fetch_all(c).await?);
    let read = |(id, created_at, last_seen_at, expires_at): &(String, i64, i64, i64)| {
        let place = Place { table: "sessions", row: id };
        Ok(SessionView {
            id: place.parse("id", id)?,
            created_at: place.time("created_at", *created_at)?,
            last_seen_at: place.time("last_seen_at", *last_seen_at)?,
            expires_at: place.time("expires_at", *expires_at)?,
        })
    };
    rows.iter().map(read).collect()
}

async fn end(tx: &mut Tx, id: &SessionId, record: &AuditRecord) -> Result<(), StoreError> {
    let ended = on!(tx, c => sqlx::query("DELETE FROM sessions WHERE id = $1")
        .bind(id.as_str())
        .execute(c).await?.rows_affected());
    if ended == 1 { audit::insert(tx, record).await } else { Ok(()) }
}

async fn end_all(tx: &mut Tx, user: &UserId, record: &AuditRecord) -> Result<u64, StoreError> {
    let ended = delete_all(tx, user).await?;
    let mut record = record.clone();
    record.detail = serde_json::json!({ "sessions": ended });
    audit::insert(tx, &record).await?;
    Ok(ended)
}
