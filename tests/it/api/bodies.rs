//! Bad input gets a clear problem document and changes nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use hyper::body::{Bytes, Frame};
use keystead::api::Settings;
use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::{Answer, Service, request};
use crate::harness::databases::on_both_databases;

/// A value that must never be told back.
const SECRET: &str = "s3cret-4711";

/// A body of which every piece is made by a function.
struct Pieces(fn() -> Poll<Option<io::Result<Bytes>>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;
    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        (self.0)().map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
    }
}

async fn is_untouched(service: &Service, token: &str) -> bool {
    let list = service.call("GET", "/v1/credentials", token).await;
    list.body == json!({"items": [], "next_cursor": null}) && service.upstream.received().is_empty()
}

fn with(service: &Service, change: impl FnOnce(&mut Value)) -> Value {
    let mut draft = service.draft("good");
    draft["fields"]["apiKey"] = SECRET.into();
    change(&mut draft);
    draft
}

on_both_databases! {
    async fn what_is_no_acceptable_json_is_told_with_its_place(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let deep = format!(r#"{{"component":"petstore","fields":{}1{}}}"#, r#"{"a":"#.repeat(200), "}".repeat(200));
        let wide = format!(r#"{{"fields":[{}1]}}"#, "1,".repeat(20_000));
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (b"".to_vec(), "line 1"),
            (b"{".to_vec(), "line 1"),
            (b"\xff".to_vec(), "not UTF-8"),
            (br#"{"component":"petstore","fields":{"apiKey":"s3cret-4711"}} {}"#.to_vec(), "trailing"),
            (br#"{"component":"petstore","fields":{"apiKey":"s3cret-4711","apiKey":"x"}}"#.to_vec(), "/fields/apiKey"),
            (br#"{"component":"petstore","component":"other"}"#.to_vec(), "twice"),
            (b"{\"component\":\"\xc3\x28\"}".to_vec(), "not UTF-8"),
            (br#"{"fields":{"apiKey":"\ud800"}}"#.to_vec(), "hex escape"),
            (deep.into_bytes(), "deeper"),
            (wide.into_bytes(), "more than"),
        ];
        for (body, expected) in cases {
            let answer = service.post_text("/v1/credentials", &token, body.clone()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            assert_eq!(answer.outcome(), (400, "json-malformed"), "{shown}");
            assert!(answer.text.contains(expected), "{shown}: {}", answer.text);
            assert!(!answer.text.contains(SECRET), "{}", answer.text);
        }
        assert!(is_untouched(&service, &token).await);
    }

    async fn everything_wrong_with_a_body_is_told_at_once_without_values(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let body = json!({"name": 5, "fields": [SECRET], "accept_unverified": SECRET, "surplus": null, "a/b~": SECRET});
        let answer = service.post("/v1/credentials", &token, &body).await;
        assert_eq!(answer.outcome(), (422, "request-invalid"));
        assert_eq!(answer.body["errors"], json!([
            {"pointer": "/component", "message": "is missing"},
            {"pointer": "/name", "message": "must be a string, not a number"},
            {"pointer": "/fields", "message": "must be an object, not an array"},
            {"pointer": "/accept_unverified", "message": "must be true or false, not a string"},
            {"pointer": "/surplus", "message": "is not known here"},
            {"pointer": "/a~1b~0", "message": "is not known here"},
        ]));
        assert!(!answer.text.contains(SECRET), "{}", answer.text);
        for body in [json!([]), json!("x"), json!(null), json!(1)] {
            let answer = service.post("/v1/credentials", &token, &body).await;
            assert_eq!((answer.outcome(), answer.pointers()), ((422, "request-invalid"), vec![""]));
        }
        assert!(is_untouched(&service, &token).await);
    }

    async fn fields_are_checked_against_the_schema_before_anything_is_sent(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let body = with(&service, |draft| draft["fields"] = json!({"apiKey": 4711, "unknown": SECRET, "baseUrl": true}));
        let answer = service.post("/v1/credentials", &token, &body).await;
        assert_eq!(answer.outcome(), (422, "fields-invalid"));
        let mut pointers = answer.pointers();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/apiKey", "/baseUrl", "/unknown"], "{}", answer.text);
        assert!(!answer.text.contains(SECRET) && !answer.text.contains("4711"), "{}", answer.text);
        assert!(is_untouched(&service, &token).await);
    }

    async fn names_have_a_form(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for name in ["", "  ", "a\u{0}b", "a\nb", &"ä".repeat(201)] {
            let body = with(&service, |draft| draft["name"] = name.into());
            let answer = service.post("/v1/credentials", &token, &body).await;
            assert_eq!((answer.outcome(), answer.pointers()), ((422, "request-invalid"), vec!["/name"]), "{name:?}");
        }
        assert!(is_untouched(&service, &token).await);
    }

    async fn components_that_are_not_installed_look_alike(db: Database) {
        let service = Service::over(db).await;
        let token = service.member(&[Right::Admin]).await;
        let mut bodies = Vec::new();
        for id in ["petstore", "../petstore", "", "PETSTORE", "'; DROP TABLE components; --"] {
            let body = with(&service, |draft| draft["component"] = id.into());
            let answer = service.post("/v1/credentials", &token, &body).await;
            assert_eq!((answer.outcome(), answer.pointers()), ((422, "unknown-component"), vec!["/component"]), "{id}");
            bodies.push(answer.without_request_id());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1);
    }

    async fn unknown_parameters_are_refused(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let draft = service.draft("good");
        for query in ["dryrun=true", "dry_run=1", "dry_run=", "dry_run=true&dry_run=false", "dry_run=true&x=1", "%64ry=1"] {
            let answer = service.post(&format!("/v1/credentials?{query}"), &token, &draft).await;
            assert_eq!(answer.outcome(), (400, "request-invalid"), "{query}");
        }
        for query in ["limit=0", "limit=101", "limit=x", "limit=+5", "limit=-1", "component=A%20b", "state=verified"] {
            let answer = service.call("GET", &format!("/v1/credentials?{query}"), &token).await;
            assert_eq!(answer.outcome(), (400, "request-invalid"), "{query}");
        }
        assert!(is_untouched(&service, &token).await);
    }

    async fn bodies_of_another_media_type_are_refused(db: Database) {
        let service = Service::over(db).await;
        let token = service.member(&[Right::Admin]).await;
        let send = async |types: &[&str], encoding: Option<&str>| -> Answer {
            let mut request = request("POST", "/v1/credentials", &token);
            for media_type in types {
                request = request.header(CONTENT_TYPE, *media_type);
            }
            if let Some(encoding) = encoding {
                request = request.header(CONTENT_ENCODING, encoding);
            }
            service.send(request.body(Body::from(service.draft("good").to_string())).unwrap()).await
        };
        for types in [&[][..], &["text/plain"], &["application/json", "application/json"], &["application/json; charset=utf-16"],
            &["application/jsonx"], &["multipart/form-data"]] {
            let answer = send(types, None).await;
            assert_eq!(answer.outcome(), (415, "media-type-unsupported"), "{types:?}");
            assert_eq!(answer.body["expected"], "application/json");
        }
        assert_eq!(send(&["application/json"], Some("gzip")).await.outcome(), (415, "media-type-unsupported"));
        // Read, and refused for what it says.
        for media_type in ["application/json", "Application/JSON; charset=UTF-8"] {
            assert_eq!(send(&[media_type], None).await.outcome(), (422, "unknown-component"));
        }
    }

    async fn large_bodies_are_refused_declared_or_not(db: Database) {
        let settings = Settings { json_body_bytes: 1024, plugin_body_bytes: 64 << 10, ..Settings::default() };
        let service = Service::with(db, settings).await;
        let token = service.member(&[Right::Admin]).await;
        let at_limit = |extra: usize| {
            let mut body = service.draft("good").to_string();
            body.push_str(&" ".repeat(1024 - body.len() + extra));
            body
        };
        assert_eq!(service.post_text("/v1/credentials", &token, at_limit(0)).await.outcome(), (422, "unknown-component"));
        let declared = service.post_text("/v1/credentials", &token, at_limit(1)).await;
        let endless = Body::new(Pieces(|| Poll::Ready(Some(Ok(Bytes::from_static(&[b' '; 100]))))));
        let chunked = service.post_text("/v1/credentials", &token, endless).await;
        for answer in [declared, chunked] {
            assert_eq!(answer.outcome(), (413, "body-too-large"));
            assert_eq!(answer.body["limit"], 1024);
        }
        let operator = service.operator(&[Right::Operator]).await;
        let request = request("POST", "/v1/components", &operator).header(CONTENT_TYPE, "application/wasm");
        let answer = service.send(request.body(Body::from(vec![0; (64 << 10) + 1])).unwrap()).await;
        assert_eq!(answer.outcome(), (413, "body-too-large"));
    }

    async fn a_body_that_does_not_arrive_is_not_waited_for(db: Database) {
        let service = Service::with(db, Settings { body_ms: 100, ..Settings::default() }).await;
        let token = service.member(&[Right::Admin]).await;
        let never = Body::new(Pieces(|| Poll::Pending));
        let answer = service.post_text("/v1/credentials", &token, never).await;
        assert_eq!(answer.outcome(), (408, "body-too-slow"));
        let broken = Body::new(Pieces(|| Poll::Ready(Some(Err(io::Error::other("gone"))))));
        assert_eq!(service.post_text("/v1/credentials", &token, broken).await.outcome(), (408, "body-too-slow"));
    }
}
