//! Verifications of stored credentials.

use keystead::domain::credential::Status;
use keystead::domain::verdict::Account;
use keystead::store::{Finding, KEPT_VERIFICATIONS};

use super::samples::{self, NOW, audit, now, shown, verification, workspace};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_verification_changes_the_status_and_keeps_what_it_does_not_know(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let mut later = verification(NOW + 5000);
        later.outcome = "invalid".to_owned();
        let record = audit(Some(&default), "credential.verify");
        let id = &new.credential.id;
        let kept = db.store.record_verification(&default, id, Finding { version: 1, status: Status::Rejected, account: None, verified_at: None, verification: later }, record);
        assert!(kept.await.unwrap());
        let found = db.store.find_credential(&default, id).await.unwrap().unwrap();
        assert_eq!(found.status, Status::Rejected);
        assert_eq!((found.account, found.verified_at), (new.credential.account, Some(now())));
        assert_eq!(found.updated_at.as_millisecond(), NOW + 5000);
        let verifications = db.store.list_verifications(&default, id).await.unwrap();
        let outcomes: Vec<&str> = verifications.iter().map(|one| one.outcome.as_str()).collect();
        assert_eq!(outcomes, ["invalid", "valid"]);
    }

    async fn a_verification_tells_the_account_anew(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let account = Account { id: "8".to_owned(), label: "Ben".to_owned() };
        let record = audit(Some(&default), "credential.verify");
        let (id, at) = (&new.credential.id, Some(now()));
        let kept = db.store.record_verification(&default, id, Finding { version: 1, status: Status::Verified, account: Some(account.clone()), verified_at: at, verification: verification(NOW + 1) }, record);
        assert!(kept.await.unwrap());
        assert_eq!(db.store.find_credential(&default, id).await.unwrap().unwrap().account, Some(account));
    }

    async fn a_verification_of_fields_that_changed_meanwhile_writes_nothing(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        let (id, record) = (&new.credential.id, audit(Some(&default), "credential.verify"));
        let kept = db.store.record_verification(&default, id, Finding { version: 2, status: Status::Rejected, account: None, verified_at: None, verification: verification(NOW + 1) }, record);
        assert!(!kept.await.unwrap());
        let found = db.store.find_credential(&default, id).await.unwrap().unwrap();
        assert_eq!(shown(&found), shown(&new.credential));
        assert_eq!(db.store.list_verifications(&default, id).await.unwrap().len(), 1);
        assert_eq!(db.store.list_audit(Some(&default), 10).await.unwrap().len(), 1);
    }

    async fn the_last_twenty_verifications_are_kept(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let (new, neighbour) = (samples::insert(&db.store, &default).await, samples::insert(&db.store, &default).await);
        let id = &new.credential.id;
        for number in 1..=25 {
            let record = audit(Some(&default), "credential.verify");
            let one = verification(NOW + number);
            let kept = db.store.record_verification(&default, id, Finding { version: 1, status: Status::Verified, account: None, verified_at: Some(now()), verification: one }, record);
            assert!(kept.await.unwrap());
        }
        let verifications = db.store.list_verifications(&default, id).await.unwrap();
        assert_eq!(verifications.len(), KEPT_VERIFICATIONS as usize);
        assert_eq!(verifications.first().unwrap().at.as_millisecond(), NOW + 25);
        assert_eq!(verifications.last().unwrap().at.as_millisecond(), NOW + 6);
        assert_eq!(db.store.list_verifications(&default, &neighbour.credential.id).await.unwrap().len(), 1);
    }

    async fn what_one_workspace_forgets_the_other_keeps(db: Database) {
        let (default, other) = (workspace("default"), samples::make_workspace(&db.store, "other").await);
        samples::install(&db.store).await;
        let new = samples::insert(&db.store, &default).await;
        // The same id in another workspace is another credential.
        let mut twin = samples::credential(&other);
        twin.credential.id = new.credential.id.clone();
        db.store.insert_credential(twin, audit(Some(&other), "credential.create")).await.unwrap();
        let id = &new.credential.id;
        for number in 1..=25 {
            let finding = Finding { version: 1, status: Status::Verified, account: None, verified_at: Some(now()), verification: verification(NOW + number) };
            let kept = db.store.record_verification(&default, id, finding, audit(Some(&default), "credential.verify"));
            assert!(kept.await.unwrap());
        }
        assert_eq!(db.store.list_verifications(&default, id).await.unwrap().len(), KEPT_VERIFICATIONS as usize);
        assert_eq!(db.store.list_verifications(&other, id).await.unwrap().len(), 1);
        assert_eq!(db.store.find_credential(&other, id).await.unwrap().unwrap().revision, 1);
    }
}
