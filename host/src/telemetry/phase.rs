//! The parts of a verification: each is a span of the log and a histogram of the metrics, under one name.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tracing::{Instrument as _, Span};

use super::histogram::Histogram;

/// A part of a verification. Three lie within each other: `dns` in `connect` in `upstream`, and that in
/// `sandbox`; what the plugin itself took is `sandbox` without `upstream`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Checking the fields against the schema.
    Schema,
    /// The run of the plugin, from its slot to its verdict, with everything that it sends. Waiting for
    /// the slot is not part of it.
    Sandbox,
    /// Looking a name up and judging its addresses.
    Dns,
    /// Until a new connection stands: lookup, TCP and TLS together, which the client does not tell apart.
    Connect,
    /// One exchange, until the last byte of its answer.
    Upstream,
    /// Encrypting the fields.
    Seal,
    /// The transaction that stores what was found.
    Commit,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 7] =
        [Self::Schema, Self::Sandbox, Self::Dns, Self::Connect, Self::Upstream, Self::Seal, Self::Commit];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Sandbox => "sandbox",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Upstream => "upstream",
            Self::Seal => "seal",
            Self::Commit => "commit",
        }
    }

    fn span(self) -> Span {
        // The name of a span is part of where it stands in the code.
        match self {
            Self::Schema => tracing::info_span!("schema"),
            Self::Sandbox => tracing::info_span!("sandbox"),
            Self::Dns => tracing::info_span!("dns"),
            Self::Connect => tracing::info_span!("connect"),
            Self::Upstream => tracing::info_span!("upstream"),
            Self::Seal => tracing::info_span!("seal"),
            Self::Commit => tracing::info_span!("commit"),
        }
    }
}

tokio::task_local! {
    /// Told which phase the task is in. Belongs to the task as a log's span does.
    static WATCHED: watch::Sender<Option<Phase>>;
}

/// Runs `work` and tells which phase it is in: the innermost one, none between them.
pub async fn tell_phases<F: Future>(told: watch::Sender<Option<Phase>>, work: F) -> F::Output {
    WATCHED.scope(told, work).await
}

/// Tells of a phase; returns the one that it lies within. Nobody may be watching.
fn tell(phase: Option<Phase>) -> Option<Phase> {
    WATCHED.try_with(|told| told.send_replace(phase)).ok().flatten()
}

/// How long phases took. Clones count together.
#[derive(Clone, Default)]
pub struct Phases(Arc<[Histogram; Phase::ALL.len()]>);

impl Phases {
    /// Does some work as a phase.
    pub fn of<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let _measured = self.measure(phase);
        phase.span().in_scope(work)
    }

    /// Waits for some work as a phase. Work that is dropped half-way is measured until then.
    pub async fn during<F: Future>(&self, phase: Phase, work: F) -> F::Output {
        let _measured = self.measure(phase);
        work.instrument(phase.span()).await
    }

    /// The histogram of a phase.
    pub fn histogram(&self, phase: Phase) -> &Histogram {
        &self.0[phase as usize]
    }

    fn measure(&self, phase: Phase) -> Measured<'_> {
        Measured { phases: self, phase, around: tell(Some(phase)), started: Instant::now() }
    }
}

/// Measures until it is dropped.
struct Measured<'a> {
    phases: &'a Phases,
    phase: Phase,
    /// The phase that it lies within.
    around: Option<Phase>,
    started: Instant,
}

impl Drop for Measured<'_> {
    fn drop(&mut self) {
        tell(self.around);
        let took = self.started.elapsed();
        self.phases.histogram(self.phase).observe(took);
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(phase = self.phase.as_str(), duration_us, "a phase ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_watches_is_told_of_the_innermost_phase() {
        let phases = Phases::default();
        let (tell, told) = watch::channel(None);
        let now = || *told.borrow();
        tell_phases(tell, async {
            let inner = async {
                assert_eq!(now(), Some(Phase::Upstream));
                phases.during(Phase::Connect, async { assert_eq!(now(), Some(Phase::Connect)) }).await;
                assert_eq!(now(), Some(Phase::Upstream));
            };
            phases.during(Phase::Upstream, inner).await;
            assert_eq!(now(), None);
        })
        .await;
        phases.of(Phase::Seal, || assert_eq!(now(), None));
    }

    #[tokio::test]
    async fn a_phase_is_counted_once_however_it_ends() {
        let phases = Phases::default();
        assert_eq!(phases.of(Phase::Schema, || 1), 1);
        assert_eq!(phases.during(Phase::Commit, async { 2 }).await, 2);
        let mut dropped = Box::pin(phases.during(Phase::Dns, std::future::pending::<()>()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
        drop(dropped);
        let counts = Phase::ALL.map(|phase| phases.histogram(phase).read().count);
        assert_eq!(counts, [1, 0, 1, 0, 0, 0, 1]);
    }
}
