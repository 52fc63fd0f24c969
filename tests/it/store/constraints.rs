//! What the tables refuse by themselves, tried in SQL past the store.

use super::samples::{self, digest, workspace};
use crate::harness::databases::{Database, on_both_databases};

async fn is_refused(db: &Database, statement: &str) {
    assert!(db.sql(statement).await.is_err(), "not refused: {statement}");
}

on_both_databases! {
    async fn a_token_is_of_a_workspace_or_of_the_installation(db: Database) {
        let hash = if db.backend == crate::harness::databases::Backend::Sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
        let insert = |kind: &str, workspace: &str, hash: &str| {
            format!("INSERT INTO api_tokens (id, kind, workspace, rights, hash, created_at) VALUES ('t', '{kind}', {workspace}, '[]', {hash}, 0)")
        };
        is_refused(&db, &insert("workspace", "NULL", hash)).await;
        is_refused(&db, &insert("installation", "'default'", hash)).await;
        is_refused(&db, &insert("both", "NULL", hash)).await;
        is_refused(&db, &insert("workspace", "'nowhere'", hash)).await;
        is_refused(&db, &insert("installation", "NULL", "NULL")).await;
        db.sql(&insert("installation", "NULL", hash)).await.unwrap();
        is_refused(&db, &insert("installation", "NULL", hash).replace("'t'", "'u'")).await;
    }

    async fn a_component_has_one_active_release(db: Database) {
        samples::install(&db.store).await;
        let bytes = format!("INSERT INTO release_bytes SELECT '{}', bytes FROM release_bytes", digest('b'));
        db.sql(&bytes).await.unwrap();
        let release = |status: &str| {
            format!("INSERT INTO releases SELECT component, '{}', version, '{status}', descriptor, sentences, installed_at FROM releases", digest('b'))
        };
        is_refused(&db, &release("active")).await;
        is_refused(&db, &release("retired")).await;
        db.sql(&release("inactive")).await.unwrap();
    }

    async fn what_credentials_need_cannot_go(db: Database) {
        samples::install(&db.store).await;
        samples::insert(&db.store, &workspace("default")).await;
        is_refused(&db, "DELETE FROM releases").await;
        is_refused(&db, "DELETE FROM release_bytes").await;
        is_refused(&db, "DELETE FROM components").await;
        is_refused(&db, "DELETE FROM workspaces WHERE id = 'default'").await;
        is_refused(&db, "UPDATE components SET id = 'other'").await;
    }

    async fn values_of_a_credential_are_checked(db: Database) {
        samples::install(&db.store).await;
        samples::insert(&db.store, &workspace("default")).await;
        for change in [
            "status = 'good'",
            "status = NULL",
            "name = ''",
            "version = 0",
            "account_label = NULL",
            "verified_at = NULL",
            "created_at = -1",
            "component = 'other'",
            "workspace = 'other'",
            "release_digest = 'sha256:0'",
            "key_id = ''",
            "record = NULL",
        ] {
            is_refused(&db, &format!("UPDATE credentials SET {change}")).await;
        }
    }

    async fn a_verification_belongs_to_a_credential_of_its_workspace(db: Database) {
        samples::install(&db.store).await;
        samples::make_workspace(&db.store, "other").await;
        samples::insert(&db.store, &workspace("default")).await;
        is_refused(&db, "UPDATE verifications SET workspace = 'other'").await;
        is_refused(&db, "UPDATE verifications SET credential = 'cred_0'").await;
    }

    async fn audit_records_are_never_changed_or_deleted(db: Database) {
        samples::install(&db.store).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM audit").await, 1);
        is_refused(&db, "UPDATE audit SET outcome = 'other'").await;
        is_refused(&db, "DELETE FROM audit").await;
        if db.backend == crate::harness::databases::Backend::Postgres {
            is_refused(&db, "TRUNCATE audit").await;
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM audit WHERE outcome = 'done'").await, 1);
    }

    async fn there_is_one_root_key(db: Database) {
        let check = if db.backend == crate::harness::databases::Backend::Sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
        let insert = |id: u32| format!("INSERT INTO root_key (id, key_id, check_value, created_at) VALUES ({id}, 'k', {check}, 0)");
        db.sql(&insert(1)).await.unwrap();
        is_refused(&db, &insert(1)).await;
        is_refused(&db, &insert(2)).await;
    }
}
