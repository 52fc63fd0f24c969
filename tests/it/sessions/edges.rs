//! Edges of a session: spellings of a path, the last byte of a budget, short values with text around them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[tokio::test]
async fn no_spelling_of_a_dot_segment_leaves_the_path_prefix() {
    let upstream = Recorder::start([]).await;
    let origin = upstream.origin();
    for path in
        ["%2e%2e%2fx", "%2E%2E%2Fx", "..%2Fx", "..%5cx", "..%5Cx", "x%2f..", "x%5c%2e%2e", "y/..%2f..%2fx"]
    {
        let mut session = session(&upstream, Settings::default(), "long-secret");
        assert_eq!(
            kind(&mut session, get(format!("{origin}/api/{path}"))).await,
            "destination-refused",
            "{path}"
        );
    }
    assert!(upstream.received().is_empty());
    // What only looks like one is an ordinary path.
    for path in ["...", "..x", "%2ex", "x..%2fy", "..%252fx"] {
        let mut session = session(&upstream, Settings::default(), "long-secret");
        let found = kind(&mut session, get(format!("{origin}/api/{path}"))).await;
        assert_eq!(found, if path == "x..%2fy" { "destination-refused" } else { "answered" }, "{path}");
    }
}

#[tokio::test]
async fn the_budget_of_bytes_is_obeyed_to_the_last_byte() {
    let upstream = Recorder::start([]).await;
    let url = format!("{}/api/x", upstream.origin());
    // A header's colon, blank and line end count too.
    let room = 2048 - url.len() - "x-pad".len() - 4;
    for (size, expected) in [(room, "answered"), (room + 1, "too-large")] {
        let settings = Settings { request_bytes: 2048, ..Settings::default() };
        let mut session = session(&upstream, settings, "long-secret");
        let request = Request { headers: vec![("x-pad".into(), "p".repeat(size))], ..get(&url) };
        assert_eq!(kind(&mut session, request).await, expected, "{size}");
    }
}

#[tokio::test]
async fn a_secret_across_the_end_of_an_urls_evidence_is_found_before_the_url_is_cut() {
    let upstream = Recorder::start([]).await;
    let mut session = session(&upstream, Settings::default(), "long-secret");
    let start = format!("{}/api/", upstream.origin());
    let url = format!("{start}{}long-secret", "l".repeat(2048 - 6 - start.len()));
    assert_eq!(kind(&mut session, get(url)).await, "answered");
    let shown = session.into_record().exchanges.remove(0).url;
    assert!(shown.starts_with("(withheld"), "{shown}");
}

/// A session that lets the key travel to one place of a POST.
fn posting(upstream: &Recorder, secret: &str, place: &str, name: &str) -> Session {
    let egress = egress(Settings { allow: vec![upstream.allowance()], ..Settings::default() });
    let descriptor = descriptor(
        json!([{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["POST"], "reason": "sends a body"}]),
        json!([{"rule": "api", "in": place, "name": name}]),
    );
    open(&egress, &descriptor, json!({"apiKey": secret, "baseUrl": format!("{}/api", upstream.origin())}))
        .unwrap()
}

fn basic(pair: &[u8]) -> (String, String) {
    ("authorization".into(), format!("Basic {}", STANDARD.encode(pair)))
}

/// A POST that carries `value`, in which KEY stands for the token, at a place.
fn post(url: String, place: &str, value: &str) -> Request {
    let request = Request { method: "POST".into(), ..get(url) };
    let typed = |kind: &str| vec![("content-type".into(), kind.into())];
    match place {
        "query" => Request { url: format!("{}?key={value}", request.url), ..request },
        "json" => Request {
            headers: typed("application/json"),
            body: Some(json!({"key": value}).to_string().into_bytes()),
            ..request
        },
        "form" => Request {
            headers: typed("application/x-www-form-urlencoded"),
            body: Some(format!("key={value}").into_bytes()),
            ..request
        },
        _ => Request { headers: vec![basic(value.as_bytes())], ..request },
    }
}

