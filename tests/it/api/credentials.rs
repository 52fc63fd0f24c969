//! The life of a credential: verified, saved, listed, verified again, deleted.

use keystead::domain::id::WorkspaceId;
use keystead::domain::rights::Right;
use keystead::store::AuditEntry;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

const KEY: &str = "the-key-4711";

async fn saved(service: &Service, token: &str) -> Value {
    let answer = service.post("/v1/credentials", token, &service.draft("good")).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

async fn audit(service: &Service) -> Vec<(String, String)> {
    let entries: Vec<AuditEntry> =
        service.app.store.list_audit(Some(&WorkspaceId::default_workspace()), 100).await.unwrap();
    entries.into_iter().map(|entry| (entry.action, entry.outcome)).collect()
}

fn pair(action: &str, outcome: &str) -> (String, String) {
    (action.to_owned(), outcome.to_owned())
}

/// What differs from run to run.
fn redact(mut body: Value, names: &[&str]) -> Value {
    for name in names {
        if body[*name].is_string() {
            body[*name] = "…".into();
        }
    }
    body
}

on_both_databases! {
    async fn what_the_application_accepts_is_saved_and_shown_without_secrets(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let mut draft = service.draft("good");
        draft["name"] = "  Shop  ".into();
        let answer = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(!answer.text.contains(KEY), "{}", answer.text);
        let id = answer.body["id"].as_str().unwrap();
        assert_eq!(answer.headers["location"].to_str().unwrap(), format!("/v1/credentials/{id}"));
        assert_eq!(answer.headers["etag"], "\"v1\"");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let digest = answer.body["release"]["digest"].clone();
        assert_eq!(redact(answer.body.clone(), &["id", "verified_at", "created_at", "updated_at"]), json!({
            "id": "…", "workspace": "default", "component": "petstore", "name": "Shop", "status": "verified",
            "account": null, "fields": {"baseUrl": draft["fields"]["baseUrl"]}, "secrets": ["/apiKey"],
            "verified_at": "…", "release": {"version": "0.1.0", "digest": digest},
            "usage": {"active": 0, "inactive": 0, "active_flows": 0}, "last_used_at": null, "created_at": "…", "updated_at": "…",
        }));
        let read = service.call("GET", &format!("/v1/credentials/{id}"), &token).await;
        assert_eq!((read.status, &read.body, &read.headers["etag"]), (200, &answer.body, &answer.headers["etag"]));
        let list = service.call("GET", "/v1/credentials", &token).await;
        assert_eq!(list.body, json!({"items": [answer.body], "next_cursor": null}));
        assert_eq!(service.upstream.received().len(), 1);
        assert_eq!(audit(&service).await, [pair("credential.create", "valid")]);
    }

    async fn a_name_is_made_where_none_is_given(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let name = saved(&service, &token).await["name"].as_str().unwrap().to_owned();
        assert!(name.contains("Petstore"), "{name}");
    }

    async fn names_are_kept_as_they_are_written(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for name in ["'); DROP TABLE credentials; --", "名前 🔑 $1 %s \\", &"ä".repeat(200)] {
            let mut draft = service.draft("good");
            draft["name"] = name.into();
            let answer = service.post("/v1/credentials", &token, &draft).await;
            assert_eq!((answer.status, &answer.body["name"]), (201, &json!(name)), "{}", answer.text);
            let read = service.call("GET", answer.headers["location"].to_str().unwrap(), &token).await;
            assert_eq!(read.body, answer.body);
        }
    }

    async fn what_the_application_refuses_is_not_saved(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let mut draft = service.draft("bad");
        draft["accept_unverified"] = true.into();
        let answer = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!(answer.outcome(), (422, "credential-rejected"));
        assert_eq!((&answer.body["reason"], &answer.body["field"]), (&json!("rejected"), &json!("/apiKey")));
        let exchange = &answer.body["evidence"]["exchanges"][0];
        assert_eq!((&exchange["status"], &exchange["method"]), (&json!(401), &json!("GET")));
        assert_eq!(exchange["placements"], json!([{"sealed": "apiKey", "in": "header", "name": "api_key"}]));
        assert!(!answer.text.contains(KEY), "{}", answer.text);
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
        assert_eq!(audit(&service).await, [pair("credential.create", "invalid")]);
    }

    async fn what_nobody_can_say_is_saved_only_on_request(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let mut draft = service.draft("busy");
        let answer = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!(answer.outcome(), (424, "verification-undecided"));
        assert_eq!(answer.body["reason"], "provider-error");
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
        draft["accept_unverified"] = true.into();
        let answer = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!((answer.status, &answer.body["status"]), (201, &json!("unverified")), "{}", answer.text);
        assert_eq!(answer.body["verified_at"], Value::Null);
        let component = service.call("GET", "/v1/components/petstore", &token).await;
        assert_eq!(component.body["credentials"], json!({"total": 1, "attention": 1}));
    }

    async fn a_destination_that_is_not_allowed_is_never_saved(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for base_url in ["http://127.0.0.1:1/", "https://169.254.169.254/latest", "https://[::1]/", "http://localhost/"] {
            let mut draft = service.draft("good");
            draft["accept_unverified"] = true.into();
            draft["fields"]["baseUrl"] = base_url.into();
            let answer = service.post("/v1/credentials", &token, &draft).await;
            assert_eq!(answer.outcome(), (422, "destination-refused"), "{base_url}");
            assert_eq!((answer.pointers(), &answer.body["field"]), (vec!["/baseUrl"], &json!("/baseUrl")));
        }
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
    }

    async fn a_dry_run_tells_every_verdict_and_stores_nothing(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let mut told = Vec::new();
        for shop in ["good", "bad", "busy"] {
            let answer = service.post("/v1/credentials?dry_run=true", &token, &service.draft(shop)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert!(!answer.text.contains(KEY), "{}", answer.text);
            assert_eq!(answer.body["evidence"]["exchanges"].as_array().unwrap().len(), 1);
            told.push(json!([answer.body["verdict"], answer.body["reason"], answer.body["field"]]));
        }
        assert_eq!(Value::from(told), json!([
            ["valid", null, null], ["invalid", "rejected", "/apiKey"], ["undecided", "provider-error", null],
        ]));
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
        let action = "credential.dry-run";
        let mut audit = audit(&service).await;
        audit.sort();
        assert_eq!(audit, [pair(action, "invalid"), pair(action, "undecided"), pair(action, "valid")]);
    }

    async fn a_stored_credential_is_verified_as_it_is(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::CredentialsWrite, Right::CredentialsUse]).await;
        let id = saved(&service, &token).await["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/credentials/{id}/verify");
        for body in [None, Some(json!({}))] {
            let answer = match body {
                None => service.call("POST", &path, &token).await,
                Some(body) => service.post(&path, &token, &body).await,
            };
            assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("valid")), "{}", answer.text);
            assert_eq!(answer.body["credential"]["status"], "verified");
            assert_eq!(answer.body["credential"]["id"], id);
            assert!(!answer.text.contains(KEY), "{}", answer.text);
        }
        let overridden = service.post(&path, &token, &json!({"fields": {"baseUrl": "https://evil.example"}})).await;
        assert_eq!((overridden.outcome(), overridden.pointers()), ((422, "request-invalid"), vec!["/fields"]));
        let queried = service.call("POST", &format!("{path}?baseUrl=https://evil.example"), &token).await;
        assert_eq!(queried.outcome(), (400, "request-invalid"));
        assert_eq!(service.upstream.received().len(), 3);
    }

    async fn what_is_deleted_is_gone(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let path = format!("/v1/credentials/{}", saved(&service, &token).await["id"].as_str().unwrap());
        let answer = service.call("DELETE", &path, &token).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        for method in ["GET", "DELETE"] {
            assert_eq!(service.call(method, &path, &token).await.outcome(), (404, "not-found"));
        }
        assert_eq!(audit(&service).await.iter().filter(|entry| entry.0 == "credential.delete").count(), 1);
    }

    async fn pages_hold_every_credential_once(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(saved(&service, &token).await["id"].clone());
        }
        all.sort_by_key(ToString::to_string);
        for filter in ["", "&component=petstore"] {
            let mut seen = Vec::new();
            let mut path = format!("/v1/credentials?limit=2{filter}");
            loop {
                let page = service.call("GET", &path, &token).await;
                assert_eq!(page.status, 200, "{}", page.text);
                let items = page.body["items"].as_array().unwrap();
                assert!(!items.is_empty() && items.len() <= 2);
                seen.extend(items.iter().map(|item| item["id"].clone()));
                let Some(cursor) = page.body["next_cursor"].as_str() else { break };
                path = format!("/v1/credentials?limit=2{filter}&cursor={cursor}");
            }
            assert_eq!(seen, all);
        }
        let exact = service.call("GET", "/v1/credentials?limit=5", &token).await;
        assert_eq!(exact.body["next_cursor"], Value::Null);
        let other = service.call("GET", "/v1/credentials?component=other", &token).await;
        assert_eq!(other.body, json!({"items": [], "next_cursor": null}));
        // A cursor of another filter, and none at all.
        let page = service.call("GET", "/v1/credentials?limit=2", &token).await;
        let cursor = page.body["next_cursor"].as_str().unwrap();
        for query in [format!("component=petstore&cursor={cursor}"), "cursor=".to_owned(), "cursor=AAAA".to_owned()] {
            let answer = service.call("GET", &format!("/v1/credentials?{query}"), &token).await;
            assert_eq!(answer.outcome(), (400, "cursor-invalid"), "{query}");
        }
    }
}
