//! What this process knows of where workspaces stand, so that not every verification asks the database, and
//! so that no more attempts are under way than may fail.
//!
//! Each failure is written before it is told, and what is then read there is known here. So this process never
//! exceeds a budget that it alone uses. Of what other processes have counted it learns with its own next failure,
//! or when it asks again after [`FRESH`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::budget::{Limits, Standing};
use crate::domain::id::WorkspaceId;
use crate::sandbox::Room;

/// What was read is taken for true for so long.
const FRESH: SignedDuration = SignedDuration::from_secs(1);
/// Beyond so many entries those that are not fresh any more are dropped.
const KEPT: usize = 4_096;

type Destinations = HashMap<String, Entry>;

/// Standings as they were last read or written.
pub struct Known {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    workspaces: HashMap<WorkspaceId, Destinations>,
    entries: usize,
    /// How often something was learned.
    lessons: u64,
}

struct Entry {
    standing: Standing,
    /// None where the database has to be asked again.
    read_at: Option<Timestamp>,
    room: usize,
    /// The lesson that it is from.
    lesson: u64,
}

/// Taken before the database is asked, so that what is learned in another order than it was written is noticed.
#[derive(Clone, Copy)]
pub struct Asking(u64);

impl Entry {
    /// A clock that was set back makes nothing fresh.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|read_at| (read_at..read_at + FRESH).contains(&now))
    }
}

impl Known {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where a workspace stands with these destinations, in their order, if all of it is known and fresh.
    pub fn standings(
        &self,
        workspace: &WorkspaceId,
        destinations: &[String],
        now: Timestamp,
    ) -> Option<Vec<Standing>> {
        let state = self.lock();
        let known = state.workspaces.get(workspace)?;
        let fresh = |destination| known.get(destination).filter(|entry| entry.is_fresh(now));
        destinations.iter().map(|destination| Some(fresh(destination)?.standing.clone())).collect()
    }

    /// To be called before anything is read or written that is to be learned.
    pub fn ask(&self) -> Asking {
        Asking(self.lock().lessons)
    }

    /// Takes note of what was read or written at this time. Where something else was learned since `asking`,
    /// nobody knows which is the newer: there is room for the fewer then, and the database is asked again.
    pub fn learn(
        &self,
        asking: Asking,
        workspace: &WorkspaceId,
        destinations: &[String],
        standings: &[Standing],
        now: Timestamp,
    ) {
        let mut state = self.lock();
        if state.entries >= KEPT {
            state.forget(now);
        }
        state.lessons += 1;
        let State { workspaces, entries, lessons } = &mut *state;
        let known = workspaces.entry(workspace.clone()).or_default();
        for (destination, standing) in destinations.iter().zip(standings) {
            let room = usize::try_from(standing.room(now, &self.limits)).unwrap_or(usize::MAX);
            let mut entry = Entry { standing: standing.clone(), read_at: Some(now), room, lesson: *lessons };
            if let Some(other) = known.get(destination).filter(|other| other.lesson > asking.0) {
                (entry.read_at, entry.room) = (None, room.min(other.room));
            }
            *entries += usize::from(known.insert(destination.clone(), entry).is_none());
        }
    }

    /// Every change below the lock is whole when it ends, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room for Known {
    fn of(&self, workspace: &WorkspaceId, host: &str) -> usize {
        let state = self.lock();
        let entry = state.workspaces.get(workspace).and_then(|known| known.get(host));
        // Of a host that no secret may go to nothing is counted.
        entry.map_or(usize::MAX, |entry| entry.room)
    }
}

impl State {
    fn forget(&mut self, now: Timestamp) {
        self.workspaces.retain(|_, known| {
            known.retain(|_, entry| entry.is_fresh(now));
            !known.is_empty()
        });
        self.entries = self.workspaces.values().map(HashMap::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "example.com";

    fn known() -> (Known, WorkspaceId, [String; 1]) {
        let limits = Limits {
            failures: 20,
            window: SignedDuration::from_hours(1),
            cool_down: SignedDuration::from_mins(1),
            longest_cool_down: SignedDuration::from_hours(1),
        };
        (Known::new(limits), "one".parse().unwrap(), [HOST.to_owned()])
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn what_was_read_is_believed_for_a_second() {
        let (known, one, host) = known();
        assert_eq!(known.standings(&one, &host, at(0)), None);
        known.learn(known.ask(), &one, &host, &[Standing::new(at(0))], at(0));
        assert!(known.standings(&one, &host, at(999)).is_some());
        assert_eq!(known.standings(&one, &host, at(1_000)), None);
        assert_eq!(known.standings(&one, &host, at(-1)), None, "the clock was set back");
        let more = [HOST.to_owned(), "example.net".to_owned()];
        assert_eq!(known.standings(&one, &more, at(1)), None, "half of it is not enough");
        assert_eq!(known.standings(&"two".parse().unwrap(), &host, at(1)), None);
    }

    #[test]
    fn there_is_room_for_as_many_as_may_fail() {
        let (known, one, host) = known();
        let mut standing = Standing::new(at(0));
        for left in (1..=20).rev() {
            known.learn(known.ask(), &one, &host, std::slice::from_ref(&standing), at(0));
            assert_eq!(known.of(&one, HOST), left);
            standing.fail(None, at(0), known.limits());
        }
        known.learn(known.ask(), &one, &host, &[standing.clone()], at(0));
        assert_eq!(known.of(&one, HOST), 1, "who comes finds out that it is used up");
        known.learn(known.ask(), &one, &host, &[standing], at(8_000_000));
        assert_eq!(known.of(&one, HOST), 20, "another window");
    }

    #[test]
    fn what_is_learned_in_an_unknown_order_is_asked_for_again() {
        let (known, one, host) = known();
        let (early, late) = (known.ask(), known.ask());
        let (before, mut after) = (Standing::new(at(0)), Standing::new(at(0)));
        after.fail(None, at(0), known.limits());
        known.learn(late, &one, &host, &[after], at(0));
        assert!(known.standings(&one, &host, at(0)).is_some());
        known.learn(early, &one, &host, std::slice::from_ref(&before), at(0));
        assert_eq!((known.standings(&one, &host, at(0)), known.of(&one, HOST)), (None, 19));
        known.learn(known.ask(), &one, &host, std::slice::from_ref(&before), at(0));
        assert_eq!(known.standings(&one, &host, at(0)), Some(vec![before]));
    }

    #[test]
    fn memory_has_its_end() {
        let (known, one, _) = known();
        for number in 0..10_000 {
            let host = [format!("h{number}.example.com")];
            known.learn(known.ask(), &one, &host, &[Standing::new(at(number))], at(number));
        }
        let state = known.lock();
        assert!(state.entries <= KEPT + 1 && state.workspaces[&one].len() == state.entries);
    }
}
