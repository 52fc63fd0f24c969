//! Instances made before they are needed. Each is used once, like any other; what is saved is the time that
//! a caller would have waited for it, since it is made after the answer to an earlier one.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline};

use super::bindings::{Plugin as Instance, PluginPre};
use super::failure::Stop;
use super::run::RunContext;
use super::settings::{Settings, as_usize};
use super::slots::Slot;
use super::state::State;
use super::ticker::Ticker;
use crate::domain::verdict::FailureKind;

/// Epochs that a guest runs before it lets other tasks run.
pub(super) const SLICE: u64 = 1;

/// Instances that lie ready at most, of all plugins together; the pool has room for them beside the runs'.
const SPARES: u32 = 8;

/// Instances that lie ready of one plugin.
const SPARES_OF_ONE: usize = 1;

/// How many spares a sandbox with these settings may have.
pub(super) fn spares(settings: &Settings) -> u32 {
    settings.concurrency.min(SPARES)
}

/// An admitted component, and instances of it that lie ready.
pub(super) struct Admitted {
    pub(super) pre: PluginPre<State>,
    ready: Mutex<Vec<Spare>>,
    /// Its instances ask for time, randomness or output while they are made: they are of their run alone.
    asks: AtomicBool,
}

/// An instance in which no export has run yet.
pub(super) struct Spare {
    pub(super) store: Store<State>,
    pub(super) instance: Instance,
    /// Its place in the pool. Given back when it becomes a run's, which has a slot of its own.
    _place: OwnedSemaphorePermit,
}

/// What makes stores and instances.
pub(super) struct Maker {
    pub(super) settings: Settings,
    pub(super) ticker: Ticker,
    engine: Engine,
    places: Arc<Semaphore>,
}

impl Admitted {
    /// Without any instance yet.
    pub(super) fn new(pre: PluginPre<State>) -> Self {
        Self { pre, ready: Mutex::new(Vec::new()), asks: AtomicBool::new(false) }
    }

    /// An instance that lies ready.
    pub(super) fn take(&self) -> Option<Spare> {
        self.ready().pop()
    }

    /// A panic of another holder leaves the list whole.
    fn ready(&self) -> MutexGuard<'_, Vec<Spare>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spare {
    /// Makes the instance that of a run.
    pub(super) fn become_run(mut self, state: State) -> (Store<State>, Instance) {
        let old = std::mem::replace(self.store.data_mut(), state);
        // What it allocated counts.
        self.store.data_mut().limiter = old.limiter;
        self.store.set_epoch_deadline(SLICE);
        (self.store, self.instance)
    }
}

impl Maker {
    pub(super) fn new(settings: Settings, engine: Engine, ticker: Ticker) -> Self {
        let places = Arc::new(Semaphore::new(spares(&settings) as usize));
        Self { settings, ticker, engine, places }
    }

    /// A store with all limits set. The deadline too: a start function already runs guest code.
    pub(super) fn open(&self, state: State) -> Store<State> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(as_usize(self.settings.hostcall_fuel));
        store.set_epoch_deadline(SLICE);
        let cpu = Duration::from_millis(self.settings.cpu_ms);
        store.epoch_deadline_callback(move |store| end_slice(&store, cpu));
        store
    }

    /// Ends a run whose result is known already: frees its memory, then its slot, then makes the next
    /// instance. In a task of its own, so that nobody waits for it.
    pub(super) fn clear_away(self: &Arc<Self>, store: Store<State>, slot: Slot, admitted: &Arc<Admitted>) {
        let (maker, admitted) = (Arc::clone(self), Arc::clone(admitted));
        tokio::spawn(async move {
            drop(store);
            drop(slot);
            maker.make_spare(&admitted).await;
        });
    }

    async fn make_spare(&self, admitted: &Admitted) {
        if admitted.asks.load(Relaxed) || admitted.ready().len() >= SPARES_OF_ONE {
            return;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let _ticking = self.ticker.hold();
        // Without a session every import of the contract refuses.
        let state = State::new(&self.settings, None, &RunContext::default());
        let meter = Arc::clone(&state.meter);
        let mut store = self.open(state);
        let wall = Duration::from_millis(self.settings.wall_ms);
        let made = meter.count(admitted.pre.instantiate_async(&mut store));
        match tokio::time::timeout(wall, made).await {
            Ok(Ok(instance)) if !store.data().has_called() => {
                admitted.ready().push(Spare { store, instance, _place: place });
            }
            // A run will tell what is wrong, if something is.
            _ => admitted.asks.store(true, Relaxed),
        }
    }
}

/// Ends the run or lets other tasks have the thread, and the wall clock its turn.
fn end_slice(store: &StoreContextMut<'_, State>, cpu: Duration) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data();
    if let Some(stop) = state.exceeded_calls() {
        return Err(stop.into());
    }
    if state.meter.used() > cpu {
        let sentence = format!("the plugin computed for more than {} ms (`cpu_ms`)", cpu.as_millis());
        return Err(Stop::new(FailureKind::CpuLimit, sentence).into());
    }
    Ok(UpdateDeadline::YieldCustom(SLICE, Box::pin(tokio::task::yield_now())))
}
