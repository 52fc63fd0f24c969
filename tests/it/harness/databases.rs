//! A fresh database for each test, on SQLite and on PostgreSQL.

use keystead::store::Store;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

use super::postgres::{self, PostgresDatabase};

pub use keystead::store::Backend;

/// A database that belongs to one test.
pub struct Database {
    pub backend: Backend,
    /// What `--database-url` would be.
    pub url: String,
    pub store: Store,
    pub guard: Guard,
}

/// What goes when the test ends.
pub enum Guard {
    Folder(tempfile::TempDir),
    Postgres(PostgresDatabase),
    /// Another value has it.
    Elsewhere,
}

/// A migrated database.
pub async fn fresh(backend: Backend) -> Database {
    let database = make(backend, true).await;
    if backend == Backend::Sqlite {
        database.store.migrate().await.unwrap();
    }
    database
}

/// A database without any table.
pub async fn empty(backend: Backend) -> Database {
    make(backend, false).await
}

async fn make(backend: Backend, is_migrated: bool) -> Database {
    let (url, guard) = match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            (format!("sqlite://{}/keystead.db", folder.path().display()), Guard::Folder(folder))
        }
        Backend::Postgres => {
            let database = postgres::create(is_migrated).await;
            (database.url.clone(), Guard::Postgres(database))
        }
    };
    let store = Store::open(&url).await.unwrap();
    Database { backend, url, store, guard }
}

impl Database {
    /// Runs statements past the store, on a connection of their own, as the service's role. On PostgreSQL
    /// they see every workspace.
    pub async fn sql(&self, statements: &str) -> Result<u64, sqlx::Error> {
        match self.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await?;
                let outcome = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
                connection.close().await?;
                Ok(outcome?.rows_affected())
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sqlx::raw_sql("SET keystead.scope = 'jobs'").execute(&mut connection).await?;
                Ok(sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?.rows_affected())
            }
        }
    }

    /// How the database would answer a query, as text; on PostgreSQL as if tables were too large to be read whole.
    pub async fn plan(&self, query: &str) -> String {
        let lines: Vec<String> = match self.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                let query = format!("EXPLAIN QUERY PLAN {query}");
                let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get(3)).collect()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                let settings = "SET keystead.scope = 'jobs'; SET enable_seqscan = off";
                sqlx::raw_sql(settings).execute(&mut connection).await.unwrap();
                let query = format!("EXPLAIN {query}");
                let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        };
        lines.join("\n")
    }

    /// The number that a query answers with, asked past the store as in [`Database::sql`].
    pub async fn number(&self, query: &str) -> i64 {
        match self.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql("SET keystead.scope = 'jobs'").execute(&mut connection).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

/// Expands each test into one on SQLite (`mod sqlite`) and one on PostgreSQL (`mod postgres`), each with
/// a fresh, migrated database. Once per module.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Database) $body:block)*) => {
        mod cases {
            use super::*;
            $($(#[$meta])* pub(super) async fn $name($db: $crate::harness::databases::Database) $body)*
        }
        mod sqlite {
            use $crate::harness::databases::{Backend, fresh};
            $(#[tokio::test] async fn $name() { super::cases::$name(fresh(Backend::Sqlite).await).await })*
        }
        mod postgres {
            use $crate::harness::databases::{Backend, fresh};
            $(#[tokio::test] async fn $name() { super::cases::$name(fresh(Backend::Postgres).await).await })*
        }
    };
}

pub(crate) use on_both_databases;
