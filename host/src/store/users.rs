//! People: their names, the hashes of their passwords, and how often signing in has failed.

use jiff::{SignedDuration, Timestamp};

use super::audit::{self, AuditRecord};
use super::error::StoreError;
use super::row::{Place, to_json};
use super::sessions::{self, NewSession};
use super::transaction::{Access, Store, Tx};
use crate::domain::id::UserId;
use crate::domain::user::{Membership, PasswordHash, User, UserName};

/// Whose password is about to be looked at.
#[derive(Clone)]
pub struct Candidate {
    pub id: UserId,
    pub name: UserName,
    /// None while the person has to choose one.
    pub password: Option<PasswordHash>,
}

/// What begins when somebody wants to sign in.
pub enum Attempt {
    /// Nobody has that name.
    Unknown,
    /// Signing in as this user has failed too often; try again then.
    Blocked { user: UserId, until: Timestamp },
    /// The attempt is counted as failed until [`Store::sign_in`].
    Counted(Candidate),
}

impl Store {
    /// Whether there is any user.
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        read_tx!(self, Access::Jobs, tx => any(tx).await)
    }

    /// All users, by name.
    pub async fn list_users(&self) -> Result<Vec<User>, StoreError> {
        read_tx!(self, Access::Jobs, tx => list(tx).await)
    }

    /// Counts an attempt to sign in, before the password is looked at: many guesses at once are not many
    /// free ones. `wait` says how long nobody may try again after so many failures; failures are forgotten
    /// when they are older than `memory`.
    pub async fn begin_attempt(
        &self,
        folded_name: &str,
        now: Timestamp,
        wait: fn(u32) -> Option<SignedDuration>,
        memory: SignedDuration,
    ) -> Result<Attempt, StoreError> {
        write_tx!(self, Access::Jobs, tx => begin(tx, folded_name, now, wait, memory).await)
    }

    /// Opens a session for a user whose password is still this one, and forgets their failures. False, and
    /// no audit record, when it is not.
    pub async fn sign_in(
        &self,
        password: &PasswordHash,
        session: NewSession,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => sign_in(tx, password, &session, &audit).await)
    }

    /// Changes a password that is still `old`, ends all of the user's sessions, and opens a new one. False,
    /// and no audit record, when it is another one.
    pub async fn change_password(
        &self,
        old: &PasswordHash,
        new: &PasswordHash,
        session: NewSession,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => change_password(tx, old, new, &session, &audit).await)
    }

    /// Removes a user with their memberships, sessions and links, and an open invitation with the name. The
    /// audit record gets the user as its subject. False, and no audit record, when there is neither.
    pub async fn remove_user(&self, folded_name: &str, audit: AuditRecord) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => remove(tx, folded_name, &audit).await)
    }
}

pub(super) async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(c).await?);
    Ok(count > 0)
}

async fn begin(
    tx: &mut Tx,
    folded_name: &str,
    now: Timestamp,
    wait: fn(u32) -> Option<SignedDuration>,
    memory: SignedDuration,
) -> Result<Attempt, StoreError> {
    const COUNT: &str = "UPDATE users
         SET failed_sign_ins = CASE WHEN blocked_until <= $3 THEN 1 ELSE failed_sign_ins + 1 END
         WHERE folded_name = $1 AND (blocked_until IS NULL OR blocked_until <= $2)
         RETURNING id, name, password, failed_sign_ins";
    // Changes nothing, and is committed all the same: what an attempt takes must not tell which names exist.
    const AS_LONG: &str = "UPDATE users SET failed_sign_ins = failed_sign_ins
         WHERE id = (SELECT MIN(id) FROM users)";
    const BLOCKED: &str = "SELECT id, blocked_until FROM users WHERE folded_name = $1";
    const BLOCK: &str = "UPDATE users SET blocked_until = $2 WHERE id = $1";
    let counted: Option<(String, String, Option<String>, i64)> = on!(tx, c => sqlx::query_as(COUNT)
        .bind(folded_name)
        .bind(now.as_millisecond())
        .bind((now - memory).as_millisecond())
        .fetch_optional(c).await?);
    let Some((id, name, password, failures)) = counted else {
        let blocked: Option<(String, Option<i64>)> =
            on!(tx, c => sqlx::query_as(BLOCKED).bind(folded_name).fetch_optional(c).await?);
        let Some((id, until)) = blocked else {
            on!(tx, c => sqlx::query(AS_LONG).execute(c).await?.rows_affected());
            return Ok(Attempt::Unknown);
        };
        let place = Place { table: "users", row: &id };
        let until = place.optional_time("blocked_until", until)?.unwrap_or(now);
        return Ok(Attempt::Blocked { user: place.parse("id", &id)?, until });
    };
    let until = wait(u32::try_from(failures).unwrap_or(u32::MAX)).map(|wait| (now + wait).as_millisecond());
    on!(tx, c => sqlx::query(BLOCK).bind(id.as_str()).bind(until).execute(c).await?.rows_affected());
    let place = Place { table: "users", row: &id };
    Ok(Attempt::Counted(Candidate {
        id: place.parse("id", &id)?,
        name: place.parse("name", &name)?,
        password: password.map(PasswordHash::new),
    }))
}