#[tokio::test]
async fn a_short_secret_with_text_around_it_is_found_whatever_its_place() {
    for (place, name, around, echoed, is_withheld) in [
        ("query", "key", "a-KEY", r#"{"got": "a-123"}"#, true),
        ("query", "key", "a-KEY", r#"{"got": "a-124"}"#, false),
        ("query", "key", "a+KEY", r#"{"got": "a 123"}"#, true),
        ("json", "/key", "a-KEY", r#"{"got": "a-123"}"#, true),
        ("json", "/key", "a-KEY", r#"{"got": "a-124"}"#, false),
        ("form", "key", "a-KEY", r#"{"got": "a-123"}"#, true),
        ("form", "key", "a%2bKEY", r#"{"got": "a+123"}"#, true),
        ("form", "key", "a-KEY", r#"{"got": "a-124"}"#, false),
        // One part of the pair has text around the secret; the pair is text around it, too.
        ("basic", "password", "ada:a-KEY", r#"{"got": "a-123"}"#, true),
        ("basic", "user", "KEY-a:ada", r#"{"got": "123-a"}"#, true),
        ("basic", "password", "ada:KEY", r#"{"got": "ada:123"}"#, true),
        ("basic", "password", "ada:KEY", r#"{"got": "ada:124"}"#, false),
        ("basic", "password", "ada.king:KEY", "you are YWRhLmtpbmc6MTIz, aren't you?", true),
    ] {
        let upstream = Recorder::start([("/api/me", raw("200 OK", "connection: close\r\n", echoed))]).await;
        let mut session = posting(&upstream, "123", place, name);
        let value = around.replace("KEY", &token(&session));
        let request = post(format!("{}/api/me", upstream.origin()), place, &value);
        let response = session.send(request).await.unwrap_or_else(|failure| panic!("{place}: {failure:?}"));
        assert_eq!(!response.extra.is_empty(), is_withheld, "{place} {around}: {echoed}");
    }
}

#[tokio::test]
async fn basic_authentication_that_is_no_text_carries_no_token() {
    let upstream = Recorder::start([]).await;
    let mut session = posting(&upstream, "long-secret", "basic", "password");
    let pair = [b"\xff:", token(&session).as_bytes()].concat();
    let url = format!("{}/api/me", upstream.origin());
    let request = Request { method: "POST".into(), headers: vec![basic(&pair)], ..get(url) };
    assert_eq!(kind(&mut session, request).await, "placement-refused");
    assert!(upstream.received().is_empty());
}

/// A login whose answer brings a session for another rule.
fn login() -> Descriptor {
    let document = json!({
        "descriptor": 1, "id": "login", "title": "Login", "version": "0.1.0",
        "authorization": {"kind": "custom"},
        "schema": {"type": "object", "additionalProperties": false, "properties": {
            "password": {"type": "string", "title": "Password", "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Address", "format": "uri"}}},
        "egress": [
            {"name": "login", "origin": {"field": "/baseUrl"}, "methods": ["POST"], "reason": "A login is a POST."},
            {"name": "api", "origin": "https://api.example.com", "methods": ["GET"]}],
        "sealed": [
            {"name": "password", "from": {"field": "/password"}, "to": [{"rule": "login", "in": "json", "name": "/password"}]},
            {"name": "session", "from": {"capture": {"rule": "login", "json": "/session"}}, "to": [
                {"rule": "api", "in": "header", "name": "x-session"}]}],
    });
    Descriptor::parse(&document.to_string()).unwrap()
}

/// Logs in; the first answer brings `session`, every further one is `later`.
async fn logged_in(value: &str, later: &str) -> (Session, Request) {
    let first = answer(200, "application/json", &json!({"session": value}).to_string());
    let turns = Reply::Turns(vec![first, answer(200, "application/json", later)]);
    let upstream = Recorder::start([("/login", turns)]).await;
    let egress = egress(Settings { allow: vec![upstream.allowance()], ..Settings::default() });
    let mut session =
        open(&egress, &login(), json!({"password": "long-password", "baseUrl": upstream.origin()})).unwrap();
    let request = Request { method: "POST".into(), ..get(format!("{}/login", upstream.origin())) };
    let response = session.send(request.clone()).await.unwrap();
    let shown = String::from_utf8(response.body).unwrap();
    assert!(shown.contains("kst0") && !shown.contains(value), "{shown}");
    // The recorder's task ends with the test's runtime.
    (session, request)
}

#[tokio::test]
async fn a_short_captured_value_that_may_travel_is_looked_for() {
    let (mut session, request) = logged_in("s-7", r#"{"session": null, "was": "s-7"}"#).await;
    let response = session.send(request).await.unwrap();
    assert_eq!(response.extra, [("withheld".to_owned(), "reflected".to_owned())]);
}
