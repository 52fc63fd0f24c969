//! What can go wrong with a database. Messages never hold the values of parameters.

use std::fmt::Display;

/// A database call that did not do what was asked. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or has no room now. Trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Others' transactions stood in the way, even when the work was run again.
    #[error("the database is busy with conflicting changes; try again")]
    Contention,
    /// What was asked does not fit what is stored. The sentence names both sides.
    #[error("{0}")]
    Conflict(String),
    /// A stored value that this program did not write.
    #[error(
        "the stored value in column `{column}` of table `{table}`, row `{row}`, cannot be read; restore it from a backup"
    )]
    Corrupt { table: &'static str, column: String, row: String },
    /// The tables are not those of this program.
    #[error("{0}")]
    Schema(String),
    /// The address of the database or its folder cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// A fault of ours: the statement and the tables do not fit each other.
    #[error("the database refused a statement: {0}")]
    Internal(String),
}

impl StoreError {
    /// Whether trying again later may help; an HTTP client is told 503 then.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contention)
    }

    /// A value that cannot be read, with its coordinates.
    pub(super) fn corrupt(table: &'static str, column: impl Into<String>, row: impl Display) -> Self {
        Self::Corrupt { table, column: column.into(), row: row.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => super::dialect::classify(error.as_ref()),
            sqlx::Error::Io(error) => Self::Unavailable(format!("the connection failed: {}", error.kind())),
            sqlx::Error::Tls(_) => Self::Unavailable("the TLS handshake with the database failed".to_owned()),
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection became free in time".to_owned()),
            sqlx::Error::PoolClosed => Self::Unavailable("the service is stopping".to_owned()),
            sqlx::Error::WorkerCrashed => Self::Unavailable("the database thread ended".to_owned()),
            sqlx::Error::Configuration(_) => Self::Unusable(
                "the database URL cannot be read; it looks like `sqlite:///var/lib/keystead/keystead.db` or `postgres://user@host/database`".to_owned(),
            ),
            sqlx::Error::Protocol(_) => Self::Unavailable("the connection's protocol was broken".to_owned()),
            sqlx::Error::ColumnDecode { index, .. } => Self::Internal(format!("column {index} has an unexpected type")),
            // Other kinds may quote what was sent: only the variant is told.
            other => Self::Internal(variant_name(&other).to_owned()),
        }
    }
}

fn variant_name(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::RowNotFound => "a row that must exist is missing",
        sqlx::Error::TypeNotFound { .. } => "a column type is unknown",
        sqlx::Error::ColumnIndexOutOfBounds { .. } | sqlx::Error::ColumnNotFound(_) => "a column is missing",
        sqlx::Error::Encode(_) => "a value cannot be encoded",
        sqlx::Error::Decode(_) => "a value cannot be decoded",
        sqlx::Error::BeginFailed | sqlx::Error::InvalidSavePointStatement => "a transaction did not begin",
        _ => "an unexpected answer of the driver",
    }
}
