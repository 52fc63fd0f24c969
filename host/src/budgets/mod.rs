//! How much one workspace may have verified: how often at all, and how often in vain. The rules of failures
//! are in `domain/budget.rs`, their rows in `store/budgets.rs`; `verify/budget.rs` asks.

mod known;
mod rate;

use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;

pub use self::known::Known;
use self::rate::Rates;
use crate::domain::budget::Limits;
use crate::domain::clock::Clock;
use crate::domain::id::{ComponentId, WorkspaceId};
use crate::domain::limit::{self, Limit, OutOfRange};

/// The section `[budgets]`. `wit/v1/limits.md` says what happens beyond each. None can be switched off: the
/// highest value is as good as that.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Failed verifications of one workspace at one destination host, in one window.
    pub failures: u32,
    /// Seconds of that window.
    pub window_s: u32,
    /// Seconds of the first cool-down; each further failure doubles it.
    pub cool_down_s: u32,
    /// Seconds of the longest cool-down.
    pub cool_down_most_s: u32,
    /// Verifications of one workspace with one component in a minute, in this process.
    pub verifications: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { failures: 20, window_s: 3_600, cool_down_s: 60, cool_down_most_s: 3_600, verifications: 600 }
    }
}

impl Settings {
    /// Whether every setting lies in its range.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        limit::check("budgets", &self.limits())
    }

    /// Each setting by name, with its value and its range.
    fn limits(&self) -> [Limit; 5] {
        [
            ("failures", self.failures.into(), 1..=1_000_000),
            ("window_s", self.window_s.into(), 1..=86_400),
            ("cool_down_s", self.cool_down_s.into(), 1..=86_400),
            ("cool_down_most_s", self.cool_down_most_s.into(), 1..=86_400),
            ("verifications", self.verifications.into(), 1..=1_000_000_000),
        ]
    }
}

/// The budgets of one process. What failed is counted in the database, for all replicas.
pub struct Budgets {
    known: Arc<Known>,
    rates: Rates,
}

impl Budgets {
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: &Settings) -> Result<Self, OutOfRange> {
        settings.check()?;
        let seconds = |number: u32| SignedDuration::from_secs(number.into());
        let limits = Limits {
            failures: settings.failures,
            window: seconds(settings.window_s),
            cool_down: seconds(settings.cool_down_s),
            longest_cool_down: seconds(settings.cool_down_most_s),
        };
        Ok(Self { known: Arc::new(Known::new(limits)), rates: Rates::new(settings.verifications) })
    }

    /// What failed verifications are held to.
    pub fn limits(&self) -> &Limits {
        self.known.limits()
    }

    /// What this process knows of the failures that the database counts.
    pub fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// Counts a verification.
    ///
    /// # Errors
    /// The seconds until the next one may begin.
    pub fn count(
        &self,
        workspace: &WorkspaceId,
        component: &ComponentId,
        clock: &dyn Clock,
    ) -> Result<(), u32> {
        self.rates.count(workspace, component, clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_lie_in_their_ranges() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn the_table_of_limits_shows_each_default_and_range() {
        let table = include_str!("../../../wit/v1/limits.md");
        for (name, default, range) in Settings::default().limits() {
            let row = format!("| `{name}` | {default} | {} to {} |", range.start(), range.end());
            assert!(table.contains(&row), "wit/v1/limits.md lacks: {row}");
        }
    }

    #[test]
    fn nothing_is_switched_off_by_zero() {
        let error = Settings { failures: 0, ..Settings::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "`budgets.failures` is 0; it must be from 1 to 1000000");
    }
}
