//! Transactions: which rows they may see, how they begin, and when a write is run again.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, SqlSafeStr as _, SqlitePool};

use super::batch::{SqliteTx, Writers};
use super::dialect::{self, Backend};
use super::error::StoreError;
use crate::domain::id::WorkspaceId;

/// All state of an installation. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) pool: Pool,
}

/// One of the two databases.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite {
        pool: SqlitePool,
        /// This process's writers, who commit together.
        writers: Writers,
    },
    Postgres(PgPool),
}

/// Which rows a transaction may see on PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access<'a> {
    /// Those of one workspace.
    Workspace(&'a WorkspaceId),
    /// Those of no workspace: components, releases, workspaces.
    Installation,
    /// All: authentication, counts over workspaces, records of the installation.
    Jobs,
}

impl<'a> Access<'a> {
    /// One workspace's rows, or the installation's audit and tokens, which belong to no workspace.
    pub(super) fn of(workspace: Option<&'a WorkspaceId>) -> Self {
        workspace.map_or(Self::Jobs, Self::Workspace)
    }

    /// The two settings that the policies read.
    fn settings(self) -> (&'a str, &'static str) {
        match self {
            Self::Workspace(workspace) => (workspace.as_str(), "workspace"),
            Self::Installation => ("", "installation"),
            Self::Jobs => ("", "jobs"),
        }
    }
}

/// An open transaction. Dropped without [`Tx::commit`], it is rolled back.
pub(super) enum Tx {
    Sqlite(SqliteTx),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Runs an expression with the connection of a transaction, compiled once per database.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::transaction::Tx::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::transaction::Tx::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}

/// Runs a call in a read transaction. `?` inside would skip nothing but the closing.
macro_rules! read_tx {
    ($store:expr, $access:expr, $tx:ident => $call:expr) => {{
        let mut transaction = $store.begin_read($access).await?;
        let outcome = {
            let $tx = &mut transaction;
            $call
        };
        transaction.close().await;
        outcome
    }};
}

/// Runs a call in a write transaction and commits when it succeeded. The call is run again, in a new
/// transaction, when another one stood in its way; it must not consume what it uses.
macro_rules! write_tx {
    ($store:expr, $access:expr, $tx:ident => $call:expr) => {{
        let mut attempt = 1;
        loop {
            let mut transaction = $store.begin_write($access).await?;
            let outcome = {
                let $tx = &mut transaction;
                $call
            };
            match transaction.finish(outcome).await {
                Err(error)
                    if $crate::store::transaction::MayContend::is_contention(&error)
                        && $crate::store::transaction::wait_before_retry(attempt).await =>
                {
                    attempt += 1;
                }
                finished => break finished,
            }
        }
    }};
}

/// Errors of writes that may be run again.
pub(super) trait MayContend: From<StoreError> {
    /// Whether others' transactions stood in the way.
    fn is_contention(&self) -> bool;
}

impl MayContend for StoreError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contention)
    }
}

/// How often a write is begun at most.
const MAX_ATTEMPTS: u32 = 10;

/// The longest wait before a write is run again, in milliseconds.
const MAX_WAIT: u64 = 100;

/// Whether the write may be run again after failed attempt number `attempt`; waits a little if so.
pub(super) async fn wait_before_retry(attempt: u32) -> bool {
    if attempt >= MAX_ATTEMPTS {
        return false;
    }
    tokio::time::sleep(Duration::from_millis((5 << attempt).min(MAX_WAIT))).await;
    true
}

impl Store {
    /// Which database it is.
    pub fn backend(&self) -> Backend {
        match self.pool {
            Pool::Sqlite { .. } => Backend::Sqlite,
            Pool::Postgres(_) => Backend::Postgres,
        }
    }

    /// Begins a transaction that only reads, all of it from one snapshot.
    pub(super) async fn begin_read(&self, access: Access<'_>) -> Result<Tx, StoreError> {
        match &self.pool {
            Pool::Sqlite { pool, .. } => Ok(Tx::Sqlite(SqliteTx::Read(pool.begin().await?))),
            Pool::Postgres(pool) => begin_postgres(pool, access, dialect::BEGIN_POSTGRES_READ).await,
        }
    }

    /// The one function through which everything that writes begins.
    pub(super) async fn begin_write(&self, access: Access<'_>) -> Result<Tx, StoreError> {
        match &self.pool {
            Pool::Sqlite { pool, writers } => Ok(Tx::Sqlite(SqliteTx::Write(writers.take_turn(pool).await?))),
            Pool::Postgres(pool) => begin_postgres(pool, access, dialect::BEGIN_POSTGRES_WRITE).await,
        }
    }
}

async fn begin_postgres(pool: &PgPool, access: Access<'_>, begin: &'static str) -> Result<Tx, StoreError> {
    let connection: PoolConnection<Postgres> = pool.acquire().await?;
    let mut transaction = sqlx::Transaction::begin(connection, Some(begin.into_sql_str())).await?;
    let (workspace, scope) = access.settings();
    sqlx::query(dialect::SET_ACCESS).bind(workspace).bind(scope).execute(&mut *transaction).await?;
    Ok(Tx::Postgres(transaction))
}

impl Tx {
    /// Commits what succeeded, rolls back what failed.
    pub(super) async fn finish<T, E: From<StoreError>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => Ok(self.commit().await.map(|()| value)?),
            Err(error) => {
                self.roll_back().await?;
                Err(error)
            }
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }

    /// Ends a transaction that has only read. A failure of that leaves nothing behind: the connection is
    /// given up then.
    pub(super) async fn close(self) {
        if self.roll_back().await.is_err() {
            tracing::debug!("a database transaction could not be rolled back; its connection is closed");
        }
    }

    /// # Errors
    /// On SQLite, where what the transaction has seen was not committed by those who wrote it. A failure
    /// of PostgreSQL is none: the connection is given up, and the transaction with it.
    async fn roll_back(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => {
                if transaction.rollback().await.is_err() {
                    tracing::debug!("a transaction could not be rolled back; its connection is closed");
                }
                Ok(())
            }
        }
    }
}
