//! How long things took, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets, microseconds: from the work of one instance to the longest request.
const BOUNDS: [u64; 17] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_000_000,
    10_000_000, 60_000_000,
];

/// Durations, in buckets.
#[derive(Default)]
pub struct Histogram {
    /// One more than there are bounds, for what is longer than all of them.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// The state of a histogram at one moment.
pub(super) struct Reading {
    /// Upper bound in seconds, and how many durations were not longer.
    pub(super) cumulative: Vec<(f64, u64)>,
    pub(super) count: u64,
    /// Seconds.
    pub(super) sum: f64,
}

impl Histogram {
    /// Counts a duration.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.micros.fetch_add(micros, Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum of microseconds is exact for 285 years")]
    pub(super) fn read(&self) -> Reading {
        let mut count = 0;
        let mut cumulative = Vec::with_capacity(BOUNDS.len());
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            count += bucket.load(Relaxed);
            cumulative.push((bound as f64 / 1e6, count));
        }
        count += self.buckets[BOUNDS.len()].load(Relaxed);
        Reading { cumulative, count, sum: self.micros.load(Relaxed) as f64 / 1e6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_every_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [10, 11, 60_000_000, 90_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let reading = histogram.read();
        let at = |seconds: f64| reading.cumulative.iter().find(|(bound, _)| *bound == seconds).unwrap().1;
        assert_eq!((at(0.00001), at(0.000025), at(60.0), reading.count), (1, 2, 3, 4));
        assert!((reading.sum - 150.000021).abs() < 1e-9);
    }
}
