//! What the two databases do differently.

use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};

use super::error::StoreError;

/// Which database is behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One machine: a file beside the service.
    Sqlite,
    /// Many replicas share one server.
    Postgres,
}

/// A write transaction takes SQLite's only write lock at once: a read that is upgraded later would
/// fail with `SQLITE_BUSY` without any waiting when another writer came in between.
pub(super) const BEGIN_SQLITE_WRITE: &str = "BEGIN IMMEDIATE";

/// Reads of several statements shall not see a flow's row as it was and its steps as they are.
pub(super) const BEGIN_POSTGRES_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Each statement sees what was committed before it. What must not change in between is locked.
pub(super) const BEGIN_POSTGRES_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Statements that begin a part of a SQLite transaction and take it back.
#[derive(Clone, Copy)]
pub(super) struct Savepoint {
    pub begin: &'static str,
    pub take_back: &'static str,
}

macro_rules! savepoints {
    ($($name:literal)*) => {
        [$(Savepoint { begin: concat!("SAVEPOINT ", $name), take_back: concat!("ROLLBACK TO ", $name) }),*]
    };
}

/// Of the second and further writers of one commit. Each has a name of its own: to take back a part that
/// never began must fail, and not take back the part before.
pub(super) const SAVEPOINTS: [Savepoint; 32] = savepoints! {
    "w1" "w2" "w3" "w4" "w5" "w6" "w7" "w8" "w9" "w10" "w11" "w12" "w13" "w14" "w15" "w16"
    "w17" "w18" "w19" "w20" "w21" "w22" "w23" "w24" "w25" "w26" "w27" "w28" "w29" "w30" "w31" "w32"
};

/// How long SQLite waits for another process's write lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a call waits for a free connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Names the transaction's workspace and scope to PostgreSQL's row-level security; `true`: until its end.
pub(super) const SET_ACCESS: &str =
    "SELECT set_config('keystead.workspace', $1, true), set_config('keystead.scope', $2, true)";

/// PostgreSQL: takes the row of the flow $2 of the workspace $1.
pub(super) const LOCK_FLOW: &str = "SELECT id FROM flows WHERE workspace = $1 AND id = $2 FOR NO KEY UPDATE";

/// PostgreSQL: takes the rows of all flows that use the credential $2 of the workspace $1, in order.
pub(super) const LOCK_USERS: &str = "SELECT id FROM flows
     WHERE workspace = $1 AND id IN (SELECT flow FROM flow_steps WHERE workspace = $1 AND credential = $2)
     ORDER BY id FOR UPDATE";

/// PostgreSQL: whether the current role passes every policy.
pub(super) const BYPASSES_ROW_SECURITY: &str =
    "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";

/// Sorts an error of either database. SQLite's codes are numbers, those of PostgreSQL are SQLSTATEs of
/// five characters; neither the message nor the detail is told, since they may quote values.
pub(super) fn classify(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().map(|code| code.into_owned()).unwrap_or_default();
    if code.len() == 5 { classify_sqlstate(&code, error) } else { classify_sqlite(&code, error) }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn classify_sqlstate(code: &str, error: &dyn DatabaseError) -> StoreError {
    match code {
        "40001" | "40P01" => StoreError::Contention,
        "25006" => StoreError::Unavailable("PostgreSQL accepts no writes now (25006)".to_owned()),
        "28000" | "28P01" => {
            StoreError::Unusable(format!("PostgreSQL refused the role or its password ({code})"))
        }
        "3D000" => {
            StoreError::Unusable("the PostgreSQL database does not exist (3D000); create it first".to_owned())
        }
        // Connection, resources, operator intervention, system errors; a lock that was not granted.
        _ if ["08", "53", "57", "58"].contains(&code.get(..2).unwrap_or_default()) || code == "55P03" => {
            StoreError::Unavailable(format!("PostgreSQL answered {code}"))
        }
        _ => StoreError::Internal(describe(code, error)),
    }
}

/// <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn classify_sqlite(code: &str, error: &dyn DatabaseError) -> StoreError {
    let full: i32 = code.parse().unwrap_or_default();
    match full & 0xff {
        5 | 6 => StoreError::Unavailable("another process holds the SQLite file locked".to_owned()),
        8 => StoreError::Unavailable("the SQLite file or its folder is read-only".to_owned()),
        10 => StoreError::Unavailable(format!("reading or writing the SQLite file failed ({full})")),
        13 => StoreError::Unavailable("the disk of the SQLite file is full".to_owned()),
        14 => StoreError::Unusable(
            "the SQLite file cannot be opened; check that its folder exists and is writable".to_owned(),
        ),
        11 | 26 => StoreError::Unusable(
            "the SQLite file is damaged or no SQLite file; restore it from a backup".to_owned(),
        ),
        _ => StoreError::Internal(describe(code, error)),
    }
}

fn describe(code: &str, error: &dyn DatabaseError) -> String {
    let kind = match error.kind() {
        ErrorKind::UniqueViolation => "a unique key is taken",
        ErrorKind::ForeignKeyViolation => "a referenced row is missing or still referenced",
        ErrorKind::NotNullViolation => "a value is missing",
        ErrorKind::CheckViolation => "a check failed",
        _ => "error",
    };
    match error.constraint() {
        Some(constraint) => format!("{kind} ({code}, constraint {constraint})"),
        None => format!("{kind} ({code})"),
    }
}

/// The error of a statement whose success was looked at before. A key or a check that refuses it all the
/// same has seen what others did since: to run the whole again tells what to say of that.
pub(super) fn rerun_if_refused(error: sqlx::Error) -> StoreError {
    let refused = |error: &dyn DatabaseError| {
        let code = error.code().unwrap_or_default();
        // Class 23 of PostgreSQL; 19 is SQLite's primary code, also where RESTRICT refuses (as a trigger).
        if code.len() == 5 {
            code.starts_with("23")
        } else {
            code.parse::<i32>().is_ok_and(|code| code & 0xff == 19)
        }
    };
    match error.as_database_error() {
        Some(found) if refused(found) => StoreError::Contention,
        _ => error.into(),
    }
}

/// Whether a statement failed because a row that it names is missing.
pub(super) fn is_missing_reference(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_foreign_key_violation())
}

/// Whether a statement failed because its key is taken.
pub(super) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_transaction_may_see_ends_with_it() {
        // A pooled connection keeps what is set for the session; the third argument keeps it to the transaction.
        assert_eq!(SET_ACCESS.matches("set_config(").count(), 2);
        assert_eq!(SET_ACCESS.matches(", true)").count(), 2);
    }
}
