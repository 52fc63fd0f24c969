//! Epoch ticks from a thread of their own, so that a busy runtime cannot hold them up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// Time between two ticks; a guest runs at most this long before it must let others run.
const PERIOD: Duration = Duration::from_millis(1);

/// Ticks without any run after which the thread sleeps until the next run.
const IDLE_TICKS: u32 = 1_000;

/// Advances the engine's epoch while runs are going on. The thread ends with the ticker.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    runs: AtomicUsize,
    asleep: AtomicBool,
    stopped: AtomicBool,
}

/// Keeps the ticks coming while it lives.
pub(super) struct Ticking<'a> {
    shared: &'a Shared,
}

impl Ticker {
    /// Starts the thread.
    pub(super) fn start(engine: Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("sandbox-ticks".to_owned()).spawn(move || theirs.tick(&engine))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Makes sure that ticks come until the answer is dropped.
    pub(super) fn hold(&self) -> Ticking<'_> {
        self.shared.runs.fetch_add(1, SeqCst);
        // Sequentially consistent on both sides: either this sees the thread asleep, or the thread sees the run.
        if self.shared.asleep.load(SeqCst) {
            self.wake();
        }
        Ticking { shared: &self.shared }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Shared {
    fn tick(&self, engine: &Engine) {
        let mut idle = 0;
        while !self.stopped.load(SeqCst) {
            thread::sleep(PERIOD);
            engine.increment_epoch();
            idle = if self.runs.load(SeqCst) == 0 { idle + 1 } else { 0 };
            if idle >= IDLE_TICKS {
                self.asleep.store(true, SeqCst);
                if self.runs.load(SeqCst) == 0 && !self.stopped.load(SeqCst) {
                    thread::park();
                }
                self.asleep.store(false, SeqCst);
                idle = 0;
            }
        }
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.shared.runs.fetch_sub(1, SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread runs nothing that could panic; there is nobody to tell if it did.
            drop(thread.join());
        }
    }
}
