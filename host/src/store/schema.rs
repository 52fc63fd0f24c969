//! The tables: bringing them up to date, and telling when they are not.

use sqlx::migrate::{Migrate, MigrateError, Migrator};

use super::error::StoreError;
use super::transaction::{Pool, Store};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The table in which sqlx notes what was applied.
const APPLIED: &str = "_sqlx_migrations";

impl Store {
    /// Applies the missing migrations, each at most once, also when several processes start together.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the tables were made by a newer or a changed program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.pool {
            // One write transaction around all: SQLite has no lock of its own for migrations.
            Pool::Sqlite { pool, writers } => {
                let _alone = writers.exclude().await;
                let mut transaction = pool.begin_with(super::dialect::BEGIN_SQLITE_WRITE).await?;
                SQLITE.run_direct(None, &mut *transaction, false).await.map_err(explain)?;
                transaction.commit().await?;
            }
            // sqlx holds an advisory lock of the session: after a failure only its end releases it.
            Pool::Postgres(pool) => {
                let mut connection = pool.acquire().await?.detach();
                let outcome = POSTGRES.run_direct(None, &mut connection, false).await;
                sqlx::Connection::close(connection).await?;
                outcome.map_err(explain)?;
            }
        }
        Ok(())
    }

    /// Checks without changing anything that the tables are exactly those of this program.
    ///
    /// # Errors
    /// [`StoreError::Schema`] with what to do.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        match &self.pool {
            Pool::Sqlite { pool, .. } => {
                let mut connection = pool.acquire().await?;
                compare(&SQLITE, &mut *connection).await
            }
            Pool::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                compare(&POSTGRES, &mut *connection).await
            }
        }
    }
}

async fn compare(migrator: &Migrator, connection: &mut impl Migrate) -> Result<(), StoreError> {
    let Ok(applied) = connection.list_applied_migrations(APPLIED).await else {
        return Err(StoreError::Schema(
            "the database has no tables of Keystead yet; run `keystead migrate`".to_owned(),
        ));
    };
    let known: Vec<_> = migrator.iter().collect();
    for one in &applied {
        match known.iter().find(|migration| migration.version == one.version) {
            None => return Err(explain(MigrateError::VersionMissing(one.version))),
            Some(migration) if migration.checksum != one.checksum => {
                return Err(explain(MigrateError::VersionMismatch(one.version)));
            }
            Some(_) => {}
        }
    }
    match known.iter().find(|migration| applied.iter().all(|one| one.version != migration.version)) {
        None => Ok(()),
        Some(missing) => Err(StoreError::Schema(format!(
            "the database lacks migration {} ({}); run `keystead migrate`",
            missing.version, missing.description
        ))),
    }
}

fn explain(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) if is_forbidden(&error) => {
            StoreError::Schema(
                "the PostgreSQL role may not create tables here: it must own the database (ALTER DATABASE … OWNER \
                 TO …) or have CREATE on the schema"
                    .to_owned(),
            )
        }
        MigrateError::Execute(error) => error.into(),
        MigrateError::ExecuteMigration(error, version) => StoreError::Schema(format!(
            "migration {version} failed and was rolled back: {}",
            StoreError::from(error)
        )),
        MigrateError::VersionMissing(version) => StoreError::Schema(format!(
            "the database holds migration {version}, which this program does not know; run the newer Keystead that made it"
        )),
        MigrateError::VersionMismatch(version) => StoreError::Schema(format!(
            "migration {version} in the database is not the one of this program; run the Keystead that made it"
        )),
        MigrateError::Dirty(version) => StoreError::Schema(format!(
            "migration {version} was applied in part; restore the database from a backup"
        )),
        _ => StoreError::Internal("the migrations cannot be read".to_owned()),
    }
}

/// SQLSTATE `insufficient_privilege`.
fn is_forbidden(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "42501")
}
