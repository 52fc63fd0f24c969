//! Writers on SQLite, who commit together: whoever is refused is not told so because of what nobody has yet been told.

use std::sync::atomic::{AtomicBool, Ordering};

use keystead::app::Actor;
use keystead::domain::clock::{SystemClock, SystemEntropy};
use keystead::domain::credential::Expected;
use keystead::domain::id::{CredentialId, WorkspaceId};
use keystead::store::{AuditRecord, ChangeError};
use serde_json::json;

use super::rows::{component, credential, flow, run, step};
use crate::api::service::Service;
use crate::harness::databases::{Backend, fresh};

fn record(service: &Service, action: &'static str) -> AuditRecord {
    let workspace = WorkspaceId::default_workspace();
    service.app.audit_record(&Actor::Operator, Some(&workspace), action, "subject", "done", json!({}))
}

#[tokio::test]
async fn a_refusal_waits_until_what_it_speaks_of_is_committed() {
    let service = Service::over(fresh(Backend::Sqlite).await).await;
    let (db, store, workspace) = (&service.database, &service.app.store, WorkspaceId::default_workspace());
    let id = CredentialId::generate(&SystemClock, &SystemEntropy);
    component(db, "petstore", true).await;
    run(db, &credential(Backend::Sqlite, "default", "petstore", id.as_str(), "verified")).await;
    run(db, &flow("default", "orders", false)).await;
    run(db, &step("orders", "fetch", false, "petstore", true, Some(id.as_str()))).await;

    let is_activated = AtomicBool::new(false);
    let orders = "orders".parse().unwrap();
    let activate = async {
        let audit = record(&service, "flow.activate");
        store.set_flow_active(&workspace, &orders, true, &Expected::Anything, audit).await.unwrap();
        is_activated.store(true, Ordering::SeqCst);
    };
    // Second in the same commit.
    let delete = async {
        let audit = record(&service, "credential.delete");
        let refused = store.delete_credential(&workspace, &id, &Expected::Anything, audit).await;
        assert!(matches!(refused, Err(ChangeError::InUse(_))));
        assert!(is_activated.load(Ordering::SeqCst), "refused because of a flow that is not yet active");
    };
    tokio::join!(activate, delete);
}
