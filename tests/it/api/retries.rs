//! Creations that are sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keystead::api::Settings;
use keystead::app::Actor;
use keystead::domain::rights::{Right, Scope};
use serde_json::{Value, json};

use super::service::{Answer, Hands, Service};
use crate::harness::databases::on_both_databases;
use crate::harness::wasm::plugin;

async fn create(service: &Service, token: &str, key: &str, body: &Value) -> Answer {
    service.send_with("POST", "/v1/credentials", token, ("idempotency-key", key), body).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

async fn rows(service: &Service) -> i64 {
    service.database.number("SELECT COUNT(*) FROM credentials").await
}

on_both_databases! {
    async fn the_same_request_again_is_answered_with_what_it_created(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::CredentialsWrite]).await;
        let key = "order-4711/!~";
        let first = create(&service, &token, key, &service.draft("good")).await;
        assert_eq!((first.status, is_replay(&first)), (201, false), "{}", first.text);
        // The answer was lost, and the service started anew.
        let base_url = service.draft("good")["fields"]["baseUrl"].clone();
        let service = service.restart().await;
        let reordered = json!({"fields": {"baseUrl": base_url, "apiKey": "the-key-4711"}, "accept_unverified": false, "component": "petstore"});
        for _ in 0..2 {
            let again = create(&service, &token, key, &reordered).await;
            assert_eq!((again.status, &again.body, is_replay(&again)), (201, &first.body, true), "{}", again.text);
            for name in ["etag", "location"] {
                assert_eq!(again.headers[name], first.headers[name]);
            }
        }
        assert_eq!(rows(&service).await, 1);
        assert!(service.upstream.received().is_empty(), "nothing was verified anew");
    }

    async fn another_request_does_not_get_the_key(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        assert_eq!(create(&service, &token, "k", &service.draft("good")).await.status, 201);
        type Change = fn(&mut Value);
        let changes: [Change; 5] = [
            |body| body["name"] = "Shop".into(),
            |body| body["accept_unverified"] = true.into(),
            |body| body["fields"]["apiKey"] = "the-key-4712".into(),
            |body| body["fields"]["extra"] = "x".into(),
            |body| body["component"] = "other".into(),
        ];
        for change in changes {
            let mut body = service.draft("good");
            change(&mut body);
            let answer = create(&service, &token, "k", &body).await;
            assert_eq!(answer.outcome(), (422, "idempotency-key-reused"), "{body}");
            assert!(!answer.text.contains("the-key"), "{}", answer.text);
        }
        assert_eq!(create(&service, &token, "K", &service.draft("good")).await.status, 201);
        assert_eq!((rows(&service).await, service.upstream.received().len()), (2, 2));
    }

    async fn two_at_once_create_one(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let body = service.draft("gate");
        let (mut one, mut two) = tokio::join!(create(&service, &token, "k", &body), create(&service, &token, "k", &body));
        if is_replay(&one) {
            std::mem::swap(&mut one, &mut two);
        }
        assert_eq!((one.status, two.status, is_replay(&one), is_replay(&two)), (201, 201, false, true), "{}", two.text);
        assert_eq!(one.body, two.body);
        assert_eq!(rows(&service).await, 1);
        // Another body at the same time is told so.
        let mut other = body.clone();
        other["name"] = "Other".into();
        let (one, two) = tokio::join!(create(&service, &token, "l", &body), create(&service, &token, "l", &other));
        let (won, lost) = if one.status == 201 { (one, two) } else { (two, one) };
        assert_eq!((won.status, lost.outcome()), (201, (422, "idempotency-key-reused")));
        assert_eq!(rows(&service).await, 2);
        // Every verification left its record.
        assert_eq!(service.database.number("SELECT COUNT(*) FROM audit WHERE action = 'credential.create'").await, 4);
    }

    async fn what_created_nothing_is_done_again(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for _ in 0..2 {
            assert_eq!(create(&service, &token, "k", &service.draft("bad")).await.outcome(), (422, "credential-rejected"));
            assert_eq!(create(&service, &token, "k", &service.draft("busy")).await.outcome(), (424, "verification-undecided"));
        }
        let dry = service.send_with("POST", "/v1/credentials?dry_run=true", &token, ("idempotency-key", "k"), &service.draft("good")).await;
        assert_eq!((dry.status, &dry.body["verdict"]), (200, &json!("valid")), "{}", dry.text);
        let answer = create(&service, &token, "k", &service.draft("good")).await;
        assert_eq!((answer.status, is_replay(&answer)), (201, false));
        assert_eq!(service.upstream.received().len(), 6);
    }

    async fn a_key_ends_with_its_credential_or_after_a_day(db: Database) {
        let hands = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let service = Service::with_clock(db, Settings::default(), hands.clone()).await;
        keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
        let token = service.member(&[Right::Admin]).await;
        let first = create(&service, &token, "k", &service.draft("good")).await;
        assert_eq!(service.call("DELETE", first.headers["location"].to_str().unwrap(), &token).await.status, 204);
        let second = create(&service, &token, "k", &service.draft("good")).await;
        assert_eq!((second.status, is_replay(&second)), (201, false));
        let day = 24 * 60 * 60 * 1000;
        hands.0.fetch_add(day - 1, Ordering::SeqCst);
        assert!(is_replay(&create(&service, &token, "k", &service.draft("good")).await));
        hands.0.fetch_add(1, Ordering::SeqCst);
        let mut other = service.draft("good");
        other["name"] = "Other".into();
        let third = create(&service, &token, "k", &other).await;
        assert_eq!((third.status, is_replay(&third), rows(&service).await), (201, false, 2), "{}", third.text);
        let again = create(&service, &token, "k", &other).await;
        assert_eq!((is_replay(&again), again.body), (true, third.body));
    }

    async fn what_was_edited_is_answered_as_it_is(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let first = create(&service, &token, "k", &service.draft("good")).await;
        let renamed = service.patch(first.headers["location"].to_str().unwrap(), &token, &json!({"name": "Renamed"})).await;
        let again = create(&service, &token, "k", &service.draft("good")).await;
        assert_eq!((again.status, again.body, &again.headers["etag"]), (201, renamed.body, &renamed.headers["etag"]));
    }

    async fn keys_of_workspaces_are_independent(db: Database) {
        let service = Service::with_petstore(db).await;
        let ours = service.member(&[Right::Admin]).await;
        let other = service.workspace("other").await;
        let theirs = service.token(Scope::Workspace(other), &[Right::Admin], None).await;
        let (one, two) = (create(&service, &ours, "k", &service.draft("good")).await, create(&service, &theirs, "k", &service.draft("good")).await);
        assert_eq!((one.status, two.status, is_replay(&two)), (201, 201, false));
        assert_ne!(one.body["id"], two.body["id"]);
        // No hash tells that two workspaces asked for the same.
        assert_eq!(service.database.number("SELECT COUNT(DISTINCT idempotency_hash) FROM credentials").await, 2);
    }

    async fn keys_have_a_form(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for key in ["", "a b", "ä", &"k".repeat(256)] {
            let answer = create(&service, &token, key, &service.draft("good")).await;
            assert_eq!((answer.outcome(), &answer.body["header"]), ((400, "request-invalid"), &json!("idempotency-key")), "{key}");
        }
        assert_eq!(rows(&service).await, 0);
        assert_eq!(create(&service, &token, &"k".repeat(255), &service.draft("good")).await.status, 201);
    }
}
