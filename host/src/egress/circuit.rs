//! What fails again and again is left alone for a while, so that what does not answer takes nobody's time.
//!
//! Of each workspace and origin: a workspace can make an address time out by the path that it asks for, and
//! others shall neither see nor suffer that. In memory of this process alone: it is about its own time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::origin::Origin;
use crate::domain::id::WorkspaceId;

/// Failures count when they come within so long a time.
const WINDOW: Duration = Duration::from_secs(60);
/// The first pause; each probe that fails doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Beyond so many origins those that were quiet for a while are dropped; if none was, nothing is remembered of
/// further ones.
const KEPT: usize = 4_096;

type Key = (WorkspaceId, Origin);

/// Which origins are left alone.
pub(super) struct Circuits {
    /// Failures in a row that open a circuit.
    failures: u32,
    circuits: Mutex<HashMap<Key, Circuit>>,
    refused: AtomicU64,
}

/// Exists only where the last exchange failed.
struct Circuit {
    failures: u32,
    first_failure: Instant,
    /// None: still closed.
    pause: Option<Pause>,
}

struct Pause {
    until: Instant,
    length: Duration,
    is_probed: bool,
}

/// The right to one exchange. Dropped without an outcome, it says nothing of the origin.
pub(super) struct Pass<'a> {
    circuits: &'a Circuits,
    /// None: it was told how it ended.
    key: Option<Key>,
    is_probe: bool,
}

impl Circuits {
    pub(super) fn new(failures: u32) -> Self {
        Self { failures, circuits: Mutex::default(), refused: AtomicU64::new(0) }
    }

    /// Exchanges that were not even tried.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Begins an exchange; none where the origin is left alone, or is being tried by somebody else.
    pub(super) fn enter(&self, workspace: &WorkspaceId, origin: &Origin, now: Instant) -> Option<Pass<'_>> {
        let key = (workspace.clone(), origin.clone());
        let is_probe = match self.lock().get_mut(&key).and_then(|circuit| circuit.pause.as_mut()) {
            None => false,
            Some(pause) if pause.is_probed || now < pause.until => {
                self.refused.fetch_add(1, Relaxed);
                return None;
            }
            Some(pause) => {
                pause.is_probed = true;
                true
            }
        };
        Some(Pass { circuits: self, key: Some(key), is_probe })
    }

    fn fail(&self, key: Key, is_probe: bool, now: Instant) {
        let mut circuits = self.lock();
        if circuits.len() >= KEPT && !circuits.contains_key(&key) {
            circuits.retain(|_, circuit| !circuit.is_quiet(now));
            if circuits.len() >= KEPT {
                return;
            }
        }
        let circuit = circuits.entry(key).or_insert(Circuit { failures: 0, first_failure: now, pause: None });
        match &mut circuit.pause {
            Some(pause) if is_probe => {
                let length = pause.length.saturating_mul(2).min(LONGEST_PAUSE);
                *pause = Pause { until: now + length, length, is_probed: false };
            }
            // It was under way when the pause began.
            Some(_) => {}
            None => {
                if now.saturating_duration_since(circuit.first_failure) >= WINDOW {
                    (circuit.failures, circuit.first_failure) = (0, now);
                }
                circuit.failures += 1;
                if circuit.failures >= self.failures {
                    let (until, length) = (now + FIRST_PAUSE, FIRST_PAUSE);
                    circuit.pause = Some(Pause { until, length, is_probed: false });
                }
            }
        }
    }

    /// Every change below the lock is whole when it ends, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    fn is_quiet(&self, now: Instant) -> bool {
        let since = self.pause.as_ref().map_or(self.first_failure, |pause| pause.until);
        now.saturating_duration_since(since) >= WINDOW && !self.pause.as_ref().is_some_and(|it| it.is_probed)
    }
}

