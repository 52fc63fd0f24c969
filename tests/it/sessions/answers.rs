//! What comes back: what is withheld, what proves, what is told of it.

use super::*;

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_never_followed() {
    let canary = Recorder::start([]).await;
    let head = format!(
        "HTTP/1.1 307 Elsewhere\r\nlocation: {}/stolen\r\ncontent-length: 0\r\n\r\n",
        canary.origin()
    );
    let upstream = Recorder::start([("/api/login", Reply::Bytes(head.into_bytes()))]).await;
    let mut session = session(&upstream, Settings::default(), "long-secret");
    let request = keyed(&session, format!("{}/api/login", upstream.origin()));
    assert_eq!(session.send(request).await.unwrap().status, 307);
    assert!(canary.received().is_empty());
}

#[tokio::test]
async fn a_secret_in_a_header_of_the_answer_withholds_it() {
    let secret = "s3cret/with+signs";
    for value in [secret, "s3cret%2Fwith%2Bsigns", "S3CRET/WITH+SIGNS", "czNjcmV0L3dpdGgrc2lnbnM="] {
        let bytes = format!("HTTP/1.1 200 OK\r\nx-echo: {value}\r\ncontent-length: 2\r\n\r\nok").into_bytes();
        let upstream = Recorder::start([("/api/me", Reply::Bytes(bytes))]).await;
        let mut session = session(&upstream, Settings::default(), secret);
        let request = keyed(&session, format!("{}/api/me", upstream.origin()));
        let response = session.send(request).await.unwrap();
        assert_eq!((response.status, response.body.len(), response.headers.len()), (200, 0, 0), "{value}");
        assert_eq!(response.extra, [("withheld".to_owned(), "reflected".to_owned())]);
        let record = session.into_record();
        assert!(record.unproven.is_empty(), "a withheld answer is an answer");
        assert_eq!(record.exchanges[0].withheld.as_deref(), Some("reflected"));
    }
}

#[tokio::test]
async fn a_secret_that_is_a_public_field_too_withholds_nothing() {
    let upstream = Recorder::start([("/api/me", answer(200, "text/plain", "eu-central-1"))]).await;
    let egress = egress(Settings { allow: vec![upstream.allowance()], ..Settings::default() });
    let fields = json!({"apiKey": "eu-central-1", "region": "eu-central-1", "baseUrl": format!("{}/api", upstream.origin())});
    let mut session = open(&egress, &sample(), fields).unwrap();
    let request = keyed(&session, format!("{}/api/me", upstream.origin()));
    assert_eq!(session.send(request).await.unwrap().body, b"eu-central-1");
}

#[tokio::test]
async fn an_exchange_that_was_not_answered_proves_nothing() {
    let upstream = Recorder::start([("/api/gone", Reply::Close)]).await;
    let mut session = session(&upstream, Settings::default(), "long-secret");
    let request = keyed(&session, format!("{}/api/gone", upstream.origin()));
    assert_ne!(kind(&mut session, request).await, "answered");
    let record = session.into_record();
    assert_eq!(record.unproven, ["apiKey"]);
    assert_eq!(upstream.received().len(), 1, "nothing is sent a second time");
}

#[tokio::test]
async fn an_answer_cannot_be_asked_for_in_parts() {
    let upstream = Recorder::start([]).await;
    for name in ["Range", "if-range", "if-match", "If-None-Match", "if-modified-since", "if-unmodified-since"]
    {
        let mut session = session(&upstream, Settings::default(), "long-secret");
        let mut request = keyed(&session, format!("{}/api/me", upstream.origin()));
        request.headers.push((name.into(), "bytes=0-3".into()));
        assert_eq!(kind(&mut session, request).await, "placement-refused", "{name}");
    }
    assert!(upstream.received().is_empty());
}

