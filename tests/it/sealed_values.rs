//! A plugin that tries to get the secret out by every channel it has, and what it learns.

use keystead::domain::verdict::{FailureKind, Outcome, Verdict};
use keystead::sandbox::Call;
use keystead::verify::Verification;
use serde_json::json;

use crate::harness::recorder::{Recorder, Reply, header, json as json_reply};
use crate::harness::rehearsal::Rehearsal;
use crate::harness::wasm::guest;

const SECRET: &str = "s3cr3t-k3y-\"quoted\"-%41-100%";

async fn exfiltrate(upstream: &Recorder, secret: &str, mode: &str) -> (Verification, Vec<Call>) {
    let rehearsal = Rehearsal::new(&guest("exfiltrate"), &[upstream.allowance()]).await;
    let fields = json!({
        "apiKey": secret, "baseUrl": upstream.origin(), "other": "http://127.0.0.1:9", "mode": mode,
    });
    rehearsal.run(fields).await.unwrap()
}

/// Everything that the plugin observed, its operator reads and its person is told.
fn everything_said(verification: &Verification, transcript: &[Call]) -> String {
    let calls: Vec<_> = transcript.iter().map(|call| (call.name, &call.arguments, &call.result)).collect();
    format!(
        "{:?} {} {}",
        verification.outcome,
        serde_json::to_string(&verification.evidence).unwrap(),
        serde_json::to_string(&calls).unwrap(),
    )
}

/// The secret stands in header `api_key` of what was sent, and nowhere else.
fn assert_only_declared(upstream: &Recorder, secret: &str, mode: &str) {
    for request in upstream.received() {
        let declared = header(&request, "api_key").map_or(0, |value| usize::from(value == secret));
        assert_eq!(request.matches(secret).count(), declared, "{mode}: {request}");
    }
}

#[tokio::test]
async fn no_channel_carries_the_secret() {
    for mode in [
        "log", "path", "query", "fragment", "header", "header-name", "body", "method", "host", "userinfo",
        "other-host", "upper", "split", "reversed", "hex", "message", "account", "panic", "reflect", "candidates",
        "steps",
    ] {
        let upstream = Recorder::start([
            ("/reflect", Reply::Reflect),
            ("/candidates", json_reply(&json!({"candidates": ["wrong-candidate-1", SECRET, "wrong-candidate-2"]}).to_string())),
        ])
        .await;
        let (verification, transcript) = exfiltrate(&upstream, SECRET, mode).await;
        let said = everything_said(&verification, &transcript);
        for form in [SECRET, "s3cr3t-k3y", "q31lay10ZXJjZXM"] {
            assert!(!said.contains(form), "{mode}: {said}");
        }
        assert!(!upstream.received().is_empty(), "{mode}: the declared exchange was made");
        assert_only_declared(&upstream, SECRET, mode);
    }
}

#[tokio::test]
async fn a_token_at_an_undeclared_place_is_a_failure_of_the_plugin_by_name() {
    for (mode, kind, words) in [
        ("path", FailureKind::PlacementRefused, "host or path"),
        ("query", FailureKind::PlacementRefused, "query parameter `leak`"),
        ("header", FailureKind::PlacementRefused, "header `x-leak`"),
        ("header-name", FailureKind::PlacementRefused, "name of a header"),
        ("body", FailureKind::PlacementRefused, "the body"),
        ("other-host", FailureKind::DestinationRefused, "no egress rule"),
        ("method", FailureKind::MethodRefused, "method"),
    ] {
        let upstream = Recorder::start([]).await;
        let (verification, _) = exfiltrate(&upstream, SECRET, mode).await;
        let Outcome::Failure(failure) = &verification.outcome else { panic!("{mode}: {:?}", verification.outcome) };
        assert_eq!(failure.kind, kind, "{mode}: {}", failure.detail);
        assert!(failure.detail.contains(words), "{mode}: {}", failure.detail);
        assert_eq!(upstream.received().len(), 1, "{mode}: only the declared exchange left");
    }
}

#[tokio::test]
async fn a_reflecting_answer_is_withheld_and_ends_all_sending() {
    let upstream = Recorder::start([("/reflect", Reply::Reflect)]).await;
    let (verification, transcript) = exfiltrate(&upstream, SECRET, "reflect").await;
    let sends: Vec<&Call> = transcript.iter().filter(|call| call.name.ends_with("send")).collect();
    let withheld = sends.iter().find(|call| call.result.to_string().contains("reflected")).expect("withheld");
    assert!(!withheld.result.to_string().contains("content-length"), "{}", withheld.result);
    assert_eq!(upstream.received().len(), 2, "nothing was sent after the withheld answer");
    let last = verification.evidence.exchanges.last().unwrap();
    assert_eq!(last.failure.as_deref(), Some("budget"));
}

