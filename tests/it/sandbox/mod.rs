//! The sandbox, tried with guests that behave and guests that do not.

mod admission;
mod answers;
mod calls;
mod cancellation;
mod edges;
mod guest;
mod limits;
mod session;
mod traps;
mod wasi;

use std::time::Duration;

use keystead::domain::verdict::{FailureKind, Verdict, VerifierFailure};
use keystead::sandbox::{Run, RunContext, Sandbox, Settings};

use guest::Guest;
use session::session;

/// Limits that end a misbehaving guest soon, without a pool that takes the machine's address space.
fn tight() -> Settings {
    Settings { wall_ms: 10_000, cpu_ms: 2_000, memory_bytes: 1 << 20, concurrency: 2, ..Settings::default() }
}

/// When a run counts as one that nothing ends; far beyond what any of these needs.
const HANGING: Duration = Duration::from_secs(45);

fn context() -> RunContext {
    RunContext { now_ms: 1_700_000_000_123, seed: [7; 32], transcript: true }
}

/// One run of a guest in a sandbox of its own.
async fn run(settings: &Settings, guest: &Guest) -> Run {
    let sandbox = Sandbox::new(settings).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let run = sandbox.verify(&plugin, session("{}"), context());
    tokio::time::timeout(HANGING, run).await.expect("a run never ended: no limit stopped it")
}

/// The failure of a guest that must fail.
async fn failure(settings: &Settings, guest: &Guest) -> VerifierFailure {
    run(settings, guest).await.result.expect_err("the guest was expected to fail")
}

/// The number that a guest reports.
async fn number(settings: &Settings, guest: &Guest) -> u64 {
    reported(run(settings, guest).await)
}

fn reported(run: Run) -> u64 {
    match run.result {
        Ok(Verdict::Valid(acceptance)) => acceptance.expires_at.expect("the guest reports a number"),
        other => panic!("expected a reported number, got {other:?}"),
    }
}

#[track_caller]
fn assert_kind(failure: &VerifierFailure, kind: FailureKind) {
    assert_eq!(failure.kind, kind, "{}", failure.detail);
}
