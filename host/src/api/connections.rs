//! Open connections: how many there are, and which one goes when there are too many. A connection that
//! waits for a request gives way to a new one, the one that waits longest first; one at work never does.
//! So idle connections, however many, keep nobody out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The connections of one listener.
pub(super) struct Connections {
    state: Mutex<State>,
    most: usize,
}

/// One connection; dropped, it is closed.
pub(super) struct Connection {
    connections: Arc<Connections>,
    id: u64,
    /// Cancelled when the connection has to give way.
    pub(super) evicted: CancellationToken,
}

/// While it lives, its connection is at work.
pub(super) struct AtWork(Arc<Connection>);

#[derive(Default)]
struct State {
    open: HashMap<u64, Open>,
    /// By the turn at which each began to wait.
    waiting: BTreeMap<u64, u64>,
    last_turn: u64,
}

struct Open {
    /// None at work.
    waits_since: Option<u64>,
    evicted: CancellationToken,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), most })
    }

    /// A place for one more; none when every connection is at work.
    pub(super) fn open(self: &Arc<Self>) -> Option<Arc<Connection>> {
        let mut state = self.lock();
        if state.open.len() >= self.most {
            let (_, id) = state.waiting.pop_first()?;
            if let Some(open) = state.open.remove(&id) {
                open.evicted.cancel();
            }
        }
        let evicted = CancellationToken::new();
        let turn = state.next_turn();
        state.open.insert(turn, Open { waits_since: Some(turn), evicted: evicted.clone() });
        state.waiting.insert(turn, turn);
        Some(Arc::new(Connection { connections: Arc::clone(self), id: turn, evicted }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_turn(&mut self) -> u64 {
        self.last_turn += 1;
        self.last_turn
    }

    fn stop_waiting(&mut self, id: u64) {
        if let Some(turn) = self.open.get_mut(&id).and_then(|open| open.waits_since.take()) {
            self.waiting.remove(&turn);
        }
    }
}

impl Connection {
    /// The connection has a request to answer.
    pub(super) fn begin(self: &Arc<Self>) -> AtWork {
        self.connections.lock().stop_waiting(self.id);
        AtWork(Arc::clone(self))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut state = self.0.connections.lock();
        let turn = state.next_turn();
        if let Some(open) = state.open.get_mut(&self.0.id) {
            open.waits_since = Some(turn);
            state.waiting.insert(turn, self.0.id);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.connections.lock();
        state.stop_waiting(self.id);
        state.open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_longest_gives_way_and_nobody_at_work_does() {
        let connections = Connections::new(3);
        let [first, second, third] = [0; 3].map(|_| connections.open().unwrap());
        let work = first.begin();
        let fourth = connections.open().unwrap();
        assert!(second.evicted.is_cancelled() && !first.evicted.is_cancelled());
        drop(work);
        // The first one has waited since just now, the third one from the start.
        let fifth = connections.open().unwrap();
        assert!(third.evicted.is_cancelled() && !first.evicted.is_cancelled());
        let _at_work = [first.begin(), fourth.begin(), fifth.begin()];
        assert!(connections.open().is_none());
    }

    #[test]
    fn closed_connections_leave_their_place() {
        let connections = Connections::new(1);
        for _ in 0..100 {
            let one = connections.open().unwrap();
            drop(one.begin());
            assert!(!one.evicted.is_cancelled());
        }
        let state = connections.lock();
        assert!(state.open.is_empty() && state.waiting.is_empty());
    }
}
