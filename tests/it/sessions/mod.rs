//! One verification's way out: budgets, rules, refusals, what is withheld.

mod answers;
mod edges;

use std::sync::Arc;

use keystead::domain::descriptor::Descriptor;
use keystead::domain::fields::Fields;
use keystead::domain::id::WorkspaceId;
use keystead::domain::verdict::FailureKind;
use keystead::egress::{Egress, Failure, PlanError, Refusal, Request, Session, Settings};
use serde_json::{Value, json};

use crate::harness::names::Names;
use crate::harness::recorder::{Recorder, Reply, answer};
use crate::harness::rehearsal::SeededEntropy;

fn descriptor(egress: Value, to: Value) -> Descriptor {
    let document = json!({
        "descriptor": 1, "id": "sample", "title": "Sample", "version": "0.1.0",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "Key", "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Address", "format": "uri"},
            "region": {"type": "string", "title": "Region"}}},
        "egress": egress,
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": to}],
    });
    Descriptor::parse(&document.to_string()).unwrap()
}

/// GET to the address in `baseUrl`, the key in header `api_key`.
fn sample() -> Descriptor {
    descriptor(
        json!([{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}]),
        json!([{"rule": "api", "in": "header", "name": "api_key"}]),
    )
}

fn egress(settings: Settings) -> Egress {
    Egress::new(settings, Arc::new(Names::default()), Vec::new()).unwrap()
}

fn open(egress: &Egress, descriptor: &Descriptor, fields: Value) -> Result<Session, PlanError> {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let workspace = WorkspaceId::default_workspace();
    egress.open(&workspace, descriptor, &Fields::new(fields), &SeededEntropy::new(1))
}

/// A session of `sample` against this upstream, below `/api`.
fn session(upstream: &Recorder, settings: Settings, secret: &str) -> Session {
    let egress = egress(Settings { allow: vec![upstream.allowance()], ..settings });
    open(&egress, &sample(), json!({"apiKey": secret, "baseUrl": format!("{}/api", upstream.origin())}))
        .unwrap()
}

fn get(url: impl Into<String>) -> Request {
    Request { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None, extra: Vec::new() }
}

/// A request that carries the token where it may stand.
fn keyed(session: &Session, url: impl Into<String>) -> Request {
    let fields: Value = serde_json::from_str(session.credential()).unwrap();
    let token = fields["apiKey"].as_str().unwrap().to_owned();
    Request { headers: vec![("api_key".into(), token)], ..get(url) }
}

async fn kind(session: &mut Session, request: Request) -> &'static str {
    match session.send(request).await {
        Ok(_) => "answered",
        Err(Failure { kind, .. }) => kind,
    }
}

#[tokio::test]
async fn exchanges_within_the_budget_are_made_and_no_more() {
    let upstream = Recorder::start([]).await;
    let mut session = session(&upstream, Settings { exchanges: 2, ..Settings::default() }, "long-secret");
    let url = format!("{}/api/x", upstream.origin());
    for expected in ["answered", "answered", "budget", "budget"] {
        assert_eq!(kind(&mut session, get(&url)).await, expected);
    }
    assert_eq!(upstream.received().len(), 2);
    assert_eq!(
        session.into_record().exchanges.len(),
        3,
        "a loop of refused attempts does not fill the evidence"
    );
}

#[tokio::test]
async fn bytes_out_are_counted_over_the_whole_verification() {
    let upstream = Recorder::start([]).await;
    let mut session =
        session(&upstream, Settings { request_bytes: 2048, ..Settings::default() }, "long-secret");
    let url = format!("{}/api/x", upstream.origin());
    let padded = |size: usize| Request { headers: vec![("x-pad".into(), "p".repeat(size))], ..get(&url) };
    assert_eq!(kind(&mut session, padded(1000)).await, "answered");
    assert_eq!(kind(&mut session, padded(500)).await, "answered");
    assert_eq!(kind(&mut session, padded(1000)).await, "too-large");
    assert_eq!(upstream.received().len(), 2);
}

#[tokio::test]
async fn bytes_in_within_the_cap_are_read_and_no_more() {
    let body = "b".repeat(4096);
    let upstream = Recorder::start([("/api/big", answer(200, "text/plain", &body))]).await;
    for (cap, expected) in [(4096, "answered"), (4095, "too-large")] {
        let settings = Settings { response_body_bytes: cap, ..Settings::default() };
        let mut session = session(&upstream, settings, "long-secret");
        assert_eq!(kind(&mut session, get(format!("{}/api/big", upstream.origin()))).await, expected);
    }
}

