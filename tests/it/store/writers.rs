//! Many writers at once.

use keystead::domain::credential::Status;
use keystead::store::{KEPT_VERIFICATIONS, Store};

use super::samples::{self, NOW, audit, now, verification, workspace};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn no_write_of_many_is_lost(db: Database) {
        samples::install(&db.store).await;
        // A second process, as far as the database can tell.
        let other = Store::open(&db.url).await.unwrap();
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let store = if number % 2 == 0 { db.store.clone() } else { other.clone() };
                tokio::spawn(async move { samples::insert(&store, &workspace("default")).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials").await, 40);
        assert_eq!(db.number("SELECT COUNT(*) FROM verifications").await, 40);
        assert_eq!(db.number("SELECT COUNT(*) FROM audit WHERE action = 'credential.create'").await, 40);
    }

    async fn verifications_of_one_credential_at_once_keep_the_last_twenty(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let id = samples::insert(&db.store, &default).await.credential.id;
        let tasks: Vec<_> = (1..=30)
            .map(|number| {
                let (store, id) = (db.store.clone(), id.clone());
                tokio::spawn(async move {
                    let default = workspace("default");
                    let record = audit(Some(&default), "credential.verify");
                    let one = verification(NOW + number);
                    let (status, at) = (Status::Verified, Some(now()));
                    store.record_verification(&default, &id, 1, status, None, at, one, record).await.unwrap()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap());
        }
        let kept = db.store.list_verifications(&default, &id).await.unwrap();
        assert_eq!(kept.len(), KEPT_VERIFICATIONS as usize);
    }

    async fn a_write_that_is_given_up_leaves_nothing_and_blocks_nobody(db: Database) {
        samples::install(&db.store).await;
        for _ in 0..20 {
            let store = db.store.clone();
            let task = tokio::spawn(async move { samples::insert(&store, &workspace("default")).await });
            tokio::task::yield_now().await;
            task.abort();
            let _ = task.await;
        }
        samples::insert(&db.store, &workspace("default")).await;
        let credentials = db.number("SELECT COUNT(*) FROM credentials").await;
        assert_eq!(db.number("SELECT COUNT(*) FROM audit WHERE action = 'credential.create'").await, credentials);
    }
}