impl Pass<'_> {
    /// The other side answered, whatever it said.
    pub(super) fn succeed(mut self) {
        if let Some(key) = self.key.take() {
            self.circuits.lock().remove(&key);
        }
    }

    /// There was no connection, or no answer in time.
    pub(super) fn fail(mut self, now: Instant) {
        if let Some(key) = self.key.take() {
            self.circuits.fail(key, self.is_probe, now);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key.take().filter(|_| self.is_probe) else { return };
        let mut circuits = self.circuits.lock();
        if let Some(pause) = circuits.get_mut(&key).and_then(|circuit| circuit.pause.as_mut()) {
            pause.is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        circuits: Circuits,
        workspace: WorkspaceId,
        origin: Origin,
        start: Instant,
    }

    fn rig() -> Rig {
        Rig {
            circuits: Circuits::new(3),
            workspace: "one".parse().unwrap(),
            origin: Origin::parse("https://example.com").unwrap(),
            start: Instant::now(),
        }
    }

    impl Rig {
        fn at(&self, seconds: u64) -> Instant {
            self.start + Duration::from_secs(seconds)
        }

        fn enter(&self, second: u64) -> Option<Pass<'_>> {
            self.circuits.enter(&self.workspace, &self.origin, self.at(second))
        }

        fn fail(&self, second: u64) {
            self.enter(second).unwrap().fail(self.at(second));
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_each_failed_probe_doubles_the_pause() {
        let rig = rig();
        for _ in 0..3 {
            rig.fail(0);
        }
        let mut now = 0;
        for pause in [10, 20, 40, 80, 120, 120] {
            assert!(rig.enter(now + pause - 1).is_none(), "{pause}");
            now += pause;
            let probe = rig.enter(now).unwrap();
            assert!(rig.enter(now).is_none(), "one at a time");
            probe.fail(rig.at(now));
        }
        rig.enter(now + 120).unwrap().succeed();
        rig.fail(now + 120);
        assert!(rig.enter(now + 120).is_some(), "an answer forgets everything");
        assert_eq!(rig.circuits.refused(), 12);
    }

    #[test]
    fn an_answer_in_between_or_a_minute_begins_the_row_anew() {
        let rig = rig();
        rig.fail(0);
        rig.fail(1);
        rig.enter(2).unwrap().succeed();
        rig.fail(3);
        rig.fail(4);
        rig.fail(63);
        rig.fail(64);
        assert!(rig.enter(65).is_some());
    }

    #[test]
    fn a_probe_that_is_given_up_lets_the_next_one_try() {
        let rig = rig();
        for _ in 0..3 {
            rig.fail(0);
        }
        drop(rig.enter(10));
        let probe = rig.enter(10);
        assert!(probe.is_some() && rig.enter(10).is_none());
    }

    #[test]
    fn those_under_way_when_the_pause_begins_do_not_prolong_it() {
        let rig = rig();
        let late: Vec<_> = (0..10).map(|_| rig.enter(0).unwrap()).collect();
        late.into_iter().for_each(|pass| pass.fail(rig.at(0)));
        assert!(rig.enter(9).is_none() && rig.enter(10).is_some());
    }

    #[test]
    fn workspaces_and_origins_are_told_apart() {
        let rig = rig();
        for _ in 0..3 {
            rig.fail(0);
        }
        assert!(rig.enter(0).is_none());
        let other = "two".parse().unwrap();
        assert!(rig.circuits.enter(&other, &rig.origin, rig.at(0)).is_some());
        let elsewhere = Origin::parse("https://example.com:8443").unwrap();
        assert!(rig.circuits.enter(&rig.workspace, &elsewhere, rig.at(0)).is_some());
    }

    #[test]
    fn memory_has_its_end() {
        let rig = rig();
        for number in 0..6_000 {
            let origin = Origin::parse(&format!("https://h{number}.example.com")).unwrap();
            let pass = rig.circuits.enter(&rig.workspace, &origin, rig.at(number / 100)).unwrap();
            pass.fail(rig.at(number / 100));
        }
        assert!(rig.circuits.lock().len() <= KEPT);
    }
}
