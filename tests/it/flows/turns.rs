//! Writers on SQLite, who commit together: whoever is refused is not told so because of what nobody has yet been told.

use std::pin::pin;

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

    let orders = "orders".parse().unwrap();
    let activated = record(&service, "flow.activate");
    let mut activate = pin!(store.set_flow_active(&workspace, &orders, true, &Expected::Anything, activated));
    // Second in the same commit.
    let deleted = record(&service, "credential.delete");
    let mut delete = pin!(store.delete_credential(&workspace, &id, &Expected::Anything, deleted));
    tokio::select! {
        biased;
        activated = &mut activate => assert!(activated.unwrap().active),
        _ = &mut delete => panic!("refused because of a flow that is not yet active"),
    }
    assert!(matches!(delete.await, Err(ChangeError::InUse(_))));
}
