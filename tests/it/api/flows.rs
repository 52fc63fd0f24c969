//! Flows as the platform registers them.

use keystead::domain::rights::Right;
use keystead::store::{AuditRecord, NewRelease};
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

/// Installs a component that needs no credential.
async fn install_timer(service: &Service) {
    let release = NewRelease {
        component: "timer".parse().unwrap(),
        title: "Timer".to_owned(),
        needs_credential: false,
        version: "1.0.0".to_owned(),
        digest: format!("sha256:{}", "7".repeat(64)),
        descriptor: "{}".to_owned(),
        sentences: Vec::new(),
        bytes: vec![0],
        installed_at: service.app.clock.now(),
    };
    let audit: AuditRecord = service.app.audit_record(
        &keystead::app::Actor::Operator,
        None,
        "component.install",
        "timer",
        "installed",
        json!({}),
    );
    service.app.store.install_component(release, audit).await.unwrap();
}

async fn actions(service: &Service) -> Vec<String> {
    let workspace = keystead::domain::id::WorkspaceId::default_workspace();
    let mut records = service.app.store.list_audit(Some(&workspace), 100).await.unwrap();
    records.reverse();
    records.into_iter().map(|record| record.action).filter(|action| action.starts_with("flow.")).collect()
}

on_both_databases! {
    async fn a_flow_is_put_read_listed_and_deleted(db: Database) {
        let service = Service::with_petstore(db).await;
        install_timer(&service).await;
        let token = service.member(&[Right::Admin]).await;
        let credential = service.stored(&token).await;
        let body = json!({"name": " Orders ", "steps": [
            {"id": "when", "component": "timer"},
            {"id": "fetch", "component": "petstore", "credential": credential},
            {"id": "push", "component": "petstore", "credential": null},
        ]});
        let made = service.put("/v1/flows/orders", &token, &body).await;
        assert_eq!((made.status, &made.headers["location"], &made.headers["etag"]), (201, &"/v1/flows/orders".parse().unwrap(), &"\"v1\"".parse().unwrap()), "{}", made.text);
        let mut shown = made.body.clone();
        for time in ["created_at", "updated_at"] {
            assert!(shown[time].is_string());
            shown.as_object_mut().unwrap().shift_remove(time);
        }
        assert_eq!(shown, json!({"id": "orders", "workspace": "default", "name": "Orders", "active": false, "steps": [
            {"id": "when", "component": "timer", "needs_credential": false, "credential": null},
            {"id": "fetch", "component": "petstore", "needs_credential": true, "credential": credential},
            {"id": "push", "component": "petstore", "needs_credential": true, "credential": null},
        ]}));
        let read = service.call("GET", "/v1/flows/orders", &token).await;
        assert_eq!((read.status, &read.body), (200, &made.body));

        // Fewer steps, in another order, one of them new.
        let body = json!({"name": "Orders 2", "steps": [
            {"id": "push", "component": "petstore", "credential": credential},
            {"id": "also", "component": "timer"},
            {"id": "when", "component": "petstore"},
        ]});
        let put = service.put("/v1/flows/orders", &token, &body).await;
        assert_eq!((put.status, &put.headers["etag"]), (200, &"\"v2\"".parse().unwrap()), "{}", put.text);
        let steps: Vec<_> = put.body["steps"].as_array().unwrap().iter()
            .map(|step| (step["id"].as_str().unwrap(), step["component"].as_str().unwrap())).collect();
        assert_eq!(steps, [("push", "petstore"), ("also", "timer"), ("when", "petstore")]);
        assert_eq!(put.body["name"], "Orders 2");

        service.flow(&token, "a.b~c:d@e", &[]).await;
        let listed = service.call("GET", "/v1/flows?limit=1", &token).await;
        assert_eq!(listed.body["items"][0]["id"], "a.b~c:d@e");
        let cursor = listed.body["next_cursor"].as_str().unwrap();
        let rest = service.call("GET", &format!("/v1/flows?limit=1&cursor={cursor}"), &token).await;
        assert_eq!((&rest.body["items"][0]["id"], &rest.body["items"][0]["step_count"]), (&json!("orders"), &json!(3)));
        assert_eq!(rest.body["next_cursor"], Value::Null);
        let foreign = service.call("GET", &format!("/v1/flows?active=true&cursor={cursor}"), &token).await;
        assert_eq!(foreign.outcome(), (400, "cursor-invalid"));

        assert_eq!(service.call("DELETE", "/v1/flows/orders", &token).await.status, 204);
        assert_eq!(service.call("GET", "/v1/flows/orders", &token).await.outcome(), (404, "not-found"));
        assert_eq!(service.call("DELETE", "/v1/flows/orders", &token).await.outcome(), (404, "not-found"));
        assert_eq!(actions(&service).await, ["flow.put", "flow.put", "flow.put", "flow.delete"]);
    }

    async fn an_active_flow_has_a_working_credential_in_every_step_that_needs_one(db: Database) {
        let service = Service::with_petstore(db).await;
        install_timer(&service).await;
        let token = service.member(&[Right::Admin]).await;
        let (good, bad) = (service.stored(&token).await, service.stored(&token).await);
        // Rejected later: the shop of its second verification refuses it.
        let fickle = service.post("/v1/credentials", &token, &service.draft("fickle")).await;
        let fickle = fickle.body["id"].as_str().unwrap();
        let verified = service.call("POST", &format!("/v1/credentials/{fickle}/verify"), &token).await;
        assert_eq!(verified.body["credential"]["status"], "rejected");
        let body = json!({"name": "O", "steps": [
            {"id": "when", "component": "timer"}, {"id": "a", "component": "petstore"},
            {"id": "b", "component": "petstore", "credential": fickle}, {"id": "c", "component": "petstore", "credential": good},
        ]});
        service.put("/v1/flows/o", &token, &body).await;
        let refused = service.call("POST", "/v1/flows/o/activate", &token).await;
        assert_eq!(refused.outcome(), (409, "flow-not-ready"));
        assert_eq!(refused.body["steps"], json!([
            {"id": "a", "component": "petstore", "credential": null, "reason": "credential-missing"},
            {"id": "b", "component": "petstore", "credential": fickle, "reason": "rejected"},
        ]));
        assert_eq!(refused.body["detail"], "Not ready for an active flow: step `a` has no credential, step `b` holds a credential that the application refused. Choose credentials that work; nothing was changed.");
        for step in ["a", "b"] {
            let path = format!("/v1/flows/o/steps/{step}/credential");
            let chosen = service.put(&path, &token, &json!({"credential": bad})).await;
            assert_eq!(chosen.status, 200, "{}", chosen.text);
        }
        service.activate(&token, "o").await;
        let before = service.call("GET", "/v1/flows/o", &token).await;
        service.activate(&token, "o").await;
        let after = service.call("GET", "/v1/flows/o", &token).await;
        assert_eq!((&before.body, &before.headers["etag"]), (&after.body, &after.headers["etag"]));

        // An active flow is edited as long as it can go on.
        let cleared = service.put("/v1/flows/o/steps/a/credential", &token, &json!({"credential": null})).await;
        assert_eq!(cleared.outcome(), (409, "flow-not-ready"));
        let lacking = json!({"name": "O", "steps": [{"id": "a", "component": "petstore", "credential": good}, {"id": "new", "component": "petstore"}]});
        let refused = service.put("/v1/flows/o", &token, &lacking).await;
        assert_eq!(refused.outcome(), (409, "flow-not-ready"));
        assert_eq!(refused.body["steps"][0]["id"], "new");
        assert_eq!(service.call("GET", "/v1/flows/o", &token).await.body, after.body);
        let enough = json!({"name": "O", "steps": [{"id": "new", "component": "petstore", "credential": good}, {"id": "t", "component": "timer"}]});
        let put = service.put("/v1/flows/o", &token, &enough).await;
        assert_eq!((put.status, &put.body["active"]), (200, &json!(true)), "{}", put.text);

        let listed = service.call("GET", "/v1/flows?active=true", &token).await;
        assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(service.call("GET", "/v1/flows?active=false", &token).await.body["items"], json!([]));
        let idle = service.call("POST", "/v1/flows/o/deactivate", &token).await;
        assert_eq!((idle.status, &idle.body["active"]), (200, &json!(false)));
        assert_eq!(service.put("/v1/flows/o/steps/new/credential", &token, &json!({"credential": null})).await.status, 200);
        service.put("/v1/flows/o", &token, &enough).await;
        service.activate(&token, "o").await;
        assert_eq!(service.call("DELETE", "/v1/flows/o", &token).await.status, 204);
    }

    async fn what_a_flow_names_must_be_there_and_fit(db: Database) {
        let service = Service::with_petstore(db).await;
        keystead::install::install(&service.app, &keystead::app::Actor::Operator, crate::harness::wasm::guest("pair")).await.unwrap();
        let token = service.member(&[Right::Admin]).await;
        let credential = service.stored(&token).await;
        let nobody = format!("cred_{}", "0".repeat(26));
        let step = |id: &str, component: &str, credential: Option<&str>| json!({"id": id, "component": component, "credential": credential});
        let cases = [
            (json!([step("a", "petstore", None), step("b", "nothing", Some(&credential)), step("c", "petstore", Some(&nobody))]),
                (422, "unknown-component"), vec!["/steps/1/component", "/steps/2/credential"]),
            (json!([step("a", "petstore", Some(&nobody)), step("b", "pair", Some(&credential))]),
                (422, "unknown-credential"), vec!["/steps/0/credential", "/steps/1/credential"]),
            (json!([step("a", "petstore", None), step("a", "petstore", None), step("", "petstore", None), step("b/c", "Pet Store", Some("x")), 5]),
                (422, "request-invalid"), vec!["/steps/1/id", "/steps/2/id", "/steps/3/id", "/steps/3/component", "/steps/3/credential", "/steps/4"]),
            (json!([{"id": "a", "component": "petstore", "surplus": 1}]), (422, "request-invalid"), vec!["/steps/0/surplus"]),
            (json!({}), (422, "request-invalid"), vec!["/steps"]),
            (Value::Null, (422, "request-invalid"), vec!["/steps"]),
            (Value::Array((0..501).map(|n| step(&format!("s{n}"), "petstore", None)).collect()), (422, "request-invalid"), vec!["/steps"]),
        ];
        for (steps, expected, pointers) in cases {
            let answer = service.put("/v1/flows/f", &token, &json!({"name": "F", "steps": steps})).await;
            assert_eq!((answer.outcome(), answer.pointers()), (expected, pointers), "{}", answer.text);
        }
        let answer = service.put("/v1/flows/f", &token, &json!({"name": " ", "steps": []})).await;
        assert_eq!((answer.outcome(), answer.pointers()), ((422, "request-invalid"), vec!["/name"]));
        assert_eq!(service.call("GET", "/v1/flows", &token).await.body["items"], json!([]));

        service.flow(&token, "f", &[("a", None)]).await;
        for (path, body, expected) in [
            ("/v1/flows/f/steps/a/credential", json!({"credential": nobody}), (422, "unknown-credential")),
            ("/v1/flows/f/steps/a/credential", json!({"credential": 5}), (422, "request-invalid")),
            ("/v1/flows/f/steps/a/credential", json!({}), (422, "request-invalid")),
            ("/v1/flows/f/steps/z/credential", json!({"credential": credential}), (404, "not-found")),
            ("/v1/flows/z/steps/a/credential", json!({"credential": credential}), (404, "not-found")),
        ] {
            let answer = service.put(path, &token, &body).await;
            assert_eq!(answer.outcome(), expected, "{path} {body}: {}", answer.text);
        }
        let flow = service.call("GET", "/v1/flows/f", &token).await;
        assert_eq!((&flow.body["steps"][0]["credential"], &flow.headers["etag"]), (&Value::Null, &"\"v1\"".parse().unwrap()));
        for id in ["..", ".", "%2e%2e", "a%20b", "a%2Fb", "%C3%A9", &"x".repeat(201)] {
            let path = format!("/v1/flows/{id}");
            let answer = service.put(&path, &token, &json!({"name": "F", "steps": []})).await;
            assert_eq!(answer.outcome(), (400, "request-invalid"), "{id}");
            assert!(answer.text.contains("1 to 200 of A-Z"), "{}", answer.text);
            assert_eq!(service.call("GET", &path, &token).await.outcome(), (404, "not-found"), "{id}");
        }
    }

    async fn two_who_change_a_flow_never_lose_a_change(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let credential = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&credential))]).await;
        let body = json!({"name": "New", "steps": []});
        let stale = ("if-match", "\"v7\"");
        for (method, path, body) in [
            ("PUT", "/v1/flows/f", body.clone()),
            ("PUT", "/v1/flows/f/steps/a/credential", json!({"credential": null})),
            ("POST", "/v1/flows/f/activate", json!({})),
            ("POST", "/v1/flows/f/deactivate", json!({})),
            ("DELETE", "/v1/flows/f", json!({})),
            ("PUT", "/v1/flows/none", body.clone()),
        ] {
            let answer = service.send_with(method, path, &token, stale, &body).await;
            assert_eq!(answer.outcome(), (412, "precondition-failed"), "{method} {path}");
        }
        assert_eq!(service.call("GET", "/v1/flows/none", &token).await.status, 404);
        let current = ("if-match", "\"v1\"");
        assert_eq!(service.send_with("POST", "/v1/flows/f/activate", &token, current, &json!({})).await.status, 200);
        let again = service.send_with("PUT", "/v1/flows/f", &token, current, &body).await;
        assert_eq!(again.outcome(), (412, "precondition-failed"));
        for (header, expected) in [
            (("if-none-match", "*"), (412, "precondition-failed")),
            (("if-none-match", "\"v2\""), (400, "request-invalid")),
        ] {
            assert_eq!(service.send_with("PUT", "/v1/flows/f", &token, header, &body).await.outcome(), expected);
        }
        let present = service.send_with("PUT", "/v1/flows/new", &token, ("if-match", "*"), &body).await;
        assert_eq!(present.outcome(), (412, "precondition-failed"));
        let absent = service.send_with("PUT", "/v1/flows/new", &token, ("if-none-match", "*"), &body).await;
        assert_eq!(absent.status, 201);
        let now = ("if-match", "\"v2\"");
        assert_eq!(service.send_with("PUT", "/v1/flows/f", &token, now, &body).await.status, 200);
    }

    async fn another_workspaces_flows_look_like_none(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let credential = service.stored(&token).await;
        service.flow(&token, "f", &[("a", Some(&credential))]).await;
        let other = service.workspace("other").await;
        let stranger = service.token(keystead::domain::rights::Scope::Workspace(other), &[Right::Admin], None).await;
        for (method, path) in [
            ("GET", "/v1/flows/f"), ("DELETE", "/v1/flows/f"), ("POST", "/v1/flows/f/activate"),
            ("POST", "/v1/flows/f/steps/a/lease"),
        ] {
            let answer = service.call(method, path, &stranger).await;
            let unknown = service.call(method, &path.replace("/f", "/g").replace("/glows", "/flows"), &stranger).await;
            assert_eq!((answer.outcome(), answer.without_request_id()), ((404, "not-found"), unknown.without_request_id()), "{method} {path}");
        }
        assert_eq!(service.call("GET", &format!("/v1/credentials/{credential}/usages"), &stranger).await.status, 404);
        let steps = json!({"name": "F", "steps": [{"id": "a", "component": "petstore", "credential": credential}]});
        assert_eq!(service.put("/v1/flows/f", &stranger, &steps).await.outcome(), (422, "unknown-credential"));
        // The same id is another flow there.
        let steps = json!({"name": "Theirs", "steps": []});
        assert_eq!(service.put("/v1/flows/f", &stranger, &steps).await.status, 201);
        assert_eq!(service.call("GET", "/v1/flows/f", &token).await.body["name"], "The f");
    }
}
