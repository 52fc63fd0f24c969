//! A credential that is made for a step is linked to it.

use std::sync::Arc;

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_new_credential_is_linked_to_the_step_that_it_was_made_for(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::CredentialsWrite, Right::FlowsWrite]).await;
        service.flow(&token, "orders", &[("fetch", None)]).await;
        let mut draft = service.draft("good");
        draft["link"] = json!({"flow": "orders", "step": "fetch"});
        let dry = service.post("/v1/credentials?dry_run=true", &token, &draft).await;
        assert_eq!((dry.status, &dry.body["verdict"]), (200, &json!("valid")));
        let made = service.send_with("POST", "/v1/credentials", &token, ("idempotency-key", "k1"), &draft).await;
        assert_eq!((made.status, &made.body["usage"]), (201, &json!({"active": 0, "inactive": 1, "active_flows": 0})), "{}", made.text);
        service.activate(&token, "orders").await;
        // The same request again is the same credential; for another step it is another request.
        let again = service.send_with("POST", "/v1/credentials", &token, ("idempotency-key", "k1"), &draft).await;
        assert_eq!((again.status, &again.body["id"], &again.body["usage"]["active"]), (201, &made.body["id"], &json!(1)));
        draft["link"]["step"] = "other".into();
        let other = service.send_with("POST", "/v1/credentials", &token, ("idempotency-key", "k1"), &draft).await;
        assert_eq!(other.outcome(), (422, "idempotency-key-reused"));
        // A second one takes its place, in the active flow too.
        draft["link"]["step"] = "fetch".into();
        let second = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!((second.status, &second.body["usage"]["active"]), (201, &json!(1)));
        let old = made.body["id"].as_str().unwrap();
        assert_eq!(service.call("DELETE", &format!("/v1/credentials/{old}"), &token).await.status, 204);
    }

    async fn a_link_that_cannot_be_is_refused_before_anything_is_sent(db: Database) {
        let service = Service::with_petstore(db).await;
        keystead::install::install(&service.app, &keystead::app::Actor::Operator, crate::harness::wasm::guest("pair")).await.unwrap();
        let token = service.member(&[Right::Admin]).await;
        let steps = json!({"name": "F", "steps": [{"id": "pair", "component": "pair"}]});
        assert_eq!(service.put("/v1/flows/f", &token, &steps).await.status, 201);
        for (link, expected, pointer) in [
            (json!({"flow": "none", "step": "pair"}), "link-refused", "/link/flow"),
            (json!({"flow": "f", "step": "none"}), "link-refused", "/link/step"),
            (json!({"flow": "f", "step": "pair"}), "link-refused", "/link/step"),
            (json!({"flow": "f"}), "request-invalid", "/link/step"),
            (json!({"flow": "f", "step": "pair", "x": 1}), "request-invalid", "/link/x"),
            (json!("f"), "request-invalid", "/link"),
        ] {
            let mut draft = service.draft("good");
            draft["link"] = link;
            for path in ["/v1/credentials", "/v1/credentials?dry_run=true"] {
                let answer = service.post(path, &token, &draft).await;
                assert_eq!((answer.outcome(), answer.pointers()), ((422, expected), vec![pointer]), "{}", answer.text);
            }
        }
        assert!(service.upstream.received().is_empty());
        let writer = service.member(&[Right::CredentialsWrite]).await;
        let mut draft = service.draft("good");
        draft["link"] = json!({"flow": "f", "step": "pair"});
        let answer = service.post("/v1/credentials", &writer, &draft).await;
        assert_eq!((answer.outcome(), &answer.body["right"]), ((403, "missing-right"), &json!("flows:write")));
    }

    async fn a_step_that_vanishes_meanwhile_saves_nothing(db: Database) {
        let service = Arc::new(Service::with_petstore(db).await);
        let token = service.member(&[Right::Admin]).await;
        for change in [json!({"name": "F", "steps": []}), Value::Null] {
            service.flow(&token, "f", &[("a", None)]).await;
            let mut draft = service.draft("gate");
            draft["link"] = json!({"flow": "f", "step": "a"});
            let (asking, with) = (service.clone(), token.clone());
            let asked = tokio::spawn(async move { asking.post("/v1/credentials", &with, &draft).await });
            // The shop has the request: change the flow, then let it answer.
            service.gate.wait().await;
            let changed = match &change {
                Value::Null => service.call("DELETE", "/v1/flows/f", &token).await,
                body => service.put("/v1/flows/f", &token, body).await,
            };
            assert!([200, 204].contains(&changed.status), "{}", changed.text);
            service.gate.wait().await;
            let answer = asked.await.unwrap();
            assert_eq!(answer.outcome(), (409, "link-lost"));
        }
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
        let workspace = keystead::domain::id::WorkspaceId::default_workspace();
        let records = service.app.store.list_audit(Some(&workspace), 20).await.unwrap();
        let kept: Vec<_> = records.iter().filter(|record| record.action == "credential.create").map(|record| record.outcome.as_str()).collect();
        assert_eq!(kept, ["valid", "valid"]);
    }
}
