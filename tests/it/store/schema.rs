//! Migrations.

use keystead::store::{Store, StoreError};

use super::samples;
use crate::harness::databases::{Backend, empty, on_both_databases};

on_both_databases! {
    async fn migrating_again_changes_nothing(db: Database) {
        samples::install(&db.store).await;
        db.store.migrate().await.unwrap();
        db.store.check_schema().await.unwrap();
        assert_eq!(db.store.list_components().await.unwrap().len(), 1);
        assert_eq!(db.number("SELECT COUNT(*) FROM workspaces").await, 1);
    }

    async fn processes_that_migrate_together_migrate_once(db: Database) {
        let db = empty(db.backend).await;
        let others: Vec<Store> = vec![Store::open(&db.url).await.unwrap(), Store::open(&db.url).await.unwrap()];
        let (one, two, three) = tokio::join!(db.store.migrate(), others[0].migrate(), others[1].migrate());
        one.unwrap();
        two.unwrap();
        three.unwrap();
        db.store.check_schema().await.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM workspaces").await, 1);
    }

    async fn tables_that_are_missing_are_told_with_what_to_do(db: Database) {
        let db = empty(db.backend).await;
        let error = db.store.check_schema().await.unwrap_err();
        assert!(matches!(error, StoreError::Schema(_)), "{error}");
        assert!(error.to_string().contains("keystead migrate"), "{error}");
    }

    async fn tables_of_a_newer_program_are_left_alone(db: Database) {
        db.sql("INSERT INTO _sqlx_migrations SELECT 9999, 'newer', installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1").await.unwrap();
        for error in [db.store.check_schema().await.unwrap_err(), db.store.migrate().await.unwrap_err()] {
            assert!(matches!(error, StoreError::Schema(_)), "{error}");
            assert!(error.to_string().contains("9999"), "{error}");
        }
        // The failed migration left no lock behind.
        db.sql("DELETE FROM _sqlx_migrations WHERE version = 9999").await.unwrap();
        db.store.migrate().await.unwrap();
    }

    async fn a_changed_migration_is_told(db: Database) {
        db.sql("UPDATE _sqlx_migrations SET checksum = '\\x00'").await.ok();
        db.sql("UPDATE _sqlx_migrations SET checksum = x'00'").await.ok();
        for error in [db.store.check_schema().await.unwrap_err(), db.store.migrate().await.unwrap_err()] {
            assert!(matches!(error, StoreError::Schema(_)), "{error}");
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |backend: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/").to_owned() + backend;
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn a_database_in_memory_keeps_its_tables() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    store.check_schema().await.unwrap();
    assert_eq!(store.list_workspaces().await.unwrap().len(), 1);
    assert_eq!(store.backend(), Backend::Sqlite);
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    for url in ["mysql://localhost/x", "", "keystead.db", "postgres://[bad"] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Unusable(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable_and_its_password_is_not_shown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error =
        Store::open(&format!("postgres://keystead:canary@127.0.0.1:{port}/keystead")).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}
