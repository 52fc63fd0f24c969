//! Places in bodies and in Basic authentication, and values that an answer brings: what arrives at the
//! application, and what the plugin can observe of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keystead::domain::fields::Fields;
use keystead::domain::id::WorkspaceId;
use keystead::domain::verdict::{FailureKind, Outcome, Verdict};
use keystead::egress;
use keystead::sandbox::Call;
use keystead::verify::{Verification, VerifyError};
use serde_json::{Value, json};

use crate::harness::recorder::{Recorder, Reply, answer_with, body, header, json as json_reply};
use crate::harness::rehearsal::{Rehearsal, SeededEntropy};
use crate::harness::wasm::guest;

/// Texts that break out of a place where something is not encoded.
const AWKWARD: [&str; 5] =
    ["plain-secret", "q\"uo'te\\ \\u0041 {}", "100%-%41+&=;a=b", "zażółć 日本語 😀", "line\nbreak\ttab"];

const PASSWORD: &str = "pa55-word-of-ada";

async fn run(name: &str, upstream: &Recorder, mut fields: Value) -> Result<(Verification, Vec<Call>), VerifyError> {
    let rehearsal = Rehearsal::new(&guest(name), &[upstream.allowance()]).await;
    fields["baseUrl"] = json!(upstream.origin());
    rehearsal.run(fields).await
}

fn is_valid(verification: &Verification) -> bool {
    matches!(verification.outcome, Outcome::Verdict(Verdict::Valid(_)))
}

/// All that the plugin observed, without the upstream's port.
fn observed(calls: &[Call], upstream: &Recorder) -> String {
    let calls: Vec<_> = calls.iter().map(|call| (call.name, &call.arguments, &call.result)).collect();
    serde_json::to_string(&calls).unwrap().replace(&upstream.origin(), "http://UPSTREAM")
}

/// What an application answers to a login.
struct Session<'a> {
    token: &'a str,
    nonce: &'a str,
    cookie: &'a str,
    access: &'a str,
}

const SESSION: Session<'static> =
    Session { token: "s3ss10n-token", nonce: "n0nce-n0nce", cookie: "c00kie-c00kie", access: "4cc355-token" };

impl Session<'_> {
    fn reply(&self) -> Reply {
        let text = json!({"session": {"token": self.token, "user": "ada"}, "access_token": self.access}).to_string();
        let (sid, other) = (format!("sid={}; Path=/; HttpOnly", self.cookie), format!("track={}", self.access));
        let etag = format!("\"{}\"", self.token.len());
        answer_with(
            200,
            &[("content-type", "application/json"), ("x-nonce", self.nonce), ("set-cookie", &sid), ("set-cookie", &other), ("etag", &etag)],
            &text,
        )
    }
}

async fn log_in(login: Reply, me: Reply, mode: &str) -> (Recorder, Verification, Vec<Call>) {
    let upstream = Recorder::start([("/login", login), ("/me", me)]).await;
    let fields = json!({"user": "ada", "password": PASSWORD, "mode": mode});
    let (verification, calls) = run("login", &upstream, fields).await.unwrap();
    (upstream, verification, calls)
}

