//! A credential that an active flow uses cannot be deleted.

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_credential_that_active_flows_use_stays_and_the_refusal_says_why(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        let path = format!("/v1/credentials/{id}");
        service.flow(&token, "orders", &[("fetch", Some(&id)), ("push", Some(&id))]).await;
        service.flow(&token, "idle", &[("only", Some(&id))]).await;
        service.activate(&token, "orders").await;
        let shown = service.call("GET", &path, &token).await;
        assert_eq!(shown.body["usage"], json!({"active": 2, "inactive": 1, "active_flows": 1}));
        let refused = service.call("DELETE", &path, &token).await;
        assert_eq!(refused.outcome(), (409, "credential-in-use"));
        assert_eq!(refused.body["detail"], "2 steps of active flows use the credential: flow `orders` (“The orders”, steps `fetch`, `push`). Give them another one, or deactivate or delete the flows; then delete it.");
        assert_eq!(refused.body["flows"], json!([{"id": "orders", "name": "The orders", "active": true, "steps": ["fetch", "push"]}]));
        assert_eq!(refused.body["total"], 2);
        assert_eq!(service.call("GET", &path, &token).await.body, shown.body);
        assert_eq!(service.call("GET", "/v1/flows/idle", &token).await.body["steps"][0]["credential"], json!(id));

        assert_eq!(service.call("POST", "/v1/flows/orders/deactivate", &token).await.status, 200);
        let deleted = service.call("DELETE", &path, &token).await;
        assert_eq!((deleted.status, &deleted.body), (200, &json!({"total": 3, "unlinked": [
            {"id": "idle", "name": "The idle", "active": false, "steps": ["only"]},
            {"id": "orders", "name": "The orders", "active": false, "steps": ["fetch", "push"]},
        ]})));
        let flow = service.call("GET", "/v1/flows/orders", &token).await;
        assert_eq!((&flow.body["steps"][1]["credential"], &flow.headers["etag"]), (&Value::Null, &"\"v4\"".parse().unwrap()));
        assert_eq!(service.call("POST", "/v1/flows/orders/activate", &token).await.outcome(), (409, "flow-not-ready"));
        assert_eq!(service.call("DELETE", &path, &token).await.outcome(), (404, "not-found"));
    }

    async fn an_unused_credential_is_deleted_without_a_word(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id))]).await;
        service.activate(&token, "f").await;
        assert_eq!(service.call("DELETE", "/v1/flows/f", &token).await.status, 204);
        let stale = service.send_with("DELETE", &format!("/v1/credentials/{id}"), &token, ("if-match", "\"v9\""), &json!({})).await;
        assert_eq!(stale.outcome(), (412, "precondition-failed"));
        let answer = service.call("DELETE", &format!("/v1/credentials/{id}"), &token).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    }

    async fn a_refusal_names_the_first_twenty_steps_and_tells_how_many_there_are(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        for number in 0..8 {
            let flow = format!("flow-{number}");
            service.flow(&token, &flow, &[("a", Some(&id)), ("b", Some(&id)), ("c", Some(&id))]).await;
            service.activate(&token, &flow).await;
        }
        let refused = service.call("DELETE", &format!("/v1/credentials/{id}"), &token).await;
        assert_eq!(refused.outcome(), (409, "credential-in-use"));
        assert_eq!(refused.body["total"], 24);
        let flows = refused.body["flows"].as_array().unwrap();
        assert_eq!(flows.iter().map(|flow| flow["steps"].as_array().unwrap().len()).sum::<usize>(), 20);
        assert!(refused.body["detail"].as_str().unwrap().contains("and 9 steps more"), "{}", refused.text);
        let path = format!("/v1/credentials/{id}/usages?limit=20");
        let first = service.call("GET", &path, &token).await;
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let rest = service.call("GET", &format!("{path}&cursor={cursor}"), &token).await;
        assert_eq!(first.body["items"][19], json!({"flow": "flow-6", "name": "The flow-6", "step": "b", "active": true}));
        assert_eq!(rest.body["items"].as_array().unwrap().len(), 4);
        assert_eq!(rest.body["items"][0]["step"], "c");
        let of_flow = service.call("GET", "/v1/credentials?flow=flow-3", &token).await;
        assert_eq!((of_flow.body["items"].as_array().unwrap().len(), &of_flow.body["items"][0]["id"]), (1, &json!(id)));
        assert_eq!(service.call("GET", "/v1/credentials?flow=none", &token).await.body["items"], json!([]));
    }

    async fn a_component_that_anything_refers_to_stays(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let operator = service.operator(&[Right::ComponentsInstall]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id)), ("b", None)]).await;
        let refused = service.call("DELETE", "/v1/components/petstore", &operator).await;
        assert_eq!(refused.outcome(), (409, "component-in-use"));
        assert_eq!((&refused.body["credentials"], &refused.body["steps"]), (&json!(1), &json!(2)));
        assert_eq!(refused.body["detail"], "1 credential and 2 steps refer to the component; delete them first.");
        service.call("DELETE", "/v1/flows/f", &token).await;
        assert_eq!(service.call("DELETE", "/v1/components/petstore", &operator).await.body["credentials"], 1);
        service.call("DELETE", &format!("/v1/credentials/{id}"), &token).await;
        assert_eq!(service.call("DELETE", "/v1/components/petstore", &operator).await.status, 204);
        assert_eq!(service.call("GET", "/v1/components/petstore", &token).await.status, 404);
        assert_eq!(service.call("DELETE", "/v1/components/petstore", &operator).await.status, 404);
        assert_eq!(service.database.number("SELECT COUNT(*) FROM release_bytes").await, 0);
        let answer = service.post("/v1/credentials", &token, &service.draft("good")).await;
        assert_eq!(answer.outcome(), (422, "unknown-component"));
        // And it may come back.
        keystead::install::install(&service.app, &keystead::app::Actor::Operator, crate::harness::wasm::plugin("petstore")).await.unwrap();
        service.stored(&token).await;
    }

    async fn an_edit_tells_how_many_flows_it_touches(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&id)), ("b", Some(&id))]).await;
        service.flow(&token, "g", &[("a", Some(&id))]).await;
        service.activate(&token, "f").await;
        let path = format!("/v1/credentials/{id}");
        let touched = json!({"active": 2, "inactive": 1, "active_flows": 1});
        for patch in [json!({"name": "N"}), json!({"fields": {"apiKey": "another-key"}})] {
            let preview = service.patch(&format!("{path}?dry_run=true"), &token, &patch).await;
            assert_eq!((preview.status, &preview.body["usage"]), (200, &touched), "{}", preview.text);
            let edited = service.patch(&path, &token, &patch).await;
            assert_eq!((edited.status, &edited.body["usage"]), (200, &touched), "{}", edited.text);
        }
    }
}