#[tokio::test]
async fn a_list_of_candidates_tells_at_most_one_bit() {
    let list = |middle: &str| json_reply(&json!({"candidates": ["wrong-candidate-1", middle, "wrong-candidate-2"]}).to_string());
    let with = Recorder::start([("/candidates", list(SECRET))]).await;
    let (_, hit) = exfiltrate(&with, SECRET, "candidates").await;
    let shown = |calls: &[Call]| calls.iter().any(|call| call.result.to_string().contains("wrong-candidate"));
    assert!(!shown(&hit), "no candidate is shown, neither the right one nor a wrong one");
    // Whichever candidate it is, the plugin observes the same.
    let at_the_end = Recorder::start([(
        "/candidates",
        json_reply(&json!({"candidates": ["wrong-candidate-1", "wrong-candidate-2", SECRET]}).to_string()),
    )])
    .await;
    let (_, other_place) = exfiltrate(&at_the_end, SECRET, "candidates").await;
    assert_eq!(observed(&hit, &with), observed(&other_place, &at_the_end));
    let without = Recorder::start([("/candidates", list("wrong-candidate-3"))]).await;
    let (_, miss) = exfiltrate(&without, SECRET, "candidates").await;
    assert!(shown(&miss));
}

/// The transcript as text, without the upstream's port.
fn observed(calls: &[Call], upstream: &Recorder) -> String {
    let calls: Vec<_> = calls.iter().map(|call| (call.name, &call.arguments, &call.result)).collect();
    serde_json::to_string(&calls).unwrap().replace(&upstream.origin(), "http://UPSTREAM")
}

#[tokio::test]
async fn what_a_plugin_observes_does_not_depend_on_the_secret() {
    let long = "x".repeat(200);
    let secrets = ["8bytes-8", long.as_str(), "with \"quotes\" and 'more'", "100%-%41-%zz%%", "back\\slash\\n/$$"];
    for (name, header_only) in [("observer", false), ("exfiltrate", true)] {
        let upstream = Recorder::start([("/html", crate::harness::recorder::answer(200, "text/html", "<p>hello</p>"))]).await;
        let rehearsal = Rehearsal::new(&guest(name), &[upstream.allowance()]).await;
        let mut transcripts = Vec::new();
        for secret in secrets {
            let fields = if header_only {
                json!({"apiKey": secret, "baseUrl": upstream.origin(), "other": "http://127.0.0.1:9", "mode": "steps"})
            } else {
                json!({"apiKey": secret, "baseUrl": upstream.origin()})
            };
            let (_, calls) = rehearsal.run(fields).await.unwrap();
            assert!(calls.len() > 3, "{name} made {} host calls", calls.len());
            transcripts.push(observed(&calls, &upstream));
        }
        for transcript in &transcripts[1..] {
            assert_eq!(transcript, &transcripts[0], "{name}");
        }
        assert!(upstream.received().iter().any(|request| request.contains(&long)), "{name} really sent the secret");
    }
}

#[tokio::test]
async fn a_query_placement_carries_any_text_and_shows_none() {
    let upstream = Recorder::start([]).await;
    let rehearsal = Rehearsal::new(&guest("query-key"), &[upstream.allowance()]).await;
    let mut transcripts = Vec::new();
    for secret in ["plain-secret", "zażółć & gęślą=jaźń", "日本語-100%+\"quotes\""] {
        let (verification, calls) = rehearsal.run(json!({"apiKey": secret, "baseUrl": upstream.origin()})).await.unwrap();
        assert!(matches!(verification.outcome, Outcome::Verdict(Verdict::Valid(_))), "{:?}", verification.outcome);
        transcripts.push(observed(&calls, &upstream));
        let request = upstream.received().last().unwrap().clone();
        let target = request.split(' ').nth(1).unwrap();
        let url = url::Url::parse("http://x").unwrap().join(target).unwrap();
        let sent: Vec<String> = url.query_pairs().filter(|(name, _)| name == "key").map(|(_, value)| value.into_owned()).collect();
        assert_eq!(sent, [secret]);
    }
    assert_eq!(transcripts[0], transcripts[1]);
    assert_eq!(transcripts[0], transcripts[2]);
}

#[tokio::test]
async fn a_secret_that_does_not_fit_its_place_is_refused_before_anything_is_sent() {
    let upstream = Recorder::start([]).await;
    let rehearsal = Rehearsal::new(&guest("exfiltrate"), &[upstream.allowance()]).await;
    for secret in ["line\nbreak", "non-ascii-é", " leading", "tab\tinside", &"x".repeat(9000)] {
        let fields = json!({"apiKey": secret, "baseUrl": upstream.origin(), "mode": "log"});
        let error = rehearsal.run(fields).await.expect_err("refused");
        let keystead::verify::VerifyError::FieldsInvalid(violations) = &error else { panic!("{error}") };
        assert_eq!(violations[0].pointer, "/apiKey");
        assert!(!violations[0].message.contains(secret));
    }
    assert!(upstream.received().is_empty());
}

#[tokio::test]
async fn a_secret_must_not_stand_in_an_address_that_everybody_reads() {
    let upstream = Recorder::start([]).await;
    let rehearsal = Rehearsal::new(&guest("exfiltrate"), &[upstream.allowance()]).await;
    let base = format!("{}/hooks/long-secret-1", upstream.origin());
    let error = rehearsal.run(json!({"apiKey": "long-secret-1", "baseUrl": base, "mode": "log"})).await.expect_err("refused");
    let keystead::verify::VerifyError::FieldsInvalid(violations) = &error else { panic!("{error}") };
    assert_eq!(violations[0].pointer, "/baseUrl");
    assert!(upstream.received().is_empty());
}
