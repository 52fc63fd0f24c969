//! Many writers at once.

use keystead::domain::credential::Status;
use keystead::store::{Finding, KEPT_VERIFICATIONS, Store};

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

    async fn writers_who_fail_or_are_given_up_take_nobody_with_them(db: Database) {
        samples::install(&db.store).await;
        let taken = samples::insert(&db.store, &workspace("default")).await;
        let tasks: Vec<_> = (0..120)
            .map(|number| {
                let (store, taken) = (db.store.clone(), taken.clone());
                tokio::spawn(async move {
                    let default = workspace("default");
                    let record = audit(Some(&default), "credential.create");
                    match number % 3 {
                        // Its row is written before the audit record of the same id fails.
                        0 => {
                            let new = samples::credential(&default);
                            let twice = record.clone();
                            store.record_audit(twice).await.unwrap();
                            store.insert_credential(new.clone(), record).await.unwrap_err();
                            assert!(store.find_credential(&default, &new.credential.id).await.unwrap().is_none());
                            None
                        }
                        1 => {
                            store.insert_credential(taken, record).await.unwrap_err();
                            None
                        }
                        _ => {
                            let new = samples::credential(&default);
                            store.insert_credential(new.clone(), record).await.unwrap();
                            // What is acknowledged is there, for every connection.
                            assert!(store.find_credential(&default, &new.credential.id).await.unwrap().is_some());
                            Some(new.credential.id)
                        }
                    }
                })
            })
            .collect();
        let given_up = db.store.clone();
        let impatient = tokio::spawn(async move {
            for _ in 0..200 {
                let insert = async { drop(samples::insert(&given_up, &workspace("default")).await) };
                let _ = tokio::time::timeout(std::time::Duration::from_micros(300), insert).await;
            }
        });
        let mut kept = 0;
        for task in tasks {
            kept += i64::from(task.await.unwrap().is_some());
        }
        impatient.await.unwrap();
        assert_eq!(kept, 40);
        let credentials = db.number("SELECT COUNT(*) FROM credentials").await;
        assert!(credentials > kept);
        // 40 records of the writers who failed with a second one, else one for each credential.
        let records = db.number("SELECT COUNT(*) FROM audit WHERE action = 'credential.create'").await;
        assert_eq!(records, credentials + 40);
        let verifications = db.number("SELECT COUNT(*) FROM verifications").await;
        assert_eq!(verifications, credentials);
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
                    store.record_verification(&default, &id, Finding { version: 1, status, account: None, verified_at: at, verification: one }, record).await.unwrap()
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
