//! From the engine's errors to failures that an operator can read. No text of the guest and no
//! backtrace passes: every sentence is made here or is a constant of the engine.

use wasmtime::Trap;
use wasmtime_wasi::{I32Exit, ResourceTableError};

use crate::domain::verdict::{FailureKind, VerifierFailure};

/// The host's own reason to end a run, carried through the guest as an error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{sentence}")]
pub(super) struct Stop {
    kind: FailureKind,
    sentence: String,
}

impl Stop {
    /// Ends a run with a failure of that kind.
    pub(super) fn new(kind: FailureKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }
}

impl From<Stop> for VerifierFailure {
    fn from(stop: Stop) -> Self {
        Self::new(stop.kind, stop.sentence)
    }
}

/// Where a run failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// While its instances were made, before any export was called.
    Instantiation,
    /// While an export ran, or while its result was read.
    Call,
}

/// Why a run failed. `refusal` is the sentence of the limiter, where it refused growth.
pub(super) fn explain(error: &wasmtime::Error, phase: Phase, refusal: Option<String>) -> VerifierFailure {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.clone().into();
    }
    if let Some(sentence) = refusal {
        return VerifierFailure::new(FailureKind::MemoryLimit, sentence);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return explain_trap(*trap);
    }
    if error.downcast_ref::<I32Exit>().is_some() {
        return VerifierFailure::new(FailureKind::Trapped, "the plugin called wasi:cli/exit");
    }
    if matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full)) {
        let sentence = "the plugin held more WASI resources open than allowed (`resources`)";
        return VerifierFailure::new(FailureKind::MemoryLimit, sentence);
    }
    // The engine has no public type for this; a test would notice a change of its text.
    let cause = error.root_cause().to_string();
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        let sentence = "the plugin handed more bytes over in one call than allowed (`hostcall_fuel`)";
        return VerifierFailure::new(FailureKind::CallLimit, sentence);
    }
    if cause.starts_with("requested len ") {
        let sentence = "the plugin asked wasi:random for more bytes in one call than allowed";
        return VerifierFailure::new(FailureKind::CallLimit, sentence);
    }
    match phase {
        Phase::Instantiation => VerifierFailure::new(
            FailureKind::MemoryLimit,
            format!("the plugin could not be instantiated within the limits: {cause}"),
        ),
        Phase::Call => VerifierFailure::new(
            FailureKind::BadOutput,
            "the plugin passed a value that is not of the contract, such as text that is not UTF-8 or a \
             list beyond its memory",
        ),
    }
}

fn explain_trap(trap: Trap) -> VerifierFailure {
    let name = trap.to_string();
    let name = name.strip_prefix("wasm trap: ").unwrap_or(&name);
    match trap {
        // These are raised while the host reads a value of the guest.
        Trap::StringOutOfBounds
        | Trap::ListOutOfBounds
        | Trap::InvalidDiscriminant
        | Trap::InvalidChar
        | Trap::UnalignedPointer => VerifierFailure::new(
            FailureKind::BadOutput,
            format!("the plugin passed a value that is not of the contract: {name}"),
        ),
        _ => VerifierFailure::new(FailureKind::Trapped, format!("the plugin trapped: {name}")),
    }
}
