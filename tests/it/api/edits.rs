//! Edits: verified before anything is replaced, with stored secrets that go nowhere new.

use keystead::domain::id::{CredentialId, WorkspaceId};
use keystead::domain::rights::{Right, Scope};
use serde_json::{Value, json};

use super::service::{Answer, Service, request};
use crate::harness::databases::on_both_databases;
use crate::harness::recorder::header;

pub const KEY: &str = "key-\"one\"-%41\\4711";
pub const SECRET: &str = "secret-two-0815";

/// A stored credential with two secrets and its path.
pub async fn saved(service: &Service, token: &str) -> (String, Answer) {
    let fields = json!({
        "apiKey": KEY, "apiSecret": SECRET, "baseUrl": format!("{}/one", service.upstream.origin()), "note": "first",
    });
    let body = json!({"component": "pair", "name": "Pair", "fields": fields});
    let answer = service.post("/v1/credentials", token, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    (format!("/v1/credentials/{}", answer.body["id"].as_str().unwrap()), answer)
}

fn fields(fields: Value) -> Value {
    json!({ "fields": fields })
}

/// The value of a header of the newest request.
fn sent(service: &Service, name: &str) -> Option<String> {
    header(service.upstream.received().last().unwrap(), name).map(str::to_owned)
}

async fn assert_untouched(service: &Service, path: &str, token: &str, before: &Answer) {
    let now = service.call("GET", path, token).await;
    assert_eq!((&now.body, &now.headers["etag"]), (&before.body, &before.headers["etag"]));
}

async fn audit(service: &Service, action: &str) -> Vec<String> {
    let entries = service.app.store.list_audit(Some(&WorkspaceId::default_workspace()), 100).await.unwrap();
    let mut outcomes: Vec<String> =
        entries.into_iter().filter(|entry| entry.action == action).map(|entry| entry.outcome).collect();
    outcomes.sort();
    outcomes
}

on_both_databases! {
    async fn stored_secrets_survive_an_edit_byte_for_byte(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, created) = saved(&service, &token).await;
        let base_url = format!("{}/two", service.upstream.origin());
        let answer = service.patch(&path, &token, &fields(json!({"baseUrl": base_url, "note": null}))).await;
        assert_eq!((answer.status, &answer.headers["etag"]), (200, &"\"v2\"".parse().unwrap()), "{}", answer.text);
        let mut expected = created.body.clone();
        expected["fields"] = json!({ "baseUrl": base_url });
        for member in ["verified_at", "updated_at"] {
            assert!(answer.body[member].as_str() >= expected[member].as_str());
            expected[member] = answer.body[member].clone();
        }
        assert_eq!(answer.body, expected);
        assert_untouched(&service, &path, &token, &answer).await;
        for _ in 0..2 {
            assert_eq!((sent(&service, "api_key").unwrap(), sent(&service, "api_secret").unwrap()), (KEY.to_owned(), SECRET.to_owned()));
            assert!(service.upstream.received().last().unwrap().starts_with("GET /two/pair "));
            let verified = service.call("POST", &format!("{path}/verify"), &token).await;
            assert_eq!(verified.body["verdict"], "valid", "{}", verified.text);
        }
        assert_eq!(service.database.number("SELECT version FROM credentials").await, 2);
        assert_eq!(audit(&service, "credential.edit").await, ["started", "valid"]);
    }

    async fn a_new_secret_replaces_the_old_one_once_it_is_accepted(db: Database) {
        let service = Service::with_pair(db).await;
        // Nothing that is stored is used: the right to write is enough.
        let token = service.member(&[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let user = service.member(&[Right::CredentialsUse]).await;
        let (path, _) = saved(&service, &token).await;
        let patch = json!({"name": "Other", "fields": {"apiKey": "new-key-1", "apiSecret": "********", "note": "second"}});
        let answer = service.patch(&path, &token, &patch).await;
        assert_eq!((answer.status, &answer.body["name"], &answer.body["fields"]["note"]), (200, &json!("Other"), &json!("second")));
        assert!(!answer.text.contains("new-key-1") && !answer.text.contains("********"), "{}", answer.text);
        for _ in 0..2 {
            // A mask is what it is: eight asterisks.
            assert_eq!((sent(&service, "api_key").unwrap(), sent(&service, "api_secret").unwrap()), ("new-key-1".to_owned(), "********".to_owned()));
            assert_eq!(service.call("POST", &format!("{path}/verify"), &user).await.body["verdict"], "valid");
        }
        assert_eq!(audit(&service, "credential.edit").await, ["valid"]);
    }

    async fn null_removes_and_absent_keeps(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, before) = saved(&service, &token).await;
        let refused = service.patch(&path, &token, &fields(json!({"apiKey": null}))).await;
        assert_eq!((refused.outcome(), refused.pointers()), ((422, "fields-invalid"), vec!["/apiKey"]));
        assert_untouched(&service, &path, &token, &before).await;
        let answer = service.patch(&path, &token, &fields(json!({"apiSecret": null}))).await;
        assert_eq!((answer.status, &answer.body["secrets"]), (200, &json!(["/apiKey"])), "{}", answer.text);
        assert_eq!(answer.body["fields"], before.body["fields"]);
        assert_eq!((sent(&service, "api_key").as_deref(), sent(&service, "api_secret")), (Some(KEY), None));
        // And back, at the same address: the stored key may stay.
        let answer = service.patch(&path, &token, &fields(json!({"apiSecret": "third-secret"}))).await;
        assert_eq!((answer.status, &answer.body["secrets"]), (200, &json!(["/apiKey", "/apiSecret"])), "{}", answer.text);
        assert_eq!((sent(&service, "api_key").as_deref(), sent(&service, "api_secret").as_deref()), (Some(KEY), Some("third-secret")));
    }

    async fn a_moved_destination_takes_no_stored_secret_along(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, before) = saved(&service, &token).await;
        let evil = format!("{}/one", service.elsewhere.origin());
        let both = vec!["/apiKey", "/apiSecret"];
        let cases = [
            (json!({"baseUrl": evil}), both.clone()),
            (json!({"baseUrl": evil, "hookKey": "a-new-secret"}), both.clone()),
            (json!({"baseUrl": evil, "unknownSecret": "a-new-secret"}), both.clone()),
            (json!({"baseUrl": evil, "apiKey": "again-1"}), vec!["/apiSecret"]),
            (json!({"baseUrl": evil, "apiSecret": "again-2"}), vec!["/apiKey"]),
            (json!({"baseUrl": evil, "apiSecret": null}), vec!["/apiKey"]),
            (json!({"baseUrl": evil, "apiSecret": null, "hookKey": "again-3", "hooksUrl": evil}), vec!["/apiKey"]),
            (json!({"hooksUrl": evil, "hookKey": "a-new-secret"}), both.clone()),
        ];
        for (patch, pointers) in &cases {
            for query in ["", "?dry_run=true"] {
                let body = json!({"name": "Evil", "fields": patch, "accept_unverified": true});
                let answer = service.patch(&format!("{path}{query}"), &token, &body).await;
                assert_eq!((answer.outcome(), &answer.pointers()), ((422, "secrets-must-be-resent"), pointers), "{patch} {query}");
                assert!(!answer.text.contains(KEY) && !answer.text.contains("again-"), "{}", answer.text);
            }
        }
        for base_url in [evil.replace("http://", "http://user@"), evil.replace("127.0.0.1", "2130706433"), String::new()] {
            let answer = service.patch(&path, &token, &fields(json!({"baseUrl": base_url}))).await;
            assert_eq!(answer.status, 422, "{base_url}: {}", answer.text);
        }
        assert_untouched(&service, &path, &token, &before).await;
        assert!(service.elsewhere.received().is_empty());
        assert_eq!(service.upstream.received().len(), 1);
        let outcomes = audit(&service, "credential.edit").await;
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "secrets-must-be-resent").count(), cases.len());
        assert!(!outcomes.contains(&"started".to_owned()));

        let patch = fields(json!({"baseUrl": evil, "apiKey": "again-1", "apiSecret": null}));
        let answer = service.patch(&path, &token, &patch).await;
        assert_eq!((answer.status, &answer.body["secrets"]), (200, &json!(["/apiKey"])), "{}", answer.text);
        assert_eq!(service.call("POST", &format!("{path}/verify"), &token).await.body["verdict"], "valid");
        let received = service.elsewhere.received();
        assert_eq!(received.len(), 2);
        assert!(received.iter().all(|request| !request.contains(KEY) && !request.contains(SECRET) && request.contains("again-1")));
    }

    async fn keeping_a_stored_secret_is_using_it(db: Database) {
        let service = Service::with_pair(db).await;
        let writer = service.member(&[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let (path, before) = saved(&service, &writer).await;
        for patch in [json!({"note": "x"}), json!({"apiKey": "k"}), json!({"apiSecret": null}), json!({"baseUrl": service.elsewhere.origin()})] {
            for query in ["", "?dry_run=true"] {
                let answer = service.patch(&format!("{path}{query}"), &writer, &fields(patch.clone())).await;
                assert_eq!((answer.outcome(), &answer.body["right"]), ((403, "missing-right"), &json!("credentials:use")), "{patch}");
            }
        }
        assert_untouched(&service, &path, &writer, &before).await;
        assert_eq!(service.upstream.received().len(), 1);
        assert!(audit(&service, "credential.edit").await.is_empty());
        let reader = service.member(&[Right::CredentialsRead, Right::CredentialsUse]).await;
        assert_eq!(service.patch(&path, &reader, &json!({"name": "x"})).await.body["right"], "credentials:write");
    }

    async fn a_name_alone_verifies_nothing_and_nothing_changes_nothing(db: Database) {
        let service = Service::with_pair(db).await;
        let writer = service.member(&[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let (path, before) = saved(&service, &writer).await;
        for patch in [json!({}), json!({"fields": {}}), json!({"name": " Pair "}), fields(json!({"note": "first", "hooksUrl": null}))] {
            let answer = service.patch(&path, &writer, &patch).await;
            assert_eq!((answer.status, &answer.body, &answer.headers["etag"]), (200, &before.body, &before.headers["etag"]), "{patch}");
        }
        let answer = service.patch(&path, &writer, &json!({"name": "Renamed"})).await;
        assert_eq!((answer.status, &answer.body["name"], &answer.headers["etag"]), (200, &json!("Renamed"), &"\"v2\"".parse().unwrap()));
        assert_eq!((&answer.body["verified_at"], &answer.body["status"]), (&before.body["verified_at"], &json!("verified")));
        assert_untouched(&service, &path, &writer, &answer).await;
        assert_eq!(service.database.number("SELECT version FROM credentials").await, 1);
        assert_eq!(service.upstream.received().len(), 1);
        assert_eq!(audit(&service, "credential.edit").await, ["renamed"]);
        for (patch, pointer) in [
            (json!({"name": null}), "/name"), (json!({"name": ""}), "/name"), (json!({"fields": null}), "/fields"),
            (json!({"fields": []}), "/fields"), (json!({"status": "verified"}), "/status"), (json!({"component": "petstore"}), "/component"),
        ] {
            let refused = service.patch(&path, &writer, &patch).await;
            assert_eq!((refused.outcome(), refused.pointers()), ((422, "request-invalid"), vec![pointer]), "{patch}");
        }
        assert_eq!(service.send_with("PATCH", &path, &writer, ("x-plain", "1"), &json!({})).await.status, 200);
        let text = request("PATCH", &path, &writer).header("content-type", "text/plain");
        assert_eq!(service.send(text.body("{}".into()).unwrap()).await.outcome(), (415, "media-type-unsupported"));
    }

    async fn what_was_not_accepted_replaces_nothing(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let created = service.post("/v1/credentials", &token, &service.draft("good")).await;
        let path = created.headers["location"].to_str().unwrap().to_owned();
        let shop = |shop: &str| service.draft(shop)["fields"]["baseUrl"].clone();
        let mut bad = fields(json!({"baseUrl": shop("bad")}));
        bad["accept_unverified"] = true.into();
        assert_eq!(service.patch(&path, &token, &bad).await.outcome(), (422, "credential-rejected"));
        let mut busy = fields(json!({"baseUrl": shop("busy")}));
        assert_eq!(service.patch(&path, &token, &busy).await.outcome(), (424, "verification-undecided"));
        let refused = service.patch(&path, &token, &fields(json!({"baseUrl": "http://127.0.0.1:1/", "apiKey": "k"}))).await;
        assert_eq!(refused.outcome(), (422, "destination-refused"));
        assert_untouched(&service, &path, &token, &created).await;
        busy["accept_unverified"] = true.into();
        let answer = service.patch(&path, &token, &busy).await;
        assert_eq!((answer.status, &answer.body["status"], &answer.body["verified_at"]), (200, &json!("unverified"), &Value::Null), "{}", answer.text);
        assert_eq!(answer.body["fields"]["baseUrl"], shop("busy"));
        let answer = service.patch(&path, &token, &fields(json!({"baseUrl": shop("good")}))).await;
        assert_eq!((answer.status, &answer.body["status"], &answer.headers["etag"]), (200, &json!("verified"), &"\"v3\"".parse().unwrap()));
        assert_eq!(audit(&service, "credential.edit").await, [
            "destination-refused", "invalid", "started", "started", "started", "started", "undecided", "undecided", "valid",
        ]);
    }

    async fn a_dry_run_tells_what_would_change(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, before) = saved(&service, &token).await;
        let dry = format!("{path}?dry_run=true");
        let changes = |name: bool, added: &[&str], changed: &[&str], removed: &[&str], destinations: bool| {
            json!({"name": name, "added": added, "changed": changed, "removed": removed, "destinations": destinations})
        };
        let patch = json!({"name": "N", "fields": {"apiKey": KEY, "note": null, "baseUrl": format!("{}/x", service.upstream.origin())}});
        let answer = service.patch(&dry, &token, &patch).await;
        assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("valid")), "{}", answer.text);
        // The key is the stored one, which is not told.
        assert_eq!(answer.body["changes"], changes(true, &[], &["/apiKey", "/baseUrl"], &["/note"], false));
        assert_eq!(answer.body["evidence"]["exchanges"].as_array().unwrap().len(), 1);
        let hooks = format!("{}/h", service.upstream.origin());
        let answer = service.patch(&dry, &token, &fields(json!({"hookKey": "h-secret", "hooksUrl": hooks}))).await;
        assert_eq!(answer.body["changes"], changes(false, &["/hookKey", "/hooksUrl"], &[], &[], true), "{}", answer.text);
        let answer = service.patch(&dry, &token, &json!({"name": "N"})).await;
        assert_eq!(answer.body, json!({
            "changes": changes(true, &[], &[], &[], false), "usage": {"active": 0, "inactive": 0, "active_flows": 0},
            "verdict": null,
        }));
        assert_untouched(&service, &path, &token, &before).await;
        assert_eq!(service.database.number("SELECT COUNT(*) FROM verifications").await, 1);
        assert_eq!(audit(&service, "credential.edit-dry-run").await, ["started", "started", "valid", "valid"]);
    }

    async fn no_value_is_left_in_audit_and_evidence(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, created) = saved(&service, &token).await;
        let patches = [
            json!({"name": "canary-name", "fields": {"apiKey": "canary-key", "note": "canary-note"}}),
            json!({"fields": {"apiKey": "canary-key", "canary-unknown": "canary-value"}}),
            json!({"fields": {"baseUrl": service.elsewhere.origin(), "apiKey": "canary-key"}}),
        ];
        for patch in &patches {
            service.patch(&format!("{path}?dry_run=true"), &token, patch).await;
            service.patch(&path, &token, patch).await;
        }
        let default = WorkspaceId::default_workspace();
        let id: CredentialId = created.body["id"].as_str().unwrap().parse().unwrap();
        let audit = service.app.store.list_audit(Some(&default), 100).await.unwrap();
        let kept = service.app.store.list_verifications(&default, &id).await.unwrap();
        assert!(audit.len() > 6 && kept.len() == 2, "{audit:?}");
        let text = format!("{audit:?} {kept:?}");
        for value in [KEY, SECRET, "canary"] {
            assert!(!text.contains(value), "{value}: {text}");
        }
    }

    async fn what_does_not_open_is_not_edited(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, _) = saved(&service, &token).await;
        service.database.sql("UPDATE credentials SET version = 7").await.unwrap();
        let answer = service.patch(&path, &token, &fields(json!({"note": "x"}))).await;
        assert_eq!(answer.outcome(), (500, "internal"));
        assert_eq!(service.upstream.received().len(), 1);
    }

    async fn strangers_edits_find_nothing(db: Database) {
        let service = Service::with_pair(db).await;
        let other = service.workspace("other").await;
        let theirs = service.token(Scope::Workspace(other), &[Right::Admin], None).await;
        let ours = service.member(&[Right::Admin]).await;
        let (path, before) = saved(&service, &theirs).await;
        let random = format!("/v1/credentials/cred_{}", "0".repeat(26));
        for path in [path.as_str(), &random, "/v1/credentials/x"] {
            for body in [json!({"name": "x"}), fields(json!({"apiKey": "k", "apiSecret": "s"}))] {
                let answer = service.patch(path, &ours, &body).await;
                assert_eq!(answer.outcome(), (404, "not-found"), "{path}");
                let answer = service.send_with("PATCH", path, &ours, ("if-match", "\"v1\""), &body).await;
                assert_eq!(answer.outcome(), (404, "not-found"), "{path}");
            }
        }
        assert_untouched(&service, &path, &theirs, &before).await;
        assert_eq!(service.upstream.received().len(), 1);
    }
}
