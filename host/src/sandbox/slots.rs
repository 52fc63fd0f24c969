//! Who may run: a fixed number of slots, a short queue before them, and neither a workspace nor a destination
//! host that takes all.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
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
    holder: Holder,
}

/// How many runs of a workspace that may speak to a host may go on at once, beside all shares. Asked with the
/// slots locked, whenever one is wanted or given back.
pub trait Room: Send + Sync {
    /// At least one; others wait until a slot is given back.
    fn of(&self, workspace: &WorkspaceId, host: &str) -> usize;
}

/// Whose share of the slots a run is taken from.
#[derive(Clone, Default)]
struct Holder {
    /// None for work of the installation itself, which no workspace's share bounds.
    workspace: Option<WorkspaceId>,
    /// Whom the run may speak to, each told once.
    hosts: Arc<[String]>,
    /// None for work of the installation itself.
    room: Option<Arc<dyn Room>>,
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
    /// Slots, and places in the queue, that runs which may speak to one host may hold.
    slots_of_host: usize,
    queue_of_host: usize,
}

#[derive(Default)]
struct State {
    running: Holders,
    waiting: Holders,
    queue: VecDeque<Waiter>,
    last_ticket: u64,
}

/// How many are held: in all, by each workspace that holds any, and for each host.
#[derive(Default)]
struct Holders {
    all: usize,
    workspaces: HashMap<WorkspaceId, Share>,
    hosts: HashMap<String, usize>,
}

/// What one workspace holds: in all, and for each host.
#[derive(Default)]
struct Share {
    all: usize,
    hosts: HashMap<String, usize>,
}

struct Waiter {
    ticket: u64,
    holder: Holder,
    called: oneshot::Sender<Slot>,
}