fn me() -> Reply {
    json_reply(r#"{"id":7}"#)
}

#[tokio::test]
async fn a_json_member_carries_any_text_exactly() {
    let mut transcripts = Vec::new();
    for password in AWKWARD {
        let upstream = Recorder::start([("/login", SESSION.reply())]).await;
        let (verification, calls) = run("login", &upstream, json!({"user": "ada", "password": password})).await.unwrap();
        assert!(is_valid(&verification), "{:?}", verification.outcome);
        let sent = upstream.received();
        let expected = format!(r#"{{"a":[1.5,null],"auth":{{"password":{},"user":"ada"}},"z":1}}"#, json!(password));
        assert_eq!(body(&sent[0]), expected);
        assert_eq!(header(&sent[0], "content-length"), Some(&*expected.len().to_string()));
        transcripts.push(observed(&calls, &upstream));
    }
    assert!(transcripts.iter().all(|transcript| *transcript == transcripts[0]));
}

#[tokio::test]
async fn a_form_member_carries_any_text_and_the_captured_token_follows() {
    for secret in AWKWARD {
        let token = json_reply(r#"{"access_token":"4cc355/token+of==","token_type":"bearer"}"#);
        let upstream = Recorder::start([("/token", token)]).await;
        let (verification, calls) =
            run("form-login", &upstream, json!({"clientId": "me", "clientSecret": secret})).await.unwrap();
        assert!(is_valid(&verification), "{:?}", verification.outcome);
        let sent = upstream.received();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body(&sent[0]).as_bytes()).into_owned().collect();
        assert_eq!(pairs[2], ("client_secret".to_owned(), secret.to_owned()));
        assert_eq!(pairs.len(), 4);
        assert!(body(&sent[0]).ends_with("&scope=read%20write"), "what the plugin wrote stays: {}", sent[0]);
        assert_eq!(header(&sent[1], "authorization"), Some("Bearer 4cc355/token+of=="));
        assert!(!observed(&calls, &upstream).contains("4cc355"));
        let exchanges = &verification.evidence.exchanges;
        assert_eq!((exchanges[0].placements[0].place.as_str(), exchanges[0].placements[0].name.as_str()), ("form", "client_secret"));
        assert_eq!(exchanges[0].captured, ["accessToken"]);
    }
}

#[tokio::test]
async fn basic_carries_both_parts_exactly() {
    let upstream = Recorder::start([]).await;
    for (key, password) in [("k\"ey %41", "p:a:ss"), ("zażółć", "日本語 \\ 😀"), ("k", "")] {
        let (verification, _) = run("basic-key", &upstream, json!({"key": key, "password": password})).await.unwrap();
        assert!(is_valid(&verification), "{:?}", verification.outcome);
        let request = upstream.received().last().unwrap().clone();
        let value = header(&request, "authorization").unwrap();
        let pair = STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(pair).unwrap(), format!("key-{key}:{password}"));
        let placed: Vec<(&str, &str)> = verification.evidence.exchanges[0]
            .placements
            .iter()
            .map(|placed| (placed.place.as_str(), placed.name.as_str()))
            .collect();
        assert_eq!(placed, [("basic", "user"), ("basic", "password")]);
    }
    let before = upstream.received().len();
    for (key, password, pointer) in [("a:b", "p", "/key"), ("a\tb", "p", "/key"), ("a", "p\nq", "/password")] {
        let error = run("basic-key", &upstream, json!({"key": key, "password": password})).await.expect_err("refused");
        let VerifyError::FieldsInvalid(violations) = &error else { panic!("{error}") };
        assert_eq!(violations[0].pointer, pointer, "{}", violations[0]);
    }
    assert_eq!(upstream.received().len(), before, "nothing was sent");
}

#[tokio::test]
async fn captured_values_travel_where_they_are_declared_and_the_plugin_sees_none() {
    let session = Session { token: "s3ss \"10n\"", nonce: "n0nce&n0nce", ..SESSION };
    let (upstream, verification, calls) = log_in(session.reply(), me(), "").await;
    assert!(is_valid(&verification), "{:?}", verification.outcome);
    let sent = upstream.received();
    assert_eq!(header(&sent[1], "x-session"), Some("s3ss \"10n\""));
    assert!(sent[1].starts_with("GET /me?nonce=n0nce%26n0nce HTTP/1.1\r\n"), "{}", sent[1]);
    let seen = observed(&calls, &upstream);
    for value in ["s3ss", "n0nce", "c00kie", "4cc355"] {
        assert!(!seen.contains(value), "{value}: {seen}");
    }
    let login = calls[0].result.to_string();
    assert!(!login.contains("etag") && !login.contains("content-length"), "they depend on the old body: {login}");
    let evidence = &verification.evidence;
    assert_eq!(evidence.exchanges[0].captured, ["session", "access_token", "nonce", "jar", "set-cookie"]);
    let placed: Vec<&str> = evidence.exchanges[1].placements.iter().map(|placed| placed.sealed.as_str()).collect();
    assert_eq!(placed, ["nonce", "session"]);
    assert!(evidence.exchanges[1].url.ends_with("/me?nonce={nonce}"), "{}", evidence.exchanges[1].url);
    assert!(evidence.unproven.is_empty());
    let told = serde_json::to_string(evidence).unwrap();
    assert!(!told.contains("s3ss") && !told.contains("n0nce&") && !told.contains("kst0"), "{told}");
}

#[tokio::test]
async fn a_cookie_that_each_answer_brings_again_works() {
    let rolling = answer_with(200, &[("set-cookie", "sid=c00kie-c00kie"), ("content-type", "application/json")], r#"{"id":7}"#);
    let (upstream, verification, _) = log_in(SESSION.reply(), rolling, "cookies").await;
    assert!(is_valid(&verification), "{:?}", verification);
    assert_eq!(header(&upstream.received()[1], "cookie"), Some("sid=c00kie-c00kie; lang=en"));
    assert_eq!(verification.evidence.exchanges[1].captured, ["set-cookie"], "another rule declares no cookie");
    assert_eq!(verification.evidence.exchanges[1].withheld, None);
}

#[tokio::test]
async fn each_answer_brings_tokens_of_its_own() {
    let (upstream, verification, calls) = log_in(SESSION.reply(), me(), "again").await;
    assert!(is_valid(&verification), "{:?}", verification.outcome);
    let sessions: Vec<String> = upstream.received().iter().filter_map(|sent| header(sent, "x-session").map(str::to_owned)).collect();
    assert_eq!(sessions, ["s3ss10n-token", "s3ss10n-token"]);
    let answers: Vec<String> =
        calls.iter().filter(|call| call.name.ends_with("send")).map(|call| call.result.to_string()).collect();
    assert_eq!(answers.len(), 4);
    assert_ne!(answers[0], answers[1], "the same answer, other tokens");
}

#[tokio::test]
async fn captured_values_go_nowhere_else() {
    let (upstream, verification, calls) = log_in(SESSION.reply(), me(), "leak").await;
    let Outcome::Failure(failure) = &verification.outcome else { panic!("{:?}", verification.outcome) };
    assert_eq!(failure.kind, FailureKind::PlacementRefused, "{}", failure.detail);
    assert!(failure.detail.contains("`session`") && failure.detail.contains("header `x-leak`"), "{}", failure.detail);
    assert_eq!(upstream.received().len(), 1, "only the login left");
    let refused = &verification.evidence.exchanges[1..];
    assert_eq!(refused.len(), 30);
    assert!(refused.iter().all(|exchange| exchange.failure.as_deref() == Some("placement-refused")));
    for name in ["access_token", "set-cookie"] {
        let message = format!("the sealed value `{name}` must not stand in header `authorization` under rule `api`; it may travel nowhere");
        assert!(refused.iter().any(|exchange| exchange.message.as_ref().unwrap().starts_with(&message)), "{name}");
    }
    let log: Vec<&str> = verification.evidence.log.iter().map(|line| line.text.as_str()).collect();
    assert!(!log.iter().any(|line| line.contains("kst0")), "{log:?}");
    assert!(observed(&calls, &upstream).contains("placement-refused"));
}

#[tokio::test]
async fn what_cannot_be_captured_is_withheld() {
    let json_type = [("content-type", "application/json")];
    for (name, login, words) in [
        ("a number", answer_with(200, &json_type, r#"{"session":{"token":5}}"#), "`session` is no text"),
        ("no number in errors either", answer_with(500, &json_type, r#"{"session":{"token":5}}"#), "no text"),
        ("broken", answer_with(200, &json_type, r#"{"session":{"token":"s3ss10n""#), "not acceptable JSON"),
        ("twice", answer_with(200, &json_type, r#"{"session":{"token":"s3ss10n"},"session":1}"#), "not acceptable JSON"),
        ("deep", answer_with(200, &json_type, &format!("{}{}", "[".repeat(70), "]".repeat(70))), "not acceptable JSON"),
        ("misfit", answer_with(200, &json_type, r#"{"session":{"token":"s3ss10n\n"}}"#), "printable ASCII"),
        ("hidden", answer_with(401, &[("content-type", "text/plain")], r#"{"access_token":"s3ss10n""#), "not acceptable JSON"),
    ] {
        let (upstream, verification, calls) = log_in(login, me(), "").await;
        assert_eq!(upstream.received().len(), 1, "{name}");
        let exchange = &verification.evidence.exchanges[0];
        assert_eq!(exchange.withheld.as_deref(), Some("capture-failed"), "{name}");
        assert!(exchange.message.as_ref().unwrap().contains(words), "{name}: {:?}", exchange.message);
        let said = format!("{}{:?}{:?}", observed(&calls, &upstream), verification.evidence, verification.outcome);
        assert!(!said.contains("s3ss10n"), "{name}: {said}");
        assert!(!calls[0].result.to_string().contains("content-type"), "{name}: {said}");
        assert!(!is_valid(&verification));
    }
}

#[tokio::test]
async fn an_error_without_the_member_is_an_ordinary_answer() {
    for login in [
        answer_with(401, &[("content-type", "application/json")], r#"{"error":"no","session":null}"#),
        answer_with(401, &[("content-type", "text/html")], "<p>no</p>"),
        answer_with(401, &[("content-type", "application/json")], ""),
    ] {
        let (_, verification, _) = log_in(login, me(), "").await;
        assert!(matches!(verification.outcome, Outcome::Verdict(Verdict::Invalid(_))), "{:?}", verification.outcome);
        assert_eq!(verification.evidence.exchanges[0].withheld, None);
    }
}

#[tokio::test]
async fn what_a_plugin_observes_does_not_depend_on_what_is_captured() {
    let long = "long/".repeat(300);
    let mut transcripts = Vec::new();
    for value in ["8bytes-8", "", "x", long.trim_end_matches('/'), "with \"quotes\" \\ and 100%-%41", "kst0kst0kst0"] {
        for mode in ["", "cookies", "again"] {
            let session = Session { token: value, nonce: value, cookie: value.trim_matches('"'), access: value };
            let (upstream, verification, calls) = log_in(session.reply(), me(), mode).await;
            assert!(is_valid(&verification), "{value}, {mode}: {:?}", verification);
            transcripts.push((mode, observed(&calls, &upstream)));
        }
    }
    for (index, transcript) in transcripts.iter().enumerate() {
        assert_eq!(*transcript, transcripts[index % 3]);
    }
}

#[tokio::test]
async fn an_answer_that_shows_a_captured_value_elsewhere_is_withheld() {
    let (_, later, calls) = log_in(SESSION.reply(), json_reply(r#"{"echo":"czNzczEwbi10b2tlbg=="}"#), "").await;
    assert_eq!(later.evidence.exchanges[1].withheld.as_deref(), Some("reflected"), "{:?}", later.evidence);
    assert!(!calls.iter().any(|call| call.result.to_string().contains("czNzcz")));
    let same = answer_with(200, &[("x-debug", "token=s3ss10n-token")], r#"{"session":{"token":"s3ss10n-token"}}"#);
    let (upstream, same, _) = log_in(same, me(), "").await;
    assert_eq!(same.evidence.exchanges[0].withheld.as_deref(), Some("reflected"), "{:?}", same.evidence);
    assert_eq!(upstream.received().len(), 1);
}

#[tokio::test]
async fn an_answer_is_searched_for_the_fields_secrets_before_anything_is_captured() {
    let session = Session { token: PASSWORD, ..SESSION };
    let (upstream, verification, _) = log_in(session.reply(), me(), "").await;
    assert_eq!(verification.evidence.exchanges[0].withheld.as_deref(), Some("reflected"));
    assert!(verification.evidence.exchanges[0].captured.is_empty());
    assert_eq!(upstream.received().len(), 1);
}

#[tokio::test]
async fn a_short_cookie_that_nobody_declared_withholds_nothing() {
    let me = answer_with(200, &[("content-type", "application/json")], r#"{"language":"en"}"#);
    let login = answer_with(
        200,
        &[("content-type", "application/json"), ("set-cookie", "lang=en"), ("x-nonce", "n0nce-n0nce")],
        r#"{"session":{"token":"s3ss10n-token"}}"#,
    );
    let (_, verification, calls) = log_in(login, me, "").await;
    assert!(is_valid(&verification), "{:?}", verification);
    assert_eq!(verification.evidence.exchanges[1].withheld, None);
    assert!(!calls[0].result.to_string().contains("lang=en"));
}

/// The way out of a `login`, without its plugin.
async fn open_session(upstream: &Recorder) -> (Rehearsal, Fields, egress::Session) {
    let rehearsal = Rehearsal::new(&guest("login"), &[upstream.allowance()]).await;
    let fields = json!({"user": "ada", "password": PASSWORD, "baseUrl": upstream.origin()});
    let fields = Fields::parse(fields.to_string().as_bytes()).unwrap();
    let workspace = WorkspaceId::default_workspace();
    let entropy = SeededEntropy::new(1);
    let session = rehearsal.egress.open(&workspace, &rehearsal.release.descriptor, &fields, &entropy).unwrap();
    (rehearsal, fields, session)
}

fn request(upstream: &Recorder, method: &str, path: &str, headers: Vec<(String, String)>) -> egress::Request {
    let url = format!("{}{path}", upstream.origin());
    egress::Request { method: method.into(), url, headers, body: None, extra: Vec::new() }
}

#[tokio::test]
async fn a_captured_value_proves_nothing_of_the_credential() {
    let upstream = Recorder::start([("/login", SESSION.reply())]).await;
    let (rehearsal, fields, mut session) = open_session(&upstream).await;
    let login = session.send(request(&upstream, "POST", "/login", Vec::new())).await.unwrap();
    let login: Value = serde_json::from_slice(&login.body).unwrap();
    let token = login["session"]["token"].as_str().unwrap().to_owned();
    session.send(request(&upstream, "GET", "/me", vec![("x-session".to_owned(), token)])).await.unwrap();
    assert_eq!(header(&upstream.received()[1], "x-session"), Some(SESSION.token));
    let record = session.into_record();
    assert_eq!((record.sealed, record.unproven), (vec!["password".to_owned()], vec!["password".to_owned()]));
    let destinations = rehearsal.egress.destinations(&rehearsal.release.descriptor, &fields).unwrap();
    let expected = ["jar", "nonce", "password", "session"].map(|name| format!("{name} {}", upstream.origin()));
    assert_eq!(destinations, expected);
}

#[tokio::test]
async fn nothing_is_sent_after_a_failed_capture() {
    let upstream = Recorder::start([("/login", json_reply(r#"{"session":{"token":5}}"#))]).await;
    let (_, _, mut session) = open_session(&upstream).await;
    let login = session.send(request(&upstream, "POST", "/login", Vec::new())).await.unwrap();
    assert_eq!(login.extra, [("withheld".to_owned(), "capture-failed".to_owned())]);
    assert!(login.body.is_empty() && login.headers.is_empty());
    let later = session.send(request(&upstream, "GET", "/me", Vec::new())).await.unwrap_err();
    assert_eq!(later.kind, "budget");
    assert_eq!(upstream.received().len(), 1);
}
