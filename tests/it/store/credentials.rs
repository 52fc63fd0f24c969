//! Credentials: written whole or not at all, and seen only from their workspace.

use keystead::domain::clock::SystemEntropy;
use keystead::domain::credential::{Expected, Status};
use keystead::domain::id::CredentialId;
use keystead::store::{ChangeError, Count, Finding, ListFilter, Position, StoreError};

use super::samples::{self, At, NOW, audit, shown, workspace};
use crate::harness::databases::on_both_databases;

fn all() -> ListFilter {
    ListFilter { limit: 100, ..ListFilter::default() }
}

on_both_databases! {
    async fn a_credential_is_read_as_it_was_written(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let found = db.store.find_credential(&default, &new.credential.id).await.unwrap().unwrap();
        assert_eq!(shown(&found), shown(&new.credential));
        assert_eq!(found.public_fields.keys().collect::<Vec<_>>(), ["z", "baseUrl", "a"]);
        let sealed = db.store.find_sealed(&default, &new.credential.id).await.unwrap().unwrap();
        assert_eq!((sealed.record, sealed.key_id), (new.record, new.key_id));
        assert_eq!(shown(&sealed.credential), shown(&new.credential));
    }

    async fn a_credential_comes_with_its_verification_and_its_audit_record(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let kept = db.store.list_verifications(&default, &new.credential.id).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].evidence, new.verification.evidence);
        let records = db.store.list_audit(Some(&default), 10).await.unwrap();
        assert_eq!(records.iter().map(|record| record.action.as_str()).collect::<Vec<_>>(), ["credential.create"]);
    }

    async fn a_failing_audit_record_stores_nothing(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::credential(&default);
        let mut record = audit(Some(&default), "credential.create");
        record.outcome = String::new();
        let error = db.store.insert_credential(new.clone(), record).await.unwrap_err();
        assert!(matches!(error, ChangeError::Store(StoreError::Internal(_))), "{error}");
        assert!(db.store.find_credential(&default, &new.credential.id).await.unwrap().is_none());
        assert_eq!(db.number("SELECT COUNT(*) FROM verifications").await, 0);
    }

    async fn a_failing_audit_record_deletes_nothing(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let mut record = audit(Some(&default), "credential.delete");
        record.outcome = String::new();
        let any = Expected::Anything;
        db.store.delete_credential(&default, &new.credential.id, &any, record).await.unwrap_err();
        assert!(db.store.find_credential(&default, &new.credential.id).await.unwrap().is_some());
    }

    async fn a_credential_of_an_unknown_component_or_workspace_is_a_conflict(db: Database) {
        let default = workspace("default");
        let record = audit(Some(&default), "credential.create");
        let error = db.store.insert_credential(samples::credential(&default), record).await.unwrap_err();
        assert!(matches!(error, ChangeError::UnknownNames { .. }), "{error}");
        samples::install(&db.store).await;
        let nowhere = workspace("nowhere");
        let record = audit(Some(&nowhere), "credential.create");
        let error = db.store.insert_credential(samples::credential(&nowhere), record).await.unwrap_err();
        assert!(matches!(error, ChangeError::UnknownNames { .. }), "{error}");
    }

    async fn an_id_that_is_taken_is_a_conflict(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let mut again = samples::insert(&db.store, &default).await;
        again.credential.name = "Another".to_owned();
        let id = again.credential.id.clone();
        let error = db.store.insert_credential(again, audit(Some(&default), "credential.create")).await.unwrap_err();
        assert!(matches!(error, ChangeError::Store(StoreError::Conflict(_))), "{error}");
        assert_eq!(db.store.find_credential(&default, &id).await.unwrap().unwrap().name, "Shop");
    }

    async fn another_workspaces_credential_looks_like_none(db: Database) {
        let (default, other) = (workspace("default"), samples::make_workspace(&db.store, "other").await);
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let id = &new.credential.id;
        assert!(db.store.find_credential(&other, id).await.unwrap().is_none());
        assert!(db.store.find_sealed(&other, id).await.unwrap().is_none());
        assert!(db.store.list_credentials(&other, all()).await.unwrap().is_empty());
        assert!(db.store.list_verifications(&other, id).await.unwrap().is_empty());
        let record = audit(Some(&other), "credential.delete");
        let deleted = db.store.delete_credential(&other, id, &Expected::Anything, record).await;
        assert!(matches!(deleted, Err(ChangeError::NotFound)));
        let moved = db.store.record_verification(&other, id, Finding { version: 1, status: Status::Rejected, account: None, verified_at: None, verification: samples::verification(NOW) }, audit(Some(&other), "credential.verify"));
        assert!(!moved.await.unwrap());
        let found = db.store.find_credential(&default, id).await.unwrap().unwrap();
        assert_eq!(shown(&found), shown(&new.credential));
        assert!(db.store.list_audit(Some(&other), 10).await.unwrap().is_empty());
    }

    async fn a_list_is_paged_by_id_and_filtered_by_component(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let github = samples::release("github", 'b');
        db.store.install_component(github, audit(None, "component.install")).await.unwrap();
        let mut ids: Vec<CredentialId> = Vec::new();
        for number in 0..5 {
            let mut new = samples::credential(&default);
            new.credential.id = CredentialId::generate(&At(NOW + number), &SystemEntropy);
            if number == 2 {
                new.credential.component = "github".parse().unwrap();
                new.credential.release.digest = samples::digest('b');
            }
            ids.push(new.credential.id.clone());
            db.store.insert_credential(new, audit(Some(&default), "credential.create")).await.unwrap();
        }
        let page = |after: Option<CredentialId>| {
            let after = after.map(|id| Position { id, name: "Shop".to_owned() });
            ListFilter { after, limit: 2, ..ListFilter::default() }
        };
        let first = db.store.list_credentials(&default, page(None)).await.unwrap();
        assert_eq!(first.iter().map(|one| &one.id).collect::<Vec<_>>(), [&ids[0], &ids[1]]);
        let second = db.store.list_credentials(&default, page(Some(ids[1].clone()))).await.unwrap();
        assert_eq!(second.iter().map(|one| &one.id).collect::<Vec<_>>(), [&ids[2], &ids[3]]);
        let filter = ListFilter { component: Some("github".parse().unwrap()), ..all() };
        let filtered = db.store.list_credentials(&default, filter).await.unwrap();
        assert_eq!(filtered.iter().map(|one| &one.id).collect::<Vec<_>>(), [&ids[2]]);
    }

    async fn counts_are_of_one_workspace_or_of_all(db: Database) {
        let (default, other) = (workspace("default"), samples::make_workspace(&db.store, "other").await);
        samples::install(&db.store).await;
        samples::insert(&db.store, &default).await;
        samples::insert(&db.store, &other).await;
        let mut unverified = samples::credential(&default);
        unverified.credential.status = Status::Unverified;
        unverified.credential.verified_at = None;
        db.store.insert_credential(unverified, audit(Some(&default), "credential.create")).await.unwrap();
        let petstore = "petstore".parse().unwrap();
        let of = |total, attention| Count { total, attention };
        assert_eq!(db.store.count_credentials(Some(&default)).await.unwrap()[&petstore], of(2, 1));
        assert_eq!(db.store.count_credentials(Some(&other)).await.unwrap()[&petstore], of(1, 0));
        assert_eq!(db.store.count_credentials(None).await.unwrap()[&petstore], of(3, 1));
    }

    async fn a_deleted_credential_takes_its_verifications_along_and_leaves_its_audit(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let deleted = audit(Some(&default), "credential.delete");
        let any = Expected::Anything;
        db.store.delete_credential(&default, &new.credential.id, &any, deleted).await.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials").await, 0);
        assert_eq!(db.number("SELECT COUNT(*) FROM verifications").await, 0);
        assert_eq!(db.store.list_audit(Some(&default), 10).await.unwrap().len(), 2);
        let again = audit(Some(&default), "credential.delete");
        let again = db.store.delete_credential(&default, &new.credential.id, &any, again).await;
        assert!(matches!(again, Err(ChangeError::NotFound)));
        assert_eq!(db.store.list_audit(Some(&default), 10).await.unwrap().len(), 2);
    }
}
