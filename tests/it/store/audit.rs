//! Audit records.

use keystead::store::StoreError;

use super::samples::{self, audit, workspace};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_record_is_read_as_it_was_written(db: Database) {
        let default = workspace("default");
        let record = audit(Some(&default), "credential.create");
        db.store.record_audit(record.clone()).await.unwrap();
        let found = db.store.list_audit(Some(&default), 10).await.unwrap().remove(0);
        assert_eq!((found.id, found.workspace, found.at), (record.id, record.workspace, record.at));
        assert_eq!((found.actor, found.subject, found.detail), (record.actor, record.subject, record.detail));
        assert_eq!((found.action.as_str(), found.outcome), (record.action, record.outcome));
    }

    async fn records_of_workspaces_and_of_the_installation_stay_apart(db: Database) {
        let (default, other) = (workspace("default"), samples::make_workspace(&db.store, "other").await);
        db.store.record_audit(audit(Some(&default), "a")).await.unwrap();
        db.store.record_audit(audit(Some(&other), "b")).await.unwrap();
        db.store.record_audit(audit(None, "c")).await.unwrap();
        let actions = async |workspace| -> Vec<String> {
            db.store.list_audit(workspace, 10).await.unwrap().into_iter().map(|one| one.action).collect()
        };
        assert_eq!(actions(Some(&default)).await, ["a"]);
        assert_eq!(actions(Some(&other)).await, ["b"]);
        let mut installation = actions(None).await;
        installation.sort();
        assert_eq!(installation, ["c", "workspace.create"]);
    }

    async fn an_error_never_quotes_what_was_sent(db: Database) {
        let default = workspace("default");
        let mut record = audit(Some(&default), "credential.create");
        record.outcome = "canary".repeat(20);
        record.detail = serde_json::json!({"canary": "canary"});
        let error = db.store.record_audit(record).await.unwrap_err();
        assert!(matches!(error, StoreError::Internal(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}
