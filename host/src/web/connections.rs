//! Open connections: how many there are, and which one goes when there are too many. A connection that
//! has waited a moment for a request gives way to a new one, the one that waits longest first; one at work
//! never does. So idle connections, however many, keep nobody out, and a crowd is served in turn.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The connections of one listener.
pub(super) struct Connections {
    state: Mutex<State>,
    most: usize,
    /// Told when a connection is closed or has answered.
    changed: Notify,
}

/// How long a connection may wait for its request before it gives way to another.
const MOMENT: Duration = Duration::from_millis(100);

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
    /// Since when, and whose; by the turn at which each began to wait.
    waiting: BTreeMap<u64, (Instant, u64)>,
    last_turn: u64,
}

struct Open {
    /// None at work.
    waits_since: Option<u64>,
    evicted: CancellationToken,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), most, changed: Notify::new() })
    }

    /// A place for one more, as soon as there is one; none when all others are at work for as long as
    /// `patience`.
    pub(super) async fn open(self: &Arc<Self>, patience: Duration) -> Option<Arc<Connection>> {
        let end = Instant::now() + patience;
        loop {
            // One listener asks, so that no notice is lost between looking and waiting.
            let until = match self.try_open() {
                Ok(connection) => return Some(connection),
                Err(None) if Instant::now() >= end => return None,
                Err(None) => end,
                Err(Some(until)) => until,
            };
            // Whatever ends this, the next look shows what there is.
            let _ = tokio::time::timeout_at(until, self.changed.notified()).await;
        }
    }

    /// A place for one more, or the time at which somebody will have waited long enough to give way.
    fn try_open(self: &Arc<Self>) -> Result<Arc<Connection>, Option<Instant>> {
        let mut state = self.lock();
        if state.open.len() >= self.most {
            let first = state.waiting.first_entry().ok_or(None)?;
            let (since, id) = *first.get();
            if since.elapsed() < MOMENT {
                return Err(Some(since + MOMENT));
            }
            first.remove();
            if let Some(open) = state.open.remove(&id) {
                open.evicted.cancel();
            }
        }
        let evicted = CancellationToken::new();
        let turn = state.next_turn();
        state.open.insert(turn, Open { waits_since: Some(turn), evicted: evicted.clone() });
        state.waiting.insert(turn, (Instant::now(), turn));
        Ok(Arc::new(Connection { connections: Arc::clone(self), id: turn, evicted }))
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
            state.waiting.insert(turn, (Instant::now(), self.0.id));
        }
        drop(state);
        self.0.connections.changed.notify_one();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.connections.lock();
        state.stop_waiting(self.id);
        state.open.remove(&self.id);
        drop(state);
        self.connections.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whoever_waits_longest_gives_way_and_nobody_at_work_does() {
        let connections = Connections::new(3);
        let first = connections.open(LONG).await.unwrap();
        let second = connections.open(LONG).await.unwrap();
        let third = connections.open(LONG).await.unwrap();
        let work = first.begin();
        let fourth = connections.open(LONG).await.unwrap();
        assert!(second.evicted.is_cancelled() && !first.evicted.is_cancelled());
        drop(work);
        // The first one has waited since just now, the third one from the start.
        let fifth = connections.open(LONG).await.unwrap();
        assert!(third.evicted.is_cancelled() && !first.evicted.is_cancelled());
        let at_work = [first.begin(), fourth.begin(), fifth.begin()];
        assert!(connections.open(Duration::from_millis(1)).await.is_none());
        drop(at_work);
        assert!(connections.open(Duration::ZERO).await.is_some());
    }

    #[tokio::test]
    async fn whoever_has_just_come_is_waited_for() {
        let connections = Connections::new(1);
        let first = connections.open(LONG).await.unwrap();
        let begun = Instant::now();
        let leaving = async {
            tokio::task::yield_now().await;
            assert!(!first.evicted.is_cancelled());
            drop(first);
        };
        let (second, ()) = tokio::join!(connections.open(LONG), leaving);
        assert!(second.is_some() && begun.elapsed() < MOMENT);
    }

    #[tokio::test]
    async fn closed_connections_leave_their_place() {
        let connections = Connections::new(1);
        for _ in 0..100 {
            let one = connections.open(Duration::ZERO).await.unwrap();
            drop(one.begin());
            assert!(!one.evicted.is_cancelled());
        }
        let state = connections.lock();
        assert!(state.open.is_empty() && state.waiting.is_empty());
    }
}