async fn sign_in(
    tx: &mut Tx,
    password: &PasswordHash,
    session: &NewSession,
    record: &AuditRecord,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE users SET failed_sign_ins = 0, blocked_until = NULL
         WHERE id = $1 AND password = $2";
    let found = on!(tx, c => sqlx::query(UPDATE)
        .bind(session.user.as_str())
        .bind(password.as_str())
        .execute(c).await?.rows_affected())
        == 1;
    if found {
        sessions::insert(tx, session).await?;
        audit::insert(tx, record).await?;
    }
    Ok(found)
}

async fn change_password(
    tx: &mut Tx,
    old: &PasswordHash,
    new: &PasswordHash,
    session: &NewSession,
    record: &AuditRecord,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE users SET password = $3, failed_sign_ins = 0, blocked_until = NULL
         WHERE id = $1 AND password = $2";
    let found = on!(tx, c => sqlx::query(UPDATE)
        .bind(session.user.as_str())
        .bind(old.as_str())
        .bind(new.as_str())
        .execute(c).await?.rows_affected())
        == 1;
    if found {
        sessions::delete_all(tx, &session.user).await?;
        sessions::insert(tx, session).await?;
        audit::insert(tx, record).await?;
    }
    Ok(found)
}

async fn remove(tx: &mut Tx, folded_name: &str, record: &AuditRecord) -> Result<bool, StoreError> {
    const DELETE: &str = "DELETE FROM users WHERE folded_name = $1 RETURNING id";
    let id: Option<String> =
        on!(tx, c => sqlx::query_scalar(DELETE).bind(folded_name).fetch_optional(c).await?);
    let withdrawn = on!(tx, c => sqlx::query("DELETE FROM invitations WHERE folded_name = $1")
        .bind(folded_name)
        .execute(c).await?.rows_affected());
    let found = id.is_some() || withdrawn > 0;
    if found {
        audit::insert(tx, &AuditRecord { subject: id, ..record.clone() }).await?;
    }
    Ok(found)
}

/// Writes a membership.
pub(super) async fn insert_membership(
    tx: &mut Tx,
    user: &UserId,
    membership: &Membership,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO memberships (user_id, workspace, rights, created_at) VALUES ($1, $2, $3, $4)";
    let rights = rights_text(membership)?;
    on!(tx, c => sqlx::query(INSERT)
        .bind(user.as_str())
        .bind(membership.workspace.as_str())
        .bind(rights.as_str())
        .bind(now.as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Rights as stored: a JSON list of their names.
pub(super) fn rights_text(membership: &Membership) -> Result<String, StoreError> {
    let names: Vec<&str> = membership.rights.iter().map(|right| right.as_str()).collect();
    to_json(&names)
}

/// A membership as stored.
pub(super) fn read_membership(
    place: &Place<'_>,
    workspace: &str,
    rights: &str,
) -> Result<Membership, StoreError> {
    let names: Vec<String> = place.json("rights", rights)?;
    let rights = names.iter().map(|name| place.parse("rights", name)).collect::<Result<_, _>>()?;
    Ok(Membership { workspace: place.parse("workspace", workspace)?, rights })
}

/// A user's memberships, by workspace.
pub(super) async fn memberships_of(tx: &mut Tx, user: &str) -> Result<Vec<Membership>, StoreError> {
    const SELECT: &str = "SELECT workspace, rights FROM memberships WHERE user_id = $1 ORDER BY workspace";
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(SELECT).bind(user).fetch_all(c).await?);
    let place = Place { table: "memberships", row: &user };
    rows.iter().map(|(workspace, rights)| read_membership(&place, workspace, rights)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    operator: bool,
    has_password: bool,
    created_at: i64,
}

async fn list(tx: &mut Tx) -> Result<Vec<User>, StoreError> {
    const SELECT: &str = "SELECT id, name, operator, password IS NOT NULL AS has_password, created_at
         FROM users ORDER BY folded_name";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT).fetch_all(c).await?);
    let mut users = Vec::with_capacity(rows.len());
    for row in rows {
        let memberships = memberships_of(tx, &row.id).await?;
        let place = Place { table: "users", row: &row.id };
        users.push(User {
            id: place.parse("id", &row.id)?,
            name: place.parse("name", &row.name)?,
            operator: row.operator,
            has_password: row.has_password,
            memberships,
            created_at: place.time("created_at", row.created_at)?,
        });
    }
    Ok(users)
}
