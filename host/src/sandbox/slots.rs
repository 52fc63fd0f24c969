//! Who may run: a fixed number of slots, a short queue before them, and no workspace that takes all.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::settings::{Settings, as_usize};
use crate::domain::id::WorkspaceId;

/// The slots of a sandbox. A pool that is exhausted is an error, so whoever finds no slot waits.
pub(super) struct Slots {
    state: Mutex<State>,
    limits: Limits,
}

/// The right to one run. Given back when it is dropped.
pub struct Slot {
    slots: Arc<Slots>,
    /// None for work of the installation itself, which no workspace's share bounds.
    workspace: Option<WorkspaceId>,
}

/// No slot became free in time, or too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many verifications are running; try again in {retry_after} s")]
pub struct Busy {
    /// Seconds after which another try is sensible.
    pub retry_after: u32,
}

/// How busy a sandbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Runs that may go on at the same time.
    pub slots: usize,
    pub running: usize,
    pub waiting: usize,
}

struct Limits {
    slots: usize,
    queue: usize,
    queue_time: Duration,
    /// Slots, and places in the queue, that one workspace may hold.
    slots_of_one: usize,
    queue_of_one: usize,
}

#[derive(Default)]
struct State {
    running: Holders,
    waiting: Holders,
    queue: VecDeque<Waiter>,
    last_ticket: u64,
}

/// How many are held, in all and by each workspace that holds any.
#[derive(Default)]
struct Holders {
    all: usize,
    each: HashMap<WorkspaceId, usize>,
}

struct Waiter {
    ticket: u64,
    workspace: Option<WorkspaceId>,
    called: oneshot::Sender<Slot>,
}

impl Slots {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        let share = |of: u32| as_usize((u64::from(of) * u64::from(settings.per_workspace)).div_ceil(100));
        let limits = Limits {
            slots: settings.concurrency as usize,
            queue: settings.queue as usize,
            queue_time: Duration::from_millis(settings.queue_ms),
            slots_of_one: share(settings.concurrency),
            queue_of_one: share(settings.queue),
        };
        Arc::new(Self { state: Mutex::default(), limits })
    }

    /// A slot for the installation's own work, however long that takes.
    pub(super) async fn wait(self: &Arc<Self>) -> Slot {
        loop {
            match self.ask(None) {
                Ok(slot) => return slot,
                // The sender is dropped only with its waiter or its slots, and both are here.
                Err(mut place) => match (&mut place.call).await {
                    Ok(slot) => return slot,
                    Err(_) => continue,
                },
            }
        }
    }

    /// A slot for a workspace, at once or after a short wait.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full, the workspace has its share of it, or the wait was too long.
    pub(super) async fn enter(self: &Arc<Self>, workspace: &WorkspaceId) -> Result<Slot, Busy> {
        let mut place = match self.ask(Some(workspace.clone())) {
            Ok(slot) => return Ok(slot),
            Err(place) => place,
        };
        if place.is_refused {
            return Err(self.busy());
        }
        match tokio::time::timeout(self.limits.queue_time, &mut place.call).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    pub(super) fn load(&self) -> Load {
        let state = self.lock();
        Load { slots: self.limits.slots, running: state.running.all, waiting: state.waiting.all }
    }

    /// A slot if one is free for this workspace, else a place in the queue.
    fn ask(self: &Arc<Self>, workspace: Option<WorkspaceId>) -> Result<Slot, Place> {
        let (called, call) = oneshot::channel();
        let mut place = Place { slots: Arc::clone(self), ticket: 0, is_refused: false, call };
        let mut state = self.lock();
        // Nobody who could run is ever left in the queue, so nobody is overtaken here.
        if self.has_room(&state.running, workspace.as_ref()) {
            state.running.add(workspace.as_ref());
            return Ok(Slot { slots: Arc::clone(self), workspace });
        }
        if let Some(workspace) = &workspace
            && (state.waiting.all >= self.limits.queue
                || state.waiting.of(workspace) >= self.limits.queue_of_one)
        {
            place.is_refused = true;
            return Err(place);
        }
        state.last_ticket += 1;
        place.ticket = state.last_ticket;
        state.waiting.add(workspace.as_ref());
        let ticket = place.ticket;
        state.queue.push_back(Waiter { ticket, workspace, called });
        drop(state);
        Err(place)
    }

    /// Takes a slot back and calls the first waiter whose workspace has room.
    fn give_back(self: &Arc<Self>, workspace: Option<&WorkspaceId>) {
        let mut state = self.lock();
        state.running.remove(workspace);
        loop {
            let is_next = |waiter: &Waiter| self.has_room(&state.running, waiter.workspace.as_ref());
            let next = state.queue.iter().position(is_next).and_then(|index| state.queue.remove(index));
            let Some(Waiter { workspace, called, .. }) = next else { return };
            state.waiting.remove(workspace.as_ref());
            if called.is_closed() {
                continue;
            }
            state.running.add(workspace.as_ref());
            drop(state);
            // When the waiter has just left, the slot comes back with the error, or with its channel, and its
            // drop calls the next one.
            drop(called.send(Slot { slots: Arc::clone(self), workspace }));
            return;
        }
    }

    fn leave(&self, ticket: u64) {
        let mut state = self.lock();
        // Who was called is not in the queue any more.
        let index = state.queue.iter().position(|waiter| waiter.ticket == ticket);
        if let Some(waiter) = index.and_then(|index| state.queue.remove(index)) {
            state.waiting.remove(waiter.workspace.as_ref());
        }
    }

    fn has_room(&self, running: &Holders, workspace: Option<&WorkspaceId>) -> bool {
        let is_within_share = workspace.is_none_or(|it| running.of(it) < self.limits.slots_of_one);
        running.all < self.limits.slots && is_within_share
    }

    fn busy(&self) -> Busy {
        let seconds = self.limits.queue_time.as_millis().div_ceil(1_000).max(1);
        Busy { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }

    /// Every change below the lock is whole when it ends, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give_back(self.workspace.as_ref());
    }
}

/// A place in the queue; dropped, it is left.
struct Place {
    slots: Arc<Slots>,
    /// 0 where there is no place in the queue.
    ticket: u64,
    is_refused: bool,
    call: oneshot::Receiver<Slot>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ticket != 0 {
            self.slots.leave(self.ticket);
        }
    }
}

impl Holders {
    fn add(&mut self, workspace: Option<&WorkspaceId>) {
        self.all += 1;
        if let Some(workspace) = workspace {
            *self.each.entry(workspace.clone()).or_default() += 1;
        }
    }

    fn remove(&mut self, workspace: Option<&WorkspaceId>) {
        self.all = self.all.saturating_sub(1);
        let Some(workspace) = workspace else { return };
        if let Some(count) = self.each.get_mut(workspace) {
            *count -= 1;
            if *count == 0 {
                self.each.remove(workspace);
            }
        }
    }

    fn of(&self, workspace: &WorkspaceId) -> usize {
        self.each.get(workspace).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
