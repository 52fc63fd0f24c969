//! Guests that trap: each is a failure with a plain name and takes nothing else down.

use keystead::domain::verdict::FailureKind;
use keystead::sandbox::Sandbox;

use super::guest::{VALID, guest};
use super::{assert_kind, context, failure, session, tight};

#[tokio::test]
async fn each_trap_is_named() {
    for (body, fields, name) in [
        ("unreachable", "", "wasm `unreachable` instruction executed"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "", "integer divide by zero"),
        ("(i32.load (i32.const -4))", "", "out of bounds memory access"),
        ("(call $verify (local.get 0) (local.get 1))", "", "call stack exhausted"),
        ("(i32.trunc_f32_s (f32.const nan))", "", "invalid conversion to integer"),
        ("(call_indirect (result i32) (i32.const 0))", "(table 1 funcref)", "uninitialized element"),
    ] {
        let failure = failure(&tight(), &guest(body).with(fields)).await;
        assert_kind(&failure, FailureKind::Trapped);
        assert_eq!(failure.detail, format!("the plugin trapped: {name}"));
    }
}

#[tokio::test]
async fn session_and_log_come_back_after_a_trap() {
    let guest = guest("(call $write (i32.const 0) (i32.const 2048) (i32.const 6)) unreachable")
        .keystead()
        .with(r#"(data (i32.const 2048) "before")"#);
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let session = session(r#"{"user":"mara"}"#);
    let credential = session.credential().to_owned();
    let run = sandbox.verify(&plugin, session, context()).await;
    assert_kind(&run.result.unwrap_err(), FailureKind::Trapped);
    assert_eq!(run.session.credential(), credential);
    assert_eq!(run.log[0].text, "before");
    assert_eq!(run.transcript.unwrap().len(), 1);
}

#[tokio::test]
async fn sandbox_goes_on_after_a_trap() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let bad = sandbox.compile(&guest("unreachable").bytes()).unwrap();
    let good = sandbox.compile(&guest(VALID).bytes()).unwrap();
    for _ in 0..10 {
        assert!(sandbox.verify(&bad, session("{}"), context()).await.result.is_err());
        assert!(sandbox.verify(&good, session("{}"), context()).await.result.is_ok());
    }
}

#[tokio::test]
async fn state_of_an_earlier_run_is_never_visible() {
    // Reports what stands at an address, then writes there; in memory, in a global, in grown pages.
    let guest = guest(
        "(local $seen i64)
        (local.set $seen (i64.or (i64.load (i32.const 4096)) (global.get $kept)))
        (drop (memory.grow (i32.const 4)))
        (local.set $seen (i64.or (local.get $seen) (i64.load (i32.const 200000))))
        (i64.store (i32.const 4096) (i64.const 77))
        (i64.store (i32.const 200000) (i64.const 77))
        (memory.fill (i32.const 131072) (i32.const 77) (i32.const 131072))
        (global.set $kept (i64.const 77))
        (call $report (local.get $seen))",
    )
    .with("(global $kept (mut i64) (i64.const 0))");
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    for _ in 0..20 {
        assert_eq!(super::reported(sandbox.verify(&plugin, session("{}"), context()).await), 0);
    }
}
