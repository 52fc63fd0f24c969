//! What belongs to one run, inside its store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::failure::Stop;
use super::hatch::Hatch;
use super::limiter::Limiter;
use super::log::Log;
use super::meter::Meter;
use super::run::RunContext;
use super::settings::Settings;
use super::transcript::{Call, Transcript};
use super::wasi;
use crate::domain::verdict::FailureKind;

/// The store's data.
pub(super) struct State {
    /// The way out, shared with whoever drives the guest.
    pub(super) hatch: Arc<Hatch>,
    pub(super) limiter: Limiter,
    pub(super) meter: Arc<Meter>,
    /// Shared with the standard streams that WASI owns.
    pub(super) log: Arc<Mutex<Log>>,
    pub(super) random: ChaCha20Rng,
    pub(super) now_ms: u64,
    pub(super) transcript: Option<Transcript>,
    /// While describing every import of the contract refuses.
    is_describing: bool,
    seed: [u8; 32],
    calls: u64,
    max_calls: u64,
    resources: usize,
    /// Made at the first WASI call: most plugins never make one.
    wasi: Option<Box<Wasi>>,
}

struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

/// Says that the imports of the contract are implemented on [`State`] itself.
pub(super) struct StateData;

impl HasData for StateData {
    type Data<'a> = &'a mut State;
}

impl State {
    /// The state of a run that has not begun.
    pub(super) fn new(settings: &Settings, is_describing: bool, context: &RunContext) -> Self {
        Self {
            hatch: Arc::default(),
            is_describing,
            limiter: Limiter::new(settings),
            meter: Arc::new(Meter::new()),
            log: Arc::new(Mutex::new(Log::new(settings))),
            random: ChaCha20Rng::from_seed(context.seed),
            now_ms: context.now_ms,
            transcript: context.transcript.then(Transcript::new),
            seed: context.seed,
            calls: 0,
            max_calls: settings.host_calls,
            resources: settings.resources as usize,
            wasi: None,
        }
    }

    /// Counts a call of the contract's imports, which refuse while describing.
    pub(super) fn count_call(&mut self, name: &str) -> Result<(), Stop> {
        self.calls = self.calls.saturating_add(1);
        if let Some(stop) = self.exceeded_calls() {
            return Err(stop);
        }
        if self.is_describing {
            return Err(Stop::new(FailureKind::Trapped, format!("describe must not call {name}")));
        }
        Ok(())
    }

    /// The failure of a run that made too many calls. WASI calls cannot be stopped where they are
    /// counted, so the epoch callback and the end of the run look here too.
    pub(super) fn exceeded_calls(&self) -> Option<Stop> {
        (self.calls > self.max_calls).then(|| {
            let sentence = format!("the plugin made more than {} host calls (`host_calls`)", self.max_calls);
            Stop::new(FailureKind::CallLimit, sentence)
        })
    }

    /// Notes a call for the author, where a transcript is wanted.
    pub(super) fn record(&mut self, call: impl FnOnce() -> Call) {
        if let Some(transcript) = &mut self.transcript {
            transcript.push(call());
        }
    }

    /// The log. A panic of another holder leaves it whole: it only grows.
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.calls = self.calls.saturating_add(1);
        let wasi = self.wasi.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(self.resources);
            Box::new(Wasi { context: wasi::context(self.now_ms, self.seed, &self.log), table })
        });
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}
