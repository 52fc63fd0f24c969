//! What flows at work are given.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use keystead::api::Settings;
use keystead::domain::rights::Right;
use serde_json::json;

use super::service::{Hands, Service};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn the_step_of_an_active_flow_is_given_its_fields_and_the_audit_knows(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let runtime = service.member(&[Right::Runtime]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id)), ("b", None)]).await;
        let path = "/v1/flows/f/steps/a/lease";
        assert_eq!(service.call("POST", path, &runtime).await.outcome(), (409, "flow-inactive"));
        service.put("/v1/flows/f/steps/b/credential", &token, &json!({"credential": id})).await;
        service.activate(&token, "f").await;
        let leased = service.call("POST", path, &runtime).await;
        let fields = service.draft("good")["fields"].clone();
        assert_eq!((leased.status, &leased.body), (200, &json!({
            "credential": id, "component": "petstore", "name": service.call("GET", &format!("/v1/credentials/{id}"), &token).await.body["name"],
            "status": "verified", "version": 1, "fields": fields,
        })));
        assert_eq!(leased.headers["cache-control"], "no-store");
        let workspace = keystead::domain::id::WorkspaceId::default_workspace();
        let records = service.app.store.list_audit(Some(&workspace), 20).await.unwrap();
        let leases: Vec<_> = records.iter().filter(|record| record.action == "credential.lease").collect();
        assert_eq!(leases.len(), 1);
        assert_eq!((leases[0].subject.as_deref(), &leases[0].detail), (Some(id.as_str()), &json!({"flow": "f", "step": "a"})));
        assert!(leases[0].actor.is_some());
        for (path, token) in [("/v1/flows/f/steps/z/lease", &runtime), ("/v1/flows/z/steps/a/lease", &runtime)] {
            assert_eq!(service.call("POST", path, token).await.outcome(), (404, "not-found"));
        }
        let curious = service.member(&[Right::CredentialsRead, Right::CredentialsUse, Right::FlowsWrite]).await;
        assert_eq!(service.call("POST", path, &curious).await.outcome(), (403, "missing-right"));
    }

    async fn a_lease_that_cannot_be_recorded_is_none(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id))]).await;
        service.activate(&token, "f").await;
        service.database.sql("ALTER TABLE audit RENAME TO audit_elsewhere").await.unwrap();
        let answer = service.call("POST", "/v1/flows/f/steps/a/lease", &token).await;
        assert_eq!(answer.status, 500);
        assert!(!answer.text.contains("the-key-4711"));
    }

    async fn the_last_use_is_kept_to_the_minute(db: Database) {
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let service = Service::with_clock(db, Settings::default(), clock.clone()).await;
        keystead::install::install(&service.app, &keystead::app::Actor::Operator, crate::harness::wasm::plugin("petstore")).await.unwrap();
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id))]).await;
        service.activate(&token, "f").await;
        let path = format!("/v1/credentials/{id}");
        let before = service.call("GET", &path, &token).await;
        assert_eq!(before.body["last_used_at"], json!(null));
        for (seconds, seen) in [(0, 0), (59, 0), (60, 60), (61, 60), (600, 600)] {
            clock.0.store(1_800_000_000_000 + seconds * 1000, Ordering::SeqCst);
            assert_eq!(service.call("POST", "/v1/flows/f/steps/a/lease", &token).await.status, 200);
            let shown = service.call("GET", &path, &token).await;
            let expected = Timestamp::from_millisecond(1_800_000_000_000 + seen * 1000).unwrap();
            assert_eq!(shown.body["last_used_at"], json!(format!("{expected:.3}")), "{seconds}");
            assert_eq!(shown.headers["etag"], before.headers["etag"]);
        }
    }
}