#[tokio::test]
async fn a_short_secret_is_found_with_the_text_that_a_plugin_put_around_it() {
    for (secret, around, echoed, is_withheld) in [
        ("123", "x-KEY", r#"{"got": "x-123"}"#, true),
        ("123", "x-KEY", r#"{"got": "x-1234"}"#, false),
        ("", "x-KEY", r#"{"got": "x-"}"#, false),
        ("1234567", "KEY", r#"{"got": "1234567"}"#, true),
        ("1234567", "KEY", r#"{"got": ["1", "1234567"]}"#, true),
        ("1234567", "x-KEY-y", r#"{"got": "x-1234567-y"}"#, true),
        ("1234567", "x-KEY-y", "you sent x-1234567-y, which is unknown", true),
        ("1234567", "KEYKEY", "<b>12345671234567</b>", true),
        ("1234567", "x-KEY-y", r#"{"count": 1234567}"#, false),
    ] {
        let upstream = Recorder::start([("/api/me", raw("200 OK", "connection: close\r\n", echoed))]).await;
        let mut session = session(&upstream, Settings::default(), secret);
        let value = around.replace("KEY", &token(&session));
        let request = Request {
            headers: vec![("api_key".into(), value)],
            ..get(format!("{}/api/me", upstream.origin()))
        };
        let response = session.send(request).await.unwrap();
        assert_eq!(!response.extra.is_empty(), is_withheld, "{around}: {echoed}");
    }
}

#[tokio::test]
async fn a_secret_in_the_name_of_a_header_withholds_the_answer() {
    let upstream =
        Recorder::start([("/api/me", raw("200 OK", "x-Long-Secret-1: 1\r\ncontent-length: 0\r\n", ""))])
            .await;
    let mut session = session(&upstream, Settings::default(), "long-secret-1");
    let request = keyed(&session, format!("{}/api/me", upstream.origin()));
    assert_eq!(session.send(request).await.unwrap().extra, [("withheld".to_owned(), "reflected".to_owned())]);
}

#[tokio::test]
async fn evidence_shows_names_for_tokens_and_nothing_of_secrets() {
    let upstream = Recorder::start([]).await;
    let origin = upstream.origin();
    let mut session = session(&upstream, Settings { exchanges: 16, ..Settings::default() }, "long-secret");
    let token = token(&session);
    let long = format!("{origin}/api/{}", "l".repeat(5000));
    for request in [
        get(format!("{origin}/api/x?leak={token}")),
        get(format!("{origin}/api/guess/LONG-secret")),
        get(format!("{origin}/api/\u{7}\u{1b}[31m")),
        get(&long),
        get(format!("https://{token}.example.com/")),
        get("https://long-secret.example.com/"),
        Request { method: token.clone(), ..get(format!("{origin}/api")) },
        Request { method: "long-secret".into(), ..get(format!("{origin}/api")) },
        Request { headers: vec![("long-secret\u{7}".into(), "1".into())], ..get(format!("{origin}/api")) },
    ] {
        let _ = session.send(request).await;
    }
    let exchanges = session.into_record().exchanges;
    let shown = serde_json::to_string(&exchanges).unwrap();
    // A token may be cut where a text is; no part of it that is long enough to be one is left.
    assert!(!shown.contains(&token) && !shown.to_lowercase().contains("long-secret"), "{shown}");
    assert_eq!(exchanges[0].url, format!("{origin}/api/x?leak={{apiKey}}"));
    assert!(exchanges[1].url.starts_with("(withheld"));
    assert_eq!(exchanges[2].url, format!("{origin}/api/[31m"));
    assert_eq!(exchanges[3].url, long[..2048]);
}

#[tokio::test]
async fn secrets_that_resemble_each_other_or_a_token_travel_as_they_are() {
    let document = json!({
        "descriptor": 1, "id": "two", "title": "Two", "version": "0.1.0",
        "authorization": {"kind": "basic"},
        "schema": {"type": "object", "additionalProperties": false, "properties": {
            "user": {"type": "string", "title": "User", "writeOnly": true},
            "password": {"type": "string", "title": "Password", "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Address", "format": "uri"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [
            {"name": "user", "from": {"field": "/user"}, "to": [{"rule": "api", "in": "header", "name": "api_key"}]},
            {"name": "password", "from": {"field": "/password"}, "to": [{"rule": "api", "in": "header", "name": "api_key"}]}],
    });
    let descriptor = Descriptor::parse(&document.to_string()).unwrap();
    for (user, password) in [
        ("same-secret", "same-secret"),
        ("same-secret", "same-secret-and-more"),
        ("kst0", "kst00000000000000000000000000000000"),
        (r#"","apiKey":"x"#, "x-other: 1; y=\\u0022"),
        ("{password}", "{user}"),
        ("", "only-a-password"),
    ] {
        let upstream = Recorder::start([]).await;
        let egress = egress(Settings { allow: vec![upstream.allowance()], ..Settings::default() });
        let fields = json!({"user": user, "password": password, "baseUrl": upstream.origin()});
        let mut session = open(&egress, &descriptor, fields).unwrap();
        let seen: Value = serde_json::from_str(session.credential()).unwrap();
        let tokens = [seen["user"].as_str().unwrap(), seen["password"].as_str().unwrap()];
        assert!(tokens[0] != tokens[1] && tokens.iter().all(|token| token.len() == 36), "{tokens:?}");
        let headers = vec![("api_key".into(), format!("{}:{}", tokens[0], tokens[1]))];
        session.send(Request { headers, ..get(format!("{}/me", upstream.origin())) }).await.unwrap();
        let request = upstream.received().remove(0);
        let sent = crate::harness::recorder::header(&request, "api_key").unwrap().to_owned();
        assert_eq!(sent, format!("{user}:{password}"));
        assert_eq!(
            request.lines().filter(|line| line.contains("x-other")).count(),
            usize::from(password.contains("x-other"))
        );
        let record = session.into_record();
        assert!(record.unproven.is_empty() && record.sealed == ["user", "password"]);
        assert!(!serde_json::to_string(&record.exchanges).unwrap().contains(password));
    }
}

#[tokio::test]
async fn compressed_answers_are_searched_as_they_are_read() {
    // `got long-secret-1`
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcf\x2f\x51\xc8\xc9\xcf\x4b\xd7\x2d\x4e\x4d\x2e\x4a\x2d\xd1\x35\x04\x00\x4f\x06\x08\x38\x11\x00\x00\x00";
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len())
            .into_bytes();
    bytes.extend(packed);
    let upstream = Recorder::start([("/api/me", Reply::Bytes(bytes))]).await;
    let mut session = session(&upstream, Settings::default(), "long-secret-1");
    let request = keyed(&session, format!("{}/api/me", upstream.origin()));
    assert_eq!(session.send(request).await.unwrap().extra, [("withheld".to_owned(), "reflected".to_owned())]);
}