#[tokio::test]
async fn only_the_declared_origin_and_path_prefix_are_reached() {
    let upstream = Recorder::start([]).await;
    let origin = upstream.origin();
    let other = Recorder::start([]).await;
    let cases = [
        (format!("{origin}/api"), "answered"),
        (format!("{origin}/api/"), "answered"),
        (format!("{origin}/api?x=1"), "answered"),
        (format!("{origin}/apix"), "destination-refused"),
        (format!("{origin}/"), "destination-refused"),
        (format!("{origin}/API/x"), "destination-refused"),
        (format!("{}/api/x", other.origin()), "destination-refused"),
        (format!("{}/api/x", origin.replace("http:", "https:")), "destination-refused"),
        (format!("{origin}/api/../x"), "ambiguous-url"),
        (format!("{origin}/api/%2e%2e/x"), "ambiguous-url"),
        (format!("{origin}/api/..%2fx"), "destination-refused"),
        (format!("{origin}/api/x#fragment"), "ambiguous-url"),
        (origin.replace("127.0.0.1", "2130706433") + "/api/x", "ambiguous-url"),
        ("http:/127.0.0.1/api".to_owned(), "ambiguous-url"),
        ("file:///etc/passwd".to_owned(), "destination-refused"),
    ];
    for (url, expected) in cases {
        let mut session = session(&upstream, Settings::default(), "long-secret");
        let found = kind(&mut session, get(&url)).await;
        let is_refused = |kind: &str| matches!(kind, "destination-refused" | "ambiguous-url");
        assert!(found == expected || is_refused(found) && is_refused(expected), "{url}: {found}");
        if expected != "answered" {
            let refusal = session.into_record().refusal.expect("the refusal is kept");
            assert!(
                matches!(&refusal, Refusal::Plugin(failure) if failure.kind == FailureKind::DestinationRefused),
                "{url}: {refusal:?}"
            );
        }
    }
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_typed_destination_that_is_not_allowed_names_its_field() {
    let egress = egress(Settings::default());
    for address in [
        "https://127.0.0.1/",
        "https://10.0.0.1",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "http://example.com",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://example.com:25/",
        "ftp://example.com/",
        "https://user@example.com/",
        "https://0x7f.1/",
        "https://example.com/?query=1",
        "not an address",
    ] {
        let error = open(&egress, &sample(), json!({"apiKey": "k", "baseUrl": address})).err();
        let Some(PlanError::Destination(refusal)) = error else { panic!("{address}: {error:?}") };
        assert_eq!(refusal.pointer, "/baseUrl", "{address}");
        assert!(!refusal.message.is_empty());
    }
}

#[tokio::test]
async fn a_typed_name_that_leads_inside_is_the_persons_a_declared_one_the_plugins() {
    let names = || Arc::new(Names::default().with("inside.example.com", "10.1.2.3"));
    let egress = Egress::new(Settings::default(), names(), Vec::new()).unwrap();
    let url = "https://inside.example.com/me";
    let mut typed =
        open(&egress, &sample(), json!({"apiKey": "k", "baseUrl": "https://inside.example.com"})).unwrap();
    assert_eq!(kind(&mut typed, get(url)).await, "address-refused");
    let refusal = typed.into_record().refusal;
    assert!(
        matches!(&refusal, Some(Refusal::Destination(refusal)) if refusal.pointer == "/baseUrl"),
        "{refusal:?}"
    );
    let declared = descriptor(
        json!([{"name": "api", "origin": "https://inside.example.com", "methods": ["GET"]}]),
        json!([{"rule": "api", "in": "header", "name": "api_key"}]),
    );
    let mut fixed = open(&egress, &declared, json!({"apiKey": "k"})).unwrap();
    assert_eq!(kind(&mut fixed, get(url)).await, "address-refused");
    let refusal = fixed.into_record().refusal;
    assert!(
        matches!(&refusal, Some(Refusal::Plugin(failure)) if failure.kind == FailureKind::AddressRefused),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn destinations_are_bound_to_the_values_that_may_travel_there() {
    let egress = egress(Settings::default());
    let two = descriptor(
        json!([{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]},
               {"name": "status", "origin": "https://status.example.com", "methods": ["GET"]}]),
        json!([{"rule": "api", "in": "header", "name": "api_key"}]),
    );
    let Value::Object(fields) = json!({"apiKey": "k", "baseUrl": "https://Shop.example.com:443/api/v3"})
    else {
        panic!()
    };
    assert_eq!(egress.destinations(&two, &Fields::new(fields)).unwrap(), ["apiKey https://shop.example.com"]);
}

/// The token that stands for `apiKey`.
fn token(session: &Session) -> String {
    let fields: Value = serde_json::from_str(session.credential()).unwrap();
    fields["apiKey"].as_str().unwrap().to_owned()
}

/// An answer with this status line's end, these header lines and this body.
fn raw(status: &str, headers: &str, body: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 {status}\r\nx-shown: yes\r\n{headers}\r\n{body}").into_bytes())
}

#[tokio::test]
async fn length_and_digest_of_a_body_that_was_not_searched_are_not_shown() {
    let described = "content-length: 41\r\netag: \"sha1-of-the-body\"\r\ncontent-md5: bWQ1\r\nrepr-digest: sha-256=:MQ==:\r\ncontent-digest: sha-256=:MQ==:\r\ndigest: sha-256=MQ==\r\n";
    let part = format!("{}content-range: bytes 0-1/41\r\n", described.replace("41", "2"));
    let upstream = Recorder::start([
        ("/api/head", raw("200 OK", described, "")),
        ("/api/same", raw("304 Not Modified", described, "")),
        ("/api/part", raw("206 Partial Content", &part, "lo")),
        ("/api/whole", raw("200 OK", "content-length: 2\r\netag: \"1\"\r\n", "ok")),
    ])
    .await;
    let descriptor = descriptor(
        json!([{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET", "HEAD"]}]),
        json!([{"rule": "api", "in": "header", "name": "api_key"}]),
    );
    let egress = egress(Settings { allow: vec![upstream.allowance()], ..Settings::default() });
    let fields = json!({"apiKey": "long-secret", "baseUrl": format!("{}/api", upstream.origin())});
    let mut session = open(&egress, &descriptor, fields).unwrap();
    for (method, path, shown) in [
        ("HEAD", "head", vec!["x-shown"]),
        ("GET", "same", vec!["x-shown"]),
        ("GET", "part", vec!["x-shown"]),
        ("GET", "whole", vec!["x-shown", "content-length", "etag"]),
    ] {
        let request =
            Request { method: method.into(), ..keyed(&session, format!("{}/api/{path}", upstream.origin())) };
        let response = session.send(request).await.unwrap();
        let names: Vec<&str> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, shown, "{method} {path}");
    }
}

#[tokio::test]
async fn url_and_body_count_against_the_bytes_out() {
    let upstream = Recorder::start([]).await;
    let descriptor = descriptor(
        json!([{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["POST"], "reason": "sends a body"}]),
        json!([{"rule": "api", "in": "header", "name": "api_key"}]),
    );
    let settings = Settings { allow: vec![upstream.allowance()], request_bytes: 2048, ..Settings::default() };
    let egress = egress(settings);
    let url = format!("{}/api/x", upstream.origin());
    let post = |url: String, body: usize| Request {
        method: "POST".into(),
        body: Some(vec![b'b'; body]),
        ..get(url)
    };
    for (request, expected) in [
        (post(url.clone(), 1500), "answered"),
        (post(url.clone(), 2100), "too-large"),
        (post(format!("{url}?q={}", "u".repeat(1500)), 1), "answered"),
        (post(format!("{url}?q={}", "u".repeat(2100)), 1), "too-large"),
    ] {
        let fields = json!({"apiKey": "long-secret", "baseUrl": format!("{}/api", upstream.origin())});
        let mut session = open(&egress, &descriptor, fields).unwrap();
        assert_eq!(kind(&mut session, request).await, expected);
    }
}

#[tokio::test]
async fn the_first_refusal_is_the_one_that_is_told() {
    let upstream = Recorder::start([]).await;
    let mut session = session(&upstream, Settings::default(), "long-secret");
    let url = format!("{}/api/x", upstream.origin());
    assert_eq!(kind(&mut session, Request { method: "DELETE".into(), ..get(&url) }).await, "method-refused");
    assert_eq!(kind(&mut session, get("https://elsewhere.example.com/")).await, "destination-refused");
    let refusal = session.into_record().refusal;
    assert!(
        matches!(&refusal, Some(Refusal::Plugin(failure)) if failure.kind == FailureKind::MethodRefused),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn no_two_verifications_share_a_token() {
    let egress = egress(Settings::default());
    let mut tokens = Vec::new();
    for secret in ["k", "k", "another-and-longer-secret"] {
        let Value::Object(fields) = json!({"apiKey": secret, "baseUrl": "https://example.com"}) else {
            panic!()
        };
        let workspace = WorkspaceId::default_workspace();
        let session =
            egress.open(&workspace, &sample(), &Fields::new(fields), &keystead::domain::clock::SystemEntropy);
        tokens.push(token(&session.unwrap()));
    }
    assert!(tokens.iter().all(|token| token.len() == 36 && token.starts_with("kst0")), "{tokens:?}");
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
}

#[tokio::test]
async fn a_plugin_shortens_the_deadline_and_never_lengthens_it() {
    let upstream = Recorder::start([("/api/slow", Reply::Silence)]).await;
    let url = format!("{}/api/slow", upstream.origin());
    for (exchange_ms, asked) in
        [(60_000, "0"), (60_000, "50"), (100, "60000"), (100, "18446744073709551615"), (100, "soon")]
    {
        let mut session = session(&upstream, Settings { exchange_ms, ..Settings::default() }, "long-secret");
        let request = Request { extra: vec![("timeout-ms".into(), asked.into())], ..get(&url) };
        let answer =
            tokio::time::timeout(std::time::Duration::from_secs(20), kind(&mut session, request)).await;
        assert_eq!(answer, Ok("timeout"), "{exchange_ms} {asked}");
    }
}
