//! The migration to flows over a database that holds credentials already.

use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::counts::MISCOUNTED;
use super::rows::{component, credential, run};
use crate::harness::databases::{Backend, Database, empty, on_both_databases};

/// The last migration that knows no flows.
const BEFORE_FLOWS: i64 = 2;

/// Makes the tables as they were before there were flows.
async fn migrate_until_flows(db: &Database) {
    let folder = match db.backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
    };
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
    let migrator = Migrator::new(folder).await.unwrap();
    match db.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&db.url).await.unwrap();
            migrator.run_to(BEFORE_FLOWS, &mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&db.url).await.unwrap();
            migrator.run_to(BEFORE_FLOWS, &mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

on_both_databases! {
    async fn credentials_that_are_there_are_counted_in_every_workspace(db: Database) {
        let db = empty(db.backend).await;
        migrate_until_flows(&db).await;
        assert!(db.sql("SELECT 1 FROM flows").await.is_err());
        run(&db, "INSERT INTO workspaces (id, created_at) VALUES ('other', 0)").await;
        component(&db, "petstore", true).await;
        component(&db, "shop", true).await;
        component(&db, "clock", false).await;
        for (workspace, component, id, status) in [
            ("default", "petstore", "a1", "verified"),
            ("default", "petstore", "b1", "rejected"),
            ("default", "petstore", "c2", "unverified"),
            ("default", "shop", "d1", "verified"),
            ("other", "petstore", "e1", "reauthorization_required"),
            ("other", "petstore", "f1", "verified"),
        ] {
            run(&db, &credential(db.backend, workspace, component, id, status)).await;
        }
        db.store.migrate().await.unwrap();
        db.store.check_schema().await.unwrap();
        assert_eq!(db.number(MISCOUNTED).await, 0);
        for (workspace, component, slot, total, attention) in [
            ("default", "petstore", 1, 2, 1),
            ("default", "petstore", 2, 1, 1),
            ("default", "shop", 1, 1, 0),
            ("other", "petstore", 1, 2, 1),
        ] {
            let exactly = format!(
                "SELECT COUNT(*) FROM credential_counts WHERE workspace = '{workspace}' AND component = '{component}'
                 AND slot = '{slot}' AND total = {total} AND attention = {attention}"
            );
            assert_eq!(db.number(&exactly).await, 1, "{exactly}");
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM credential_counts").await, 4);
        // From here on the triggers count.
        run(&db, "UPDATE credentials SET status = 'verified'").await;
        run(&db, "DELETE FROM credentials WHERE id = 'f1'").await;
        assert_eq!(db.number(MISCOUNTED).await, 0);
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials WHERE last_used_at IS NULL").await, 5);
    }

    async fn an_installation_without_credentials_begins_without_counts(db: Database) {
        let db = empty(db.backend).await;
        migrate_until_flows(&db).await;
        db.store.migrate().await.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM credential_counts").await, 0);
        component(&db, "petstore", true).await;
        run(&db, &credential(db.backend, "default", "petstore", "first", "unverified")).await;
        assert_eq!(db.number(MISCOUNTED).await, 0);
    }
}
