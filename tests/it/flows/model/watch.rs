//! What the tables hold, asked past the service while it works.

use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::site::Site;
use crate::harness::databases::Backend;

/// How many steps are as none may ever be: of no flow or component, at odds with what these say of themselves, with a
/// credential that is not there or is of another component or workspace, or without the one that an active flow needs.
pub const BROKEN: &str = "SELECT COUNT(*) FROM flow_steps s
    LEFT JOIN flows f ON f.workspace = s.workspace AND f.id = s.flow
    LEFT JOIN components m ON m.id = s.component
    LEFT JOIN credentials c ON c.workspace = s.workspace AND c.id = s.credential
    WHERE f.id IS NULL OR m.id IS NULL OR f.active <> s.flow_active OR m.needs_credential <> s.needs_credential
        OR (s.credential IS NOT NULL AND (c.id IS NULL OR c.component <> s.component))
        OR (f.active AND m.needs_credential AND s.credential IS NULL)";

/// A connection of its own, which sees all workspaces.
pub enum Watch {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Watch {
    /// Connects to a site's database.
    pub async fn connect(site: &Site) -> Self {
        match site.backend {
            Backend::Sqlite => Self::Sqlite(SqliteConnection::connect(&site.database_url).await.unwrap()),
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&site.database_url).await.unwrap();
                sqlx::raw_sql("SET keystead.scope = 'jobs'").execute(&mut connection).await.unwrap();
                Self::Postgres(connection)
            }
        }
    }

    /// The number that a query answers with.
    pub async fn number(&mut self, query: &'static str) -> i64 {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(query).fetch_one(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(query).fetch_one(connection).await.unwrap(),
        }
    }

    /// Deadlocks that the database has ended; none where there are none.
    pub async fn deadlocks(&mut self) -> i64 {
        match self {
            Self::Sqlite(_) => 0,
            Self::Postgres(_) => {
                self.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
            }
        }
    }
}
