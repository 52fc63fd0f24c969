//! A look at a database that changes nothing: for the doctor, beside a running service or without one.

use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqlitePool};

use super::batch::Writers;
use super::dialect::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT};
use super::error::StoreError;
use super::transaction::{Access, Pool, Store};

/// The version of SQLite's file format for databases with a write-ahead log: byte 18 of the file
/// (<https://www.sqlite.org/fileformat.html>, 1.3.3).
const WAL_FORMAT: u8 = 2;

/// Faults that one look tells of.
const FAULTS: u32 = 10;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Such as `SQLite 3.50.2` or `PostgreSQL 17.5`.
    pub version: String,
    /// What keeps acknowledged data: name, value, and the value that it should have.
    pub durability: Vec<(&'static str, String, &'static str)>,
    /// Damage, in the database's words. Only SQLite is asked; a server looks after its own pages.
    pub faults: Vec<String>,
    /// The database server's clock; none on SQLite, which has none of its own.
    pub clock: Option<Timestamp>,
}

impl Store {
    /// Opens a database to read it. No file is made, no table and no row; a service may go on meanwhile.
    ///
    /// # Errors
    /// As for [`Store::open`]; also when a SQLite file does not exist.
    pub async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?;
            // Where there is no log, nobody has the file open; SQLite would make one to read it.
            let mut log = options.get_filename().as_os_str().to_owned();
            log.push("-wal");
            let is_at_rest = !Path::new(&log).exists();
            let options = options
                .read_only(true)
                .immutable(is_at_rest)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .disable_statement_logging();
            let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).max_connections(1);
            let pool = pool.connect_with(options).await?;
            return Ok(Self { pool: Pool::Sqlite { pool, writers: Writers::default() } });
        }
        let options = PgConnectOptions::from_str(url)?
            .application_name("keystead-doctor")
            .options([("default_transaction_read_only", "on")])
            .disable_statement_logging();
        let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).max_connections(1);
        Ok(Self { pool: Pool::Postgres(pool.connect_with(options).await?) })
    }

    /// Looks at version, durability, damage and clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn examine(&self) -> Result<Examination, StoreError> {
        match &self.pool {
            Pool::Sqlite { pool, .. } => examine_sqlite(pool).await,
            Pool::Postgres(pool) => examine_postgres(pool).await,
        }
    }

    /// The time of the newest audit record: no clock should be behind it.
    ///
    /// # Errors
    /// When the database does not answer, or has no tables yet.
    pub async fn newest_record(&self) -> Result<Option<Timestamp>, StoreError> {
        let newest: Option<i64> = read_tx!(self, Access::Jobs, tx => {
            on!(tx, c => sqlx::query_scalar("SELECT max(at) FROM audit").fetch_one(c).await).map_err(StoreError::from)
        })?;
        Ok(newest.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }
}

async fn examine_sqlite(pool: &SqlitePool) -> Result<Examination, StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await?;
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(pool).await?;
    let mut faults: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("PRAGMA quick_check({FAULTS})")))
            .fetch_all(pool)
            .await?;
    faults.retain(|fault| fault != "ok");
    let dangling: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check").fetch_one(pool).await?;
    if dangling > 0 {
        faults.push(format!("{dangling} rows refer to rows that are missing"));
    }
    let word = |is_on: bool| if is_on { "on" } else { "off" }.to_owned();
    Ok(Examination {
        version: format!("SQLite {version}"),
        durability: vec![
            ("journal", journal(&pool.connect_options()), "wal"),
            (
                "synchronous",
                if synchronous == 2 { "full".to_owned() } else { synchronous.to_string() },
                "full",
            ),
            ("foreign keys", word(foreign_keys == 1), "on"),
        ],
        faults,
        clock: None,
    })
}

/// The kind of journal, as the file itself says: a database that is read without its log has none.
fn journal(options: &SqliteConnectOptions) -> String {
    let mut header = [0; 20];
    let read = std::fs::File::open(options.get_filename()).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) if header[18] == WAL_FORMAT => "wal".to_owned(),
        Ok(()) => "rollback".to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}

async fn examine_postgres(pool: &PgPool) -> Result<Examination, StoreError> {
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(pool).await?;
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(pool).await?;
    let commit: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(pool).await?;
    let clock: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        .fetch_one(pool)
        .await?;
    // `remote_apply` and the like promise more than `on`.
    let commit = if ["off", "local"].contains(&commit.as_str()) { commit } else { "on".to_owned() };
    Ok(Examination {
        version: format!("PostgreSQL {version}"),
        durability: vec![("fsync", fsync, "on"), ("synchronous_commit", commit, "on")],
        faults: Vec::new(),
        clock: Timestamp::from_millisecond(clock).ok(),
    })
}
