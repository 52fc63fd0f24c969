//! Measures what a guest computes, without its exchanges and without waiting.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Guest running time of one run. Only one task touches it at a time, hence the relaxed order.
pub(super) struct Meter {
    base: Instant,
    used: AtomicU64,
    /// Nanoseconds since `base` when the guest went on, plus one; zero while it stands still.
    since: AtomicU64,
}

impl Meter {
    /// A meter at zero, standing still.
    pub(super) fn new() -> Self {
        Self { base: Instant::now(), used: AtomicU64::new(0), since: AtomicU64::new(0) }
    }

    /// Running time until now.
    pub(super) fn used(&self) -> Duration {
        let running = match self.since.load(Relaxed) {
            0 => 0,
            since => self.now().saturating_sub(since),
        };
        Duration::from_nanos(self.used.load(Relaxed).saturating_add(running))
    }

    /// Drives a future that runs the guest: time between its polls is not counted.
    pub(super) async fn count<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.resume();
            let poll = future.as_mut().poll(context);
            self.pause();
            poll
        })
        .await
    }

    fn resume(&self) {
        self.since.store(self.now(), Relaxed);
    }

    fn pause(&self) {
        let since = self.since.swap(0, Relaxed);
        if since != 0 {
            self.used.fetch_add(self.now().saturating_sub(since), Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_nanos()).unwrap_or(u64::MAX - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {}
    }

    #[tokio::test]
    async fn waiting_is_not_counted() {
        let meter = Meter::new();
        meter
            .count(async {
                spin(Duration::from_millis(2));
                tokio::time::sleep(Duration::from_millis(60)).await;
            })
            .await;
        assert!(meter.used() >= Duration::from_millis(2));
        assert!(meter.used() < Duration::from_millis(60), "{:?}", meter.used());
    }
}
