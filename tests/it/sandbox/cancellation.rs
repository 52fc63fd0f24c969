//! Runs that are dropped half-way, and guests that never let go.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};

use keystead::domain::verdict::FailureKind;
use keystead::sandbox::{Sandbox, Settings};

use super::guest::{VALID, guest};
use super::{assert_kind, context, session, tight};

const SPIN: &str = "(loop $for_ever (br $for_ever)) unreachable";
const SLEEP: &str = "(call $block (call $subscribe (i64.const -1))) unreachable";

#[tokio::test]
async fn a_thousand_dropped_runs_leave_nothing_behind() {
    // One slot only: a single leaked permit or pool slot would stop or fail what follows.
    let sandbox = Sandbox::new(&Settings { concurrency: 1, ..tight() }).unwrap();
    let spinning = sandbox.compile(&guest(SPIN).bytes()).unwrap();
    let sleeping = sandbox.compile(&guest(SLEEP).wasi().bytes()).unwrap();
    let good = sandbox.compile(&guest(VALID).bytes()).unwrap();
    let mut nobody = Context::from_waker(Waker::noop());
    for round in 0..1_000 {
        let plugin = if round % 10 == 0 { &spinning } else { &sleeping };
        let mut first = pin!(sandbox.verify(plugin, session("{}"), context()));
        let mut waiting = pin!(sandbox.verify(plugin, session("{}"), context()));
        for _ in 0..=round % 3 {
            assert!(first.as_mut().poll(&mut nobody).is_pending());
            assert!(waiting.as_mut().poll(&mut nobody).is_pending());
        }
    }
    assert!(sandbox.verify(&good, session("{}"), context()).await.result.is_ok());
}

#[tokio::test(flavor = "current_thread")]
async fn spinning_guest_lets_other_tasks_run() {
    let sandbox = Sandbox::new(&Settings { cpu_ms: 100, ..tight() }).unwrap();
    let plugin = sandbox.compile(&guest(SPIN).bytes()).unwrap();
    let turns = Arc::new(AtomicU64::new(0));
    let theirs = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            theirs.fetch_add(1, Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let run = sandbox.verify(&plugin, session("{}"), context()).await;
    other.abort();
    assert_kind(&run.result.unwrap_err(), FailureKind::CpuLimit);
    assert!(turns.load(Relaxed) >= 5, "the other task had {} turns", turns.load(Relaxed));
}

#[tokio::test]
async fn runs_can_move_between_threads() {
    let sandbox = Arc::new(Sandbox::new(&tight()).unwrap());
    let plugin = Arc::new(sandbox.compile(&guest(VALID).bytes()).unwrap());
    let task = tokio::spawn(async move { sandbox.verify(&plugin, session("{}"), context()).await.result });
    assert!(task.await.unwrap().is_ok());
}
