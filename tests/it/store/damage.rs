//! Rows that this program did not write are told with their coordinates, and never with their values.

use keystead::store::{ListFilter, StoreError};

use super::samples::{self, now, workspace};
use crate::harness::databases::on_both_databases;

fn assert_corrupt(error: &StoreError, table: &str, column: &str, row: &str) {
    let StoreError::Corrupt { table: a, column: b, row: c } = error else { panic!("{error}") };
    assert_eq!((*a, b.as_str(), c.as_str()), (table, column, row));
    assert!(!error.to_string().contains("nonsense"), "{error}");
}

on_both_databases! {
    async fn a_damaged_credential_is_named(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let id = samples::insert(&db.store, &default).await.credential.id;
        for column in ["public_fields", "secrets", "destinations"] {
            let before = format!("UPDATE credentials SET {column} = 'nonsense'");
            db.sql(&before).await.unwrap();
            let error = db.store.find_credential(&default, &id).await.unwrap_err();
            assert_corrupt(&error, "credentials", column, id.as_str());
            let error = db.store.find_sealed(&default, &id).await.err().unwrap();
            assert_corrupt(&error, "credentials", column, id.as_str());
            let filter = ListFilter { limit: 10, ..ListFilter::default() };
            let error = db.store.list_credentials(&default, filter).await.unwrap_err();
            assert_corrupt(&error, "credentials", column, id.as_str());
            let repaired = if column == "public_fields" { "{}" } else { "[]" };
            db.sql(&format!("UPDATE credentials SET {column} = '{repaired}'")).await.unwrap();
        }
    }

    async fn a_time_beyond_all_calendars_is_named(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let id = samples::insert(&db.store, &default).await.credential.id;
        db.sql("UPDATE credentials SET updated_at = 9000000000000000000").await.unwrap();
        let error = db.store.find_credential(&default, &id).await.unwrap_err();
        assert_corrupt(&error, "credentials", "updated_at", id.as_str());
    }

    async fn damaged_evidence_is_named(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        db.sql("UPDATE verifications SET evidence = 'nonsense'").await.unwrap();
        let error = db.store.list_verifications(&default, &new.credential.id).await.unwrap_err();
        assert_corrupt(&error, "verifications", "evidence", new.verification.id.as_str());
    }

    async fn a_token_with_an_unknown_right_opens_nothing(db: Database) {
        let new = samples::token(keystead::domain::rights::Scope::Installation, 7);
        let id = new.id.clone();
        db.store.insert_token(new, samples::audit(None, "token.create")).await.unwrap();
        db.sql("UPDATE api_tokens SET rights = '[\"operator\", \"nonsense\"]'").await.unwrap();
        let error = db.store.find_token(&[7; 32], now()).await.unwrap_err();
        assert_corrupt(&error, "api_tokens", "rights", id.as_str());
    }

    async fn a_damaged_release_is_named(db: Database) {
        samples::install(&db.store).await;
        db.sql("UPDATE releases SET sentences = 'nonsense'").await.unwrap();
        let error = db.store.list_releases(&"petstore".parse().unwrap()).await.unwrap_err();
        assert_corrupt(&error, "releases", "sentences", &format!("petstore {}", samples::digest('a')));
    }
}
