//! Numbers under labels.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::histogram::Histogram;

/// One number for each combination of labels that was seen.
pub(super) struct Family<const N: usize, T> {
    rows: RwLock<BTreeMap<[Arc<str>; N], Arc<T>>>,
}

/// Histograms of durations.
pub(super) type Histograms<const N: usize> = Family<N, Histogram>;
/// Numbers that only grow.
pub(super) type Counters<const N: usize> = Family<N, AtomicU64>;

impl<const N: usize, T> Default for Family<N, T> {
    fn default() -> Self {
        Self { rows: RwLock::default() }
    }
}

impl<const N: usize, T: Default> Family<N, T> {
    fn find(&self, labels: [&str; N]) -> Arc<T> {
        let key = labels.map(Arc::from);
        if let Some(found) = self.rows.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(found);
        }
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rows.entry(key).or_default())
    }

    /// Every row, by its labels.
    pub(super) fn rows(&self) -> Vec<([Arc<str>; N], Arc<T>)> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.iter().map(|(labels, row)| (labels.clone(), Arc::clone(row))).collect()
    }
}

impl<const N: usize> Histograms<N> {
    pub(super) fn observe(&self, labels: [&str; N], took: Duration) {
        self.find(labels).observe(took);
    }
}

impl<const N: usize> Counters<N> {
    pub(super) fn add(&self, labels: [&str; N]) {
        self.find(labels).fetch_add(1, Relaxed);
    }
}
