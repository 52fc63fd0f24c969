//! Counts all memories of a run together, and all tables. wasmtime's own limits count each alone.

use wasmtime::{Error, ResourceLimiter};

use super::settings::{Settings, as_usize};

/// What a run may still allocate.
pub(super) struct Limiter {
    memory: Budget,
    table: Budget,
    instances: usize,
    tables: usize,
    memories: usize,
}

#[derive(Default)]
struct Budget {
    limit: usize,
    used: usize,
    refused: bool,
}

impl Limiter {
    /// All budgets unused.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            memory: Budget { limit: as_usize(settings.memory_bytes), ..Budget::default() },
            table: Budget { limit: as_usize(settings.table_elements), ..Budget::default() },
            instances: settings.instances as usize,
            tables: settings.tables as usize,
            memories: settings.memories as usize,
        }
    }

    /// A sentence when some growth was refused. A guest may survive that: it is a failure only
    /// when the run fails afterwards.
    pub(super) fn refusal(&self) -> Option<String> {
        if self.memory.refused {
            Some(format!(
                "the plugin needed more than {} bytes of memory (`memory_bytes`)",
                self.memory.limit
            ))
        } else if self.table.refused {
            Some(format!(
                "the plugin needed more than {} table elements (`table_elements`)",
                self.table.limit
            ))
        } else {
            None
        }
    }
}

impl Budget {
    /// Whether something may grow. What was granted is never given back: growth that fails although
    /// it was granted would have to be told apart from growth that was never asked for, and a guest
    /// that mixes the two could otherwise run its count down.
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        if maximum.is_some_and(|maximum| desired > maximum && maximum < self.limit) {
            // The declared maximum refuses this, not the budget. (The pool's maximum is the budget's.)
            return false;
        }
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.refused = true;
            return false;
        }
        self.used = used;
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        Ok(self.memory.grow(current, desired, maximum))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        Ok(self.table.grow(current, desired, maximum))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut limiter = Limiter::new(&Settings { memory_bytes: 100, ..Settings::default() });
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert!(limiter.refusal().unwrap().contains("100 bytes"));
    }

    #[test]
    fn a_run_has_the_counts_of_the_settings() {
        // The pool refuses larger components before; this is the second wall.
        let limiter = Limiter::new(&Settings { instances: 3, tables: 5, memories: 2, ..Settings::default() });
        assert_eq!((limiter.instances(), limiter.tables(), limiter.memories()), (3, 5, 2));
    }

    #[test]
    fn growth_beyond_the_declared_maximum_is_no_breach() {
        let mut limiter = Limiter::new(&Settings { memory_bytes: 100, ..Settings::default() });
        assert!(!limiter.memory_growing(0, 60, Some(50)).unwrap());
        assert!(limiter.memory_growing(0, 50, Some(50)).unwrap());
        assert_eq!(limiter.refusal(), None);
    }
}
