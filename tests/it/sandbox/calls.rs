//! The contract's imports, as guests see them.

use keystead::domain::verdict::FailureKind;
use keystead::sandbox::{RunContext, Sandbox};
use serde_json::json;

use super::guest::{VALID, guest};
use super::{assert_kind, context, failure, number, run, session, tight};

#[tokio::test]
async fn clock_shows_the_time_of_the_context() {
    let guest = guest("(drop (call $now)) (call $report (call $now))").keystead();
    assert_eq!(number(&tight(), &guest).await, context().now_ms);
}

/// Reports the first eight of that many random bytes.
fn random(count: u32) -> super::Guest {
    guest(&format!(
        "(call $bytes (i32.const {count}) (i32.const 2048))
         (call $report (i64.load (i32.load (i32.const 2048))))"
    ))
    .keystead()
}

#[tokio::test]
async fn randomness_follows_the_seed() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&random(8).bytes()).unwrap();
    let mut numbers = Vec::new();
    for seed in [1, 1, 2] {
        let context = RunContext { seed: [seed; 32], ..context() };
        numbers.push(super::reported(sandbox.verify(&plugin, session("{}"), context).await));
    }
    assert_eq!(numbers[0], numbers[1]);
    assert_ne!(numbers[0], numbers[2]);
}

#[tokio::test]
async fn each_run_knows_its_own_time_alone() {
    // One of them looks at the clock while it is made already.
    let early = guest("(call $report (global.get $made))")
        .keystead()
        .start("(global.set $made (call $now))")
        .with("(global $made (mut i64) (i64.const 0))");
    let late = guest("(call $report (call $now))").keystead();
    for guest in [early, late] {
        let sandbox = Sandbox::new(&tight()).unwrap();
        let plugin = sandbox.compile(&guest.bytes()).unwrap();
        for now_ms in 1..6 {
            let context = RunContext { now_ms, ..context() };
            assert_eq!(super::reported(sandbox.verify(&plugin, session("{}"), context).await), now_ms);
        }
    }
}

#[tokio::test]
async fn random_bytes_are_limited_per_call() {
    assert!(run(&tight(), &random(256)).await.result.is_ok());
    let failure = failure(&tight(), &random(257)).await;
    assert_kind(&failure, FailureKind::CallLimit);
    assert_eq!(failure.detail, "random.bytes was asked for 257 bytes; at most 256");
}

/// Sends `GET` to a URL that no rule covers, and reports the tag of the result.
fn sending() -> super::Guest {
    guest(
        "(call $send (i32.const 2048) (i32.const 3) (i32.const 2060) (i32.const 24) (i32.const 0) (i32.const 0)
           (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))
         (call $report (i64.extend_i32_u (i32.load8_u (i32.const 4096))))",
    )
    .keystead()
    .with(r#"(data (i32.const 2048) "GET") (data (i32.const 2060) "https://nowhere.invalid/")"#)
}

#[tokio::test]
async fn refused_request_is_an_error_that_the_guest_sees() {
    let run = run(&tight(), &sending()).await;
    let transcript = run.transcript.clone().unwrap();
    assert_eq!(super::reported(run), 1);
    assert_eq!(transcript.len(), 1);
    assert_eq!(transcript[0].name, "http.send");
    assert_eq!(transcript[0].arguments["url"], json!("https://nowhere.invalid/"));
    assert_eq!(transcript[0].result["failure"], json!("destination-refused"));
}

#[tokio::test]
async fn transcript_is_kept_only_where_it_is_wanted() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest("(drop (call $now)) i32.const 1024").keystead().bytes()).unwrap();
    let context = RunContext { transcript: false, ..context() };
    assert!(sandbox.verify(&plugin, session("{}"), context).await.transcript.is_none());
}

#[tokio::test]
async fn describe_must_not_call_imports() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    for (call, name) in [
        ("(drop (call $now))", "clock.now"),
        ("(call $bytes (i32.const 1) (i32.const 2048))", "random.bytes"),
        ("(call $write (i32.const 1) (i32.const 2048) (i32.const 0))", "log.write"),
        ("(drop (call $verify (i32.const 0) (i32.const 0)))", "http.send"),
    ] {
        let guest = sending().describe(&format!("{call} i32.const 512"));
        let plugin = sandbox.compile(&guest.bytes()).unwrap();
        let failure = sandbox.describe(&plugin).await.unwrap_err();
        assert_kind(&failure, FailureKind::Trapped);
        assert_eq!(failure.detail, format!("describe must not call {name}"));
    }
    let plugin = sandbox.compile(&guest(VALID).bytes()).unwrap();
    assert_eq!(sandbox.describe(&plugin).await.unwrap(), "");
}
