//! Several who change one credential: nobody writes over what they have not seen.

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::edits::saved;
use super::service::{Answer, Service};
use crate::harness::databases::on_both_databases;

async fn current(service: &Service, path: &str, token: &str) -> Answer {
    service.call("GET", path, token).await
}

/// New fields whose verification waits at the gate.
fn gated(service: &Service, note: &str) -> Value {
    let base_url = format!("{}/gate", service.upstream.origin());
    json!({"fields": {"baseUrl": base_url, "note": note, "apiKey": format!("key-of-{note}"), "apiSecret": "s-0815"}})
}

on_both_databases! {
    async fn the_tag_changes_with_everything_that_is_shown(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, created) = saved(&service, &token).await;
        let mut tags = vec![created.headers["etag"].clone()];
        service.patch(&path, &token, &json!({"name": "Other"})).await;
        tags.push(current(&service, &path, &token).await.headers["etag"].clone());
        service.patch(&path, &token, &json!({"fields": {"note": "x"}})).await;
        tags.push(current(&service, &path, &token).await.headers["etag"].clone());
        service.call("POST", &format!("{path}/verify"), &token).await;
        tags.push(current(&service, &path, &token).await.headers["etag"].clone());
        service.patch(&format!("{path}?dry_run=true"), &token, &json!({"name": "X", "fields": {"note": "y"}})).await;
        assert_eq!(current(&service, &path, &token).await.headers["etag"], tags[3]);
        assert_eq!(tags, ["\"v1\"", "\"v2\"", "\"v3\"", "\"v4\""]);
    }

    async fn a_change_is_made_only_to_the_state_that_it_is_meant_for(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (path, _) = saved(&service, &token).await;
        let verify = format!("{path}/verify");
        service.patch(&path, &token, &json!({"name": "Second"})).await;
        let before = current(&service, &path, &token).await;
        let changes = [
            ("PATCH", &path, json!({"name": "Third"})), ("PATCH", &path, json!({"fields": {"note": "x"}})),
            ("PATCH", &path, json!({})), ("DELETE", &path, json!({})), ("POST", &verify, json!({})),
        ];
        for (method, path, body) in &changes {
            for tag in ["\"v1\"", "W/\"v2\"", "\"v3\"", "\"\"", "\"v02\"", "W/\"v2\", \"v1\""] {
                let answer = service.send_with(method, path, &token, ("if-match", tag), body).await;
                assert_eq!(answer.outcome(), (412, "precondition-failed"), "{method} {tag}");
            }
            for tag in ["", "v2", "\"v2", "*, \"v2\"", "'v2'"] {
                let answer = service.send_with(method, path, &token, ("if-match", tag), body).await;
                assert_eq!((answer.outcome(), &answer.body["header"]), ((400, "request-invalid"), &json!("if-match")), "{method} {tag}");
            }
        }
        let after = current(&service, &path, &token).await;
        assert_eq!((after.body, &after.headers["etag"]), (before.body, &before.headers["etag"]));
        assert_eq!(service.upstream.received().len(), 1);
        for (tag, body) in [("*", json!({"name": "Third"})), ("\"v9\", \"v3\"", json!({"fields": {"note": "x"}}))] {
            let answer = service.send_with("PATCH", &path, &token, ("if-match", tag), &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        assert_eq!(service.send_with("POST", &verify, &token, ("if-match", "\"v4\""), &json!({})).await.status, 200);
        assert_eq!(service.send_with("DELETE", &path, &token, ("if-match", "\"v5\""), &json!({})).await.status, 204);
        for (tag, status) in [("*", 404), ("\"v5\"", 404)] {
            assert_eq!(service.send_with("DELETE", &path, &token, ("if-match", tag), &json!({})).await.status, status);
        }
    }

    async fn of_two_editors_one_wins_and_the_other_is_told(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        for (tag, loss) in [(None, (409, "credential-changed")), (Some("\"v1\""), (412, "precondition-failed"))] {
            let (path, _) = saved(&service, &token).await;
            let edit = async |note: &str| match tag {
                None => service.patch(&path, &token, &gated(&service, note)).await,
                Some(tag) => service.send_with("PATCH", &path, &token, ("if-match", tag), &gated(&service, note)).await,
            };
            // Both wait for each other in the middle of their verifications.
            let (one, two) = tokio::join!(edit("one"), edit("two"));
            let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
            assert_eq!((won.status, lost.outcome()), (200, loss), "{}", won.text);
            let now = current(&service, &path, &token).await;
            assert_eq!((&now.body, &now.headers["etag"]), (&won.body, &"\"v2\"".parse().unwrap()));
            // What is sealed is the winner's too.
            let note = now.body["fields"]["note"].as_str().unwrap();
            let base_url = format!("{}/one", service.upstream.origin());
            assert_eq!(service.patch(&path, &token, &json!({"fields": {"baseUrl": base_url}})).await.status, 200);
            assert!(service.upstream.received().last().unwrap().contains(&format!("key-of-{note}")));
        }
    }

    async fn what_happens_during_a_verification_is_not_lost(db: Database) {
        let service = Service::with_pair(db).await;
        let token = service.member(&[Right::Admin]).await;
        let during = async |path: &str, tag: &str, (method, change): (&str, Value)| {
            let edit = gated(&service, "new");
            let meanwhile = async {
                service.gate.wait().await;
                let answer = service.send_with(method, path, &token, ("if-match", "*"), &change).await;
                service.gate.wait().await;
                answer
            };
            tokio::join!(service.send_with("PATCH", path, &token, ("if-match", tag), &edit), meanwhile)
        };
        let rename = || ("PATCH", json!({"name": "Meanwhile"}));
        // Neither editor of different things takes the other's change back,
        let (path, _) = saved(&service, &token).await;
        let (edited, renamed) = during(&path, "*", rename()).await;
        assert_eq!((edited.status, renamed.status), (200, 200), "{}", edited.text);
        let now = current(&service, &path, &token).await;
        assert_eq!((&now.body["name"], &now.body["fields"]["note"]), (&json!("Meanwhile"), &json!("new")));
        // unless one of them asked for what it had seen.
        let (path, _) = saved(&service, &token).await;
        let (edited, renamed) = during(&path, "\"v1\"", rename()).await;
        assert_eq!((edited.outcome(), renamed.status), ((412, "precondition-failed"), 200));
        let now = current(&service, &path, &token).await;
        assert_eq!((&now.body["name"], &now.body["fields"]["note"]), (&json!("Meanwhile"), &json!("first")));
        // What was deleted stays deleted.
        let (path, _) = saved(&service, &token).await;
        let (edited, deleted) = during(&path, "*", ("DELETE", json!({}))).await;
        assert_eq!((edited.outcome(), deleted.status), ((409, "credential-changed"), 204));
        assert_eq!(current(&service, &path, &token).await.status, 404);
    }
}
