//! Opening a database: pools, pragmas, and files that nobody else may read.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::batch::Writers;
use super::dialect::{self, ACQUIRE_TIMEOUT, BUSY_TIMEOUT};
use super::error::StoreError;
use super::transaction::{Pool, Store};

/// Connections of one process: readers on SQLite, sessions on PostgreSQL.
const MAX_CONNECTIONS: u32 = 10;

/// How long an idle connection to PostgreSQL is taken for alive without being asked.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

impl Store {
    /// Opens the database at a URL: `sqlite:///path/to/keystead.db`, `sqlite::memory:` or
    /// `postgres://user:password@host/database`. A missing SQLite file is made with mode 0600, a missing
    /// folder with 0700. Changes no table; see [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Unusable`] for a URL or file that cannot be used, [`StoreError::Unavailable`] when
    /// the server cannot be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            open_sqlite(url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url).await
        } else {
            Err(StoreError::Unusable(
                "the database URL has to begin with `sqlite:`, as in `sqlite:///var/lib/keystead/keystead.db`, or `postgres:`".to_owned(),
            ))
        }
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: i32 = match &self.pool {
            Pool::Sqlite { pool, .. } => sqlx::query_scalar("SELECT 1").fetch_one(pool).await?,
            Pool::Postgres(pool) => sqlx::query_scalar("SELECT 1").fetch_one(pool).await?,
        };
        Ok(())
    }

    /// Whether the login role passes row-level security: a superuser or one with `BYPASSRLS`. The second
    /// wall between workspaces is missing then, and the operator has to be told. Never on SQLite, which
    /// has no roles.
    pub async fn bypasses_row_security(&self) -> Result<bool, StoreError> {
        match &self.pool {
            Pool::Sqlite { .. } => Ok(false),
            Pool::Postgres(pool) => {
                Ok(sqlx::query_scalar(dialect::BYPASSES_ROW_SECURITY).fetch_one(pool).await?)
            }
        }
    }

    /// Waits for running calls and closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { pool, .. } => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str) -> Result<Store, StoreError> {
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let options = SqliteConnectOptions::from_str(url)?;
    if !in_memory {
        create_privately(options.get_filename())?;
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What is deleted is overwritten, sealed or not.
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    // A connection to a file does not break while it lies in the pool.
    let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
    // A database in memory lives as long as its one connection.
    let pool = if in_memory {
        pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
    } else {
        pool.max_connections(MAX_CONNECTIONS)
    };
    let pool = pool.connect_with(options).await?;
    Ok(Store { pool: Pool::Sqlite { pool, writers: Writers::default() } })
}

async fn open_postgres(url: &str) -> Result<Store, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("keystead").disable_statement_logging();
    reach(&options).await?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_connections(MAX_CONNECTIONS)
        // Asking a connection whether it lives costs a round trip; one that was just used need not be asked.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?;
    Ok(Store { pool: Pool::Postgres(pool) })
}

/// Connects once without the pool, which would try again until its time is over and then not tell why.
async fn reach(options: &PgConnectOptions) -> Result<(), StoreError> {
    let place = || format!("PostgreSQL at {}:{}", options.get_host(), options.get_port());
    match tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(sqlx::Error::Io(error))) => {
            Err(StoreError::Unavailable(format!("cannot connect to {}: {error}", place())))
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => {
            let seconds = ACQUIRE_TIMEOUT.as_secs();
            Err(StoreError::Unavailable(format!("{} did not answer within {seconds} seconds", place())))
        }
    }
}

/// Makes a missing database file readable by its owner alone; SQLite gives its journals the same mode.
fn create_privately(file: &Path) -> Result<(), StoreError> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| unusable("make the folder", folder, &error))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable("make the database file", file, &error)),
    }
}

fn unusable(attempt: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unusable(format!(
        "cannot {attempt} {}: {error}; choose another with --data-dir or --database-url",
        path.display()
    ))
}
