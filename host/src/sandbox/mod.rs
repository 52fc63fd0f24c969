//! The only place that knows wasmtime. A plugin is a WebAssembly component; each run of it gets a
//! fresh store with limits around it, Keystead's own imports, and WASI with nothing behind it.
//!
//! Two clocks end a run: the CPU budget counts what the guest itself computes (epochs interrupt it),
//! the wall clock counts everything (a timer drops the call). `wit/v1/limits.md` lists every limit.

mod admission;
mod answer;
mod bindings;
mod engine;
mod failure;
mod hatch;
mod imports;
mod limiter;
mod log;
mod meter;
mod run;
mod settings;
mod slots;
mod state;
mod text;
mod ticker;
mod transcript;
mod wasi;

use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Linker;

pub use self::admission::AdmissionError;
pub use self::run::{Run, RunContext};
pub use self::settings::Settings;
pub use self::slots::{Busy, Load, Room, Slot};
pub use self::transcript::Call;

use self::bindings::PluginPre;
use self::slots::Slots;
use self::state::State;
use self::ticker::Ticker;
use crate::domain::id::WorkspaceId;
use crate::domain::limit::OutOfRange;

/// The engine, its limits, and what plugins may import. One per process.
pub struct Sandbox {
    settings: Settings,
    engine: Engine,
    linker: Linker<State>,
    ticker: Ticker,
    /// One for each slot of the pool: whoever finds none waits, since an exhausted pool is an error.
    slots: Arc<Slots>,
}

/// An admitted plugin: compiled, its imports resolved, ready to be instantiated.
pub struct Plugin {
    pre: PluginPre<State>,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error(transparent)]
    Settings(#[from] OutOfRange),
    /// The engine refused to start, mostly for want of address space.
    #[error(
        "the WebAssembly engine could not be started: {0}; a smaller `concurrency` needs less address space"
    )]
    Engine(String),
}

impl Sandbox {
    /// Starts the engine and its ticking thread.
    ///
    /// # Errors
    /// When a setting is out of range, or the machine cannot reserve the pool's address space.
    pub fn new(settings: &Settings) -> Result<Self, SandboxError> {
        settings.check()?;
        let engine =
            engine::build(settings).map_err(|error| SandboxError::Engine(error.root_cause().to_string()))?;
        let linker =
            engine::link(&engine).map_err(|error| SandboxError::Engine(error.root_cause().to_string()))?;
        let ticker =
            Ticker::start(engine.clone()).map_err(|error| SandboxError::Engine(error.to_string()))?;
        let slots = Slots::new(settings);
        Ok(Self { settings: settings.clone(), engine, linker, ticker, slots })
    }

    /// Admits a plugin: compiles it and resolves its imports. Takes seconds of CPU for components
    /// of language runtimes, so call it where blocking is allowed.
    ///
    /// # Errors
    /// When the bytes are no component, import what is not offered, lack an export, or can never
    /// fit the limits.
    pub fn compile(&self, bytes: &[u8]) -> Result<Plugin, AdmissionError> {
        let pre = admission::admit(&self.engine, &self.linker, &self.settings, bytes)?;
        Ok(Plugin { pre })
    }

    /// The right to one run for a workspace that may speak to these hosts, each told once: at once or after a
    /// short wait in the queue. `room` bounds how many such runs go on at once.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full, the workspace or a host has its share, or the wait was too long.
    pub async fn enter(
        &self,
        workspace: &WorkspaceId,
        hosts: &[String],
        room: Arc<dyn Room>,
    ) -> Result<Slot, Busy> {
        self.slots.enter(workspace, hosts, room).await
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        self.slots.load()
    }
}
