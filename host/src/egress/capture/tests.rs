use super::*;
use crate::domain::clock::Entropy;
use crate::domain::descriptor::{CaptureFrom, Place, Placement};

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn captures() -> Vec<Capture> {
    let capture = |name: &str, rule: &str, from| Capture {
        name: name.to_owned(),
        rule: rule.to_owned(),
        from,
        to: vec![Placement { rule: "api".into(), place: Place::Header, name: "authorization".into() }],
    };
    vec![
        capture("session", "api", CaptureFrom::Json("/session/tok~1en".into())),
        capture("nonce", "api", CaptureFrom::Header("x-nonce".into())),
        capture("jar", "api", CaptureFrom::Cookie("sid".into())),
        capture("foreign", "other", CaptureFrom::Json("/open".into())),
    ]
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    Answer { status, headers: headers.collect(), body: body.as_bytes().to_vec(), wire_bytes: 0 }
}

fn take_all(answer: Answer) -> Result<Taken, CaptureError> {
    take(answer, "api", &captures(), &mut Tokens::new(&Zeros))
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn body(taken: &Taken) -> String {
    String::from_utf8(taken.body.clone()).unwrap()
}

fn names(taken: &Taken) -> Vec<&str> {
    taken.sealed.iter().map(|sealed| sealed.name.as_str()).collect()
}

#[test]
fn declared_values_become_tokens_wherever_they_stand() {
    let headers = [JSON, ("x-nonce", "n0nce"), ("set-cookie", "sid=c00kie; Path=/; HttpOnly"), ("etag", "x")];
    let taken =
        take_all(answer(200, &headers, r#"{"session": {"tok/en": "s3ss\"ion"}, "open": "shown"}"#)).unwrap();
    assert_eq!(names(&taken), ["session", "nonce", "jar"]);
    let secrets: Vec<&str> = taken.sealed.iter().map(|sealed| sealed.secret.expose()).collect();
    assert_eq!(secrets, ["s3ss\"ion", "n0nce", "c00kie"]);
    let tokens: Vec<&str> = taken.sealed.iter().map(|sealed| sealed.token.as_str()).collect();
    assert_eq!(body(&taken), format!(r#"{{"session":{{"tok/en":"{}"}},"open":"shown"}}"#, tokens[0]));
    let shown: Vec<(&str, String)> = taken
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8(value.clone()).unwrap()))
        .collect();
    let cookie = format!("sid={}; Path=/; HttpOnly", tokens[2]);
    assert_eq!(
        shown,
        [
            ("content-type", "application/json".to_owned()),
            ("x-nonce", tokens[1].to_owned()),
            ("set-cookie", cookie),
        ]
    );
}

#[test]
fn every_cookie_and_every_oauth_token_is_taken_undeclared() {
    let headers = [("set-cookie", "a=1; Secure"), ("set-cookie", "nameless"), ("set-cookie", "b=")];
    let text =
        r#"[{"x": {"access_token": "A"}}, {"refresh_token": "R", "id_token": "I", "token_type": "bearer"}]"#;
    let taken = take_all(answer(401, &headers, text)).unwrap();
    assert_eq!(
        names(&taken),
        ["access_token", "refresh_token", "id_token", "set-cookie", "set-cookie", "set-cookie"]
    );
    assert!(taken.sealed.iter().all(|sealed| sealed.to.is_empty() && sealed.is_captured));
    let tokens: std::collections::HashSet<_> = taken.sealed.iter().map(|sealed| &sealed.token).collect();
    assert_eq!(tokens.len(), 6, "each value has a token of its own");
    assert!(body(&taken).contains(r#""token_type":"bearer""#));
    let escaped = take_all(answer(200, &[JSON], r#"{"\u0061ccess_token": "A"}"#)).unwrap();
    assert_eq!(names(&escaped), ["access_token"]);
}

#[test]
fn what_is_left_does_not_depend_on_what_was_taken() {
    let shown = |value: &str| {
        let json = serde_json::json!({"session": {"tok/en": value}, "access_token": value}).to_string();
        let length = json.len().to_string();
        let headers = [JSON, ("content-length", length.as_str()), ("x-nonce", value)];
        let taken = take_all(answer(200, &headers, &json)).unwrap();
        (taken.headers, taken.body)
    };
    assert_eq!(shown("short"), shown("long \"quoted\" \\ value ".repeat(50).trim()));
    assert_eq!(shown("short"), shown(""));
}

#[test]
fn what_cannot_be_taken_for_certain_is_an_error() {
    let bad_member = r#"{"session": {"tok/en": "a"}, "session": {}}"#;
    let deep = format!(r#"{{"access_token": {}1{}}}"#, "[".repeat(100), "]".repeat(100));
    for (status, text) in [
        (200, r#"{"session": {"tok/en": 5}}"#),
        (500, r#"{"session": {"tok/en": ["a"]}}"#),
        (200, r#"{"session": {"tok/en": "a""#),
        (200, bad_member),
        (200, r#"{"session": {"tok/en": "line\nbreak"}}"#),
        (200, r#"{"session": {"tok/en": "é"}}"#),
        (401, r#"{"access_token": "a"#),
        (200, deep.as_str()),
    ] {
        assert!(take_all(answer(status, &[JSON], text)).is_err(), "{text}");
    }
    let many = format!("[{}]", vec![r#"{"id_token":"a"}"#; 65].join(","));
    assert!(take_all(answer(200, &[JSON], &many)).is_err());
    assert!(take_all(answer(200, &[("x-nonce", "non-ascii-é")], "")).is_err());
}

#[test]
fn where_nothing_is_to_be_taken_the_answer_stays_as_it_came() {
    let html = ("content-type", "text/html");
    for (status, headers, text) in [
        (200, [JSON, ("etag", "e")], "{\"me\":  1e2}"),
        (200, [JSON, ("etag", "e")], ""),
        (404, [JSON, ("etag", "e")], "not json"),
        (200, [html, ("etag", "e")], "<p>access_token</p>"),
        (401, [JSON, ("etag", "e")], r#"{"session": {"tok/en": null}, "error": "no"}"#),
    ] {
        let came = answer(status, &headers, text);
        let taken = take_all(came.clone()).unwrap();
        assert!(
            taken.sealed.is_empty() && taken.body == came.body && taken.headers == came.headers,
            "{text}"
        );
    }
}

#[test]
fn a_cookie_without_a_name_is_all_value() {
    let taken = take_all(answer(200, &[("set-cookie", "nameless; Path=/")], "")).unwrap();
    let shown = String::from_utf8(taken.headers[0].1.clone()).unwrap();
    assert_eq!(shown, format!("={}; Path=/", taken.sealed[0].token));
    assert_eq!(taken.sealed[0].secret.expose(), "nameless");
}

#[test]
fn a_value_is_taken_up_to_its_length_and_no_further() {
    for (length, is_taken) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        let json = serde_json::json!({"access_token": "a".repeat(length)}).to_string();
        assert_eq!(take_all(answer(200, &[JSON], &json)).is_ok(), is_taken, "{length}");
    }
}

#[test]
fn nothing_that_measures_or_names_the_old_body_is_left() {
    let names = [
        "content-digest",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-range",
        "digest",
        "etag",
        "last-modified",
        "repr-digest",
        "signature",
        "signature-input",
    ];
    let headers: Vec<(&str, &str)> = std::iter::once(JSON).chain(names.map(|name| (name, "1"))).collect();
    let taken = take_all(answer(200, &headers, r#"{"access_token": "A"}"#)).unwrap();
    let left: Vec<&str> = taken.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["content-type"]);
}

#[test]
fn an_answer_with_more_values_than_are_looked_through_is_not_shown() {
    for (count, is_taken) in [(90_000, true), (100_001, false)] {
        let list = vec!["1"; count].join(",");
        let text = format!(r#"{{"access_token": "A", "list": [{list}]}}"#);
        assert_eq!(take_all(answer(200, &[JSON], &text)).is_ok(), is_taken, "{count}");
    }
}
