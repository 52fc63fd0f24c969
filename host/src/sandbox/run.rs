//! One run: a fresh store, limits around it, one exported function.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Store, StoreContextMut, UpdateDeadline};

use super::bindings::exports::keystead::plugin::verifier::Guest;
use super::bindings::keystead::plugin::types;
use super::failure::{Phase, Stop, explain};
use super::log::Log;
use super::settings::{Settings, as_usize};
use super::state::State;
use super::transcript::{Call, Transcript};
use super::{Plugin, Sandbox, Slot, answer};
use crate::domain::descriptor::MAX_BYTES;
use crate::domain::evidence::LogLine;
use crate::domain::verdict::{FailureKind, Verdict, VerifierFailure};
use crate::egress::Session;

/// Epochs that a guest runs before it lets other tasks run.
const SLICE: u64 = 1;

/// What a run may know of the world. The same context makes the same run.
#[derive(Clone, Debug)]
pub struct RunContext {
    /// Milliseconds since 1970-01-01 UTC; stands still during the run.
    pub now_ms: u64,
    /// Of everything random that the guest gets. Fresh for each verification.
    pub seed: [u8; 32],
    /// Whether each call of the contract's imports is kept.
    pub transcript: bool,
}

/// What a run ended with.
pub struct Run {
    /// The plugin's verdict, bounded and scrubbed, or how it failed.
    pub result: Result<Verdict, VerifierFailure>,
    /// The way out comes back, after a trap or a timeout too: it knows what was sent.
    pub session: Session,
    /// The plugin's log and standard streams, bounded and scrubbed.
    pub log: Vec<LogLine>,
    /// Each call, in order, where the context asked for it.
    pub transcript: Option<Vec<Call>>,
}

impl Sandbox {
    /// Asks a plugin for its descriptor: in a fresh instance, every import of the contract refused,
    /// clock and seed at zero.
    ///
    /// # Errors
    /// When the plugin traps, exceeds a limit, or returns more than a descriptor may have.
    pub async fn describe(&self, plugin: &Plugin) -> Result<String, VerifierFailure> {
        let slot = self.slots.wait().await;
        let context = RunContext { now_ms: 0, seed: [0; 32], transcript: false };
        let state = State::new(&self.settings, true, &context);
        let (returned, _) = self
            .run(plugin, state, None, &slot, async |verifier, store| verifier.call_describe(store).await)
            .await;
        let text = returned?;
        if text.len() > MAX_BYTES {
            let sentence =
                format!("the descriptor has {} bytes, but may have at most {MAX_BYTES}", text.len());
            return Err(VerifierFailure::new(FailureKind::BadOutput, sentence));
        }
        Ok(text)
    }

    /// As [`Sandbox::verify_in`], for the installation's own work: waits for a slot as long as it takes.
    pub async fn verify(&self, plugin: &Plugin, session: Session, context: RunContext) -> Run {
        let slot = self.slots.wait().await;
        self.verify_in(&slot, plugin, session, context).await
    }

    /// Lets a plugin verify the session's credential in a fresh instance, whose memory is free again when it
    /// returns. May be dropped at any time; nothing is left behind.
    pub async fn verify_in(
        &self,
        slot: &Slot,
        plugin: &Plugin,
        mut session: Session,
        context: RunContext,
    ) -> Run {
        let credential = session.credential().to_owned();
        let state = State::new(&self.settings, false, &context);
        let (returned, state) = self
            .run(plugin, state, Some(&mut session), slot, async |verifier, store| {
                verifier.call_verify(store, &credential).await
            })
            .await;
        finish(returned, state, session)
    }

    /// Runs one export to its end, whatever that is, and gives the store's data back. Without a session
    /// every import of the contract refuses.
    async fn run<R>(
        &self,
        plugin: &Plugin,
        state: State,
        session: Option<&mut Session>,
        // Whoever holds it drops it after this future, and so after the memory of the run.
        _slot: &Slot,
        export: impl AsyncFnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<R>,
    ) -> (Result<R, VerifierFailure>, State) {
        let _ticking = self.ticker.hold();
        let (meter, hatch) = (Arc::clone(&state.meter), Arc::clone(&state.hatch));
        let mut store = self.open(state);
        let mut phase = Phase::Instantiation;
        let wall = Duration::from_millis(self.settings.wall_ms);
        let ended = {
            // Pinned one by one, as an async function holds what it is given by value twice.
            let call = pin!(async {
                let instance = plugin.pre.instantiate_async(&mut store).await?;
                phase = Phase::Call;
                export(instance.keystead_plugin_verifier(), &mut store).await
            });
            let guest = pin!(meter.count(call));
            let served = async {
                match session {
                    Some(session) => hatch.serve(session, guest).await,
                    None => guest.await,
                }
            };
            tokio::time::timeout(wall, served).await
        };
        let state = store.into_data();
        let result = match (ended, state.exceeded_calls()) {
            // Also when the guest came to an end before the next epoch could stop it.
            (_, Some(stop)) => Err(stop.into()),
            (Err(_), None) => Err(VerifierFailure::new(
                FailureKind::Deadline,
                format!("the plugin did not answer within {} ms (`wall_ms`)", self.settings.wall_ms),
            )),
            (Ok(Err(error)), None) => Err(explain(&error, phase, state.limiter.refusal())),
            (Ok(Ok(returned)), None) => Ok(returned),
        };
        (result, state)
    }

    /// A store with all limits set. The deadline too: a start function already runs guest code.
    fn open(&self, state: State) -> Store<State> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(as_usize(self.settings.hostcall_fuel));
        store.set_epoch_deadline(SLICE);
        let cpu = cpu_budget(&self.settings);
        store.epoch_deadline_callback(move |store| end_slice(&store, cpu));
        store
    }
}

fn cpu_budget(settings: &Settings) -> Duration {
    Duration::from_millis(settings.cpu_ms)
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

fn finish(returned: Result<types::Verdict, VerifierFailure>, mut state: State, session: Session) -> Run {
    let log = std::mem::replace(&mut *state.log(), Log::new(&Settings::default()));
    Run {
        result: returned.map(|verdict| answer::read(verdict, &session)),
        log: log.finish(Some(&session)),
        transcript: state.transcript.take().map(Transcript::into_calls),
        session,
    }
}
