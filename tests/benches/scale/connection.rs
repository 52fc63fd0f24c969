//! Statements past the store: for seeding, sampling and plans.

use keystead::store::Backend;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

/// A connection to either database, which sees every workspace.
pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    pub async fn open(backend: Backend, url: &str) -> Self {
        match backend {
            Backend::Sqlite => {
                let mut connection = Self::Sqlite(SqliteConnection::connect(url).await.unwrap());
                connection.run("PRAGMA foreign_keys = ON").await;
                connection
            }
            Backend::Postgres => {
                let mut connection = Self::Postgres(PgConnection::connect(url).await.unwrap());
                connection.run("SET keystead.scope = 'jobs'").await;
                connection
            }
        }
    }

    /// Runs statements of this bench's own making; tells how many rows they changed.
    pub async fn run(&mut self, sql: &str) -> u64 {
        let told = match self {
            Self::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|done| done.rows_affected())
            }
            Self::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|done| done.rows_affected())
            }
        };
        told.unwrap_or_else(|error| panic!("{error}, in: {sql}"))
    }

    /// The one number that a query answers with.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let told = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await,
        };
        told.unwrap_or_else(|error| panic!("{error}, in: {sql}"))
    }

    /// A column of texts, by its place.
    pub async fn texts(&mut self, sql: &str, column: usize) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
                Ok(rows.iter().map(|row| row.get(column)).collect())
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
                Ok(rows.iter().map(|row| row.get(column)).collect())
            }
        }
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