impl Slots {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        let share = |of: u32, per_cent: u32| as_usize((u64::from(of) * u64::from(per_cent)).div_ceil(100));
        let Settings { concurrency, queue, per_workspace, per_host, .. } = *settings;
        let limits = Limits {
            slots: concurrency as usize,
            queue: queue as usize,
            queue_time: Duration::from_millis(settings.queue_ms),
            slots_of_one: share(concurrency, per_workspace),
            queue_of_one: share(queue, per_workspace),
            slots_of_host: share(concurrency, per_host),
            queue_of_host: share(queue, per_host),
        };
        Arc::new(Self { state: Mutex::default(), limits })
    }

    /// A slot for the installation's own work, however long that takes.
    pub(super) async fn wait(self: &Arc<Self>) -> Slot {
        loop {
            match self.ask(Holder::default()) {
                Ok(slot) => return slot,
                // The sender is dropped only with its waiter or its slots, and both are here.
                Err(mut place) => match (&mut place.call).await {
                    Ok(slot) => return slot,
                    Err(_) => continue,
                },
            }
        }
    }

    /// A slot for a run of a workspace that may speak to these hosts, at once or after a short wait.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full, the workspace or a host has its share of it, or the wait was too long.
    pub(super) async fn enter(
        self: &Arc<Self>,
        workspace: &WorkspaceId,
        hosts: &[String],
        room: Arc<dyn Room>,
    ) -> Result<Slot, Busy> {
        let holder = Holder { workspace: Some(workspace.clone()), hosts: hosts.into(), room: Some(room) };
        let mut place = match self.ask(holder) {
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

    /// A slot if one is free for this holder, else a place in the queue.
    fn ask(self: &Arc<Self>, holder: Holder) -> Result<Slot, Place> {
        let (called, call) = oneshot::channel();
        let mut place = Place { slots: Arc::clone(self), ticket: 0, is_refused: false, call };
        let mut state = self.lock();
        // Nobody who could run is ever left in the queue, so nobody is overtaken here.
        if self.has_room(&state.running, &holder) {
            state.running.add(&holder);
            return Ok(Slot { slots: Arc::clone(self), holder });
        }
        let Limits { queue, queue_of_one, queue_of_host, .. } = self.limits;
        // The installation waits as long as it takes.
        if holder.workspace.is_some()
            && (state.waiting.all >= queue || !state.waiting.is_within(&holder, queue_of_one, queue_of_host))
        {
            place.is_refused = true;
            return Err(place);
        }
        state.last_ticket += 1;
        place.ticket = state.last_ticket;
        state.waiting.add(&holder);
        let ticket = place.ticket;
        state.queue.push_back(Waiter { ticket, holder, called });
        drop(state);
        Err(place)
    }

    /// Takes a slot back and calls the first waiter whose workspace and hosts have room.
    fn give_back(self: &Arc<Self>, holder: &Holder) {
        let mut state = self.lock();
        state.running.remove(holder);
        loop {
            let is_next = |waiter: &Waiter| self.has_room(&state.running, &waiter.holder);
            let next = state.queue.iter().position(is_next).and_then(|index| state.queue.remove(index));
            let Some(Waiter { holder, called, .. }) = next else { return };
            state.waiting.remove(&holder);
            if called.is_closed() {
                continue;
            }
            state.running.add(&holder);
            drop(state);
            // When the waiter has just left, the slot comes back with the error, or with its channel, and its
            // drop calls the next one.
            drop(called.send(Slot { slots: Arc::clone(self), holder }));
            return;
        }
    }

    fn leave(&self, ticket: u64) {
        let mut state = self.lock();
        // Who was called is not in the queue any more.
        let index = state.queue.iter().position(|waiter| waiter.ticket == ticket);
        if let Some(waiter) = index.and_then(|index| state.queue.remove(index)) {
            state.waiting.remove(&waiter.holder);
        }
    }

    fn has_room(&self, running: &Holders, holder: &Holder) -> bool {
        let Limits { slots, slots_of_one, slots_of_host, .. } = self.limits;
        running.all < slots
            && running.is_within(holder, slots_of_one, slots_of_host)
            && running.leaves_room(holder)
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
        self.slots.give_back(&self.holder);
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
    fn add(&mut self, holder: &Holder) {
        self.all += 1;
        if let Some(workspace) = &holder.workspace {
            let share = self.workspaces.entry(workspace.clone()).or_default();
            share.all += 1;
            for host in &*holder.hosts {
                *share.hosts.entry(host.clone()).or_default() += 1;
            }
        }
        for host in &*holder.hosts {
            *self.hosts.entry(host.clone()).or_default() += 1;
        }
    }

    fn remove(&mut self, holder: &Holder) {
        self.all = self.all.saturating_sub(1);
        if let Some(workspace) = &holder.workspace
            && let Some(share) = self.workspaces.get_mut(workspace)
        {
            share.all = share.all.saturating_sub(1);
            holder.hosts.iter().for_each(|host| take_one(&mut share.hosts, host));
            if share.all == 0 {
                self.workspaces.remove(workspace);
            }
        }
        for host in &*holder.hosts {
            take_one(&mut self.hosts, host);
        }
    }

    /// Whether the holder could hold one more.
    fn is_within(&self, holder: &Holder, of_workspace: usize, of_host: usize) -> bool {
        self.share(holder).is_none_or(|share| share.all < of_workspace)
            && holder.hosts.iter().all(|host| count(&self.hosts, host) < of_host)
    }

    /// Whether one more of the holder's workspace may speak to its hosts.
    fn leaves_room(&self, holder: &Holder) -> bool {
        let (Some(share), Some(workspace), Some(room)) =
            (self.share(holder), &holder.workspace, &holder.room)
        else {
            return true;
        };
        // What nobody speaks to has room for one.
        let held = holder.hosts.iter().map(|host| (host, count(&share.hosts, host)));
        held.filter(|(_, held)| *held > 0).all(|(host, held)| held < room.of(workspace, host))
    }

    /// None where the holder's workspace, if it has one, holds nothing.
    fn share(&self, holder: &Holder) -> Option<&Share> {
        self.workspaces.get(holder.workspace.as_ref()?)
    }
}

fn count(counts: &HashMap<String, usize>, key: &str) -> usize {
    counts.get(key).copied().unwrap_or_default()
}

fn take_one<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
