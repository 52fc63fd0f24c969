//! How long nobody may try again after failures, and the failures of names that nobody has.

use jiff::{SignedDuration, Timestamp};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// After so many failures of one name there is a wait.
const FREE: u32 = 5;

/// The first wait; each further failure doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// The longest wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// After so long a time without a failure they are forgotten.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// How long nobody may try again after so many failures in a row; none for the first few.
pub fn wait_after(failures: u32) -> Option<SignedDuration> {
    let doublings = failures.checked_sub(FREE)?;
    let wait = 1_i32.checked_shl(doublings.min(10)).and_then(|factor| FIRST_WAIT.checked_mul(factor));
    Some(wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
}

/// How many names are remembered.
const REMEMBERED: u64 = 10_000;

/// Failures in a row.
#[derive(Clone, Copy, Default)]
struct Failures {
    count: u32,
    blocked_until: Option<Timestamp>,
}

impl Failures {
    fn and_one(self, now: Timestamp) -> Self {
        match self.blocked_until {
            Some(until) if until > now => self,
            Some(until) if until <= now - MEMORY => Self { count: 1, blocked_until: None },
            _ => {
                let count = self.count.saturating_add(1);
                Self { count, blocked_until: wait_after(count).map(|wait| now + wait) }
            }
        }
    }
}

/// The failures of names that nobody has, which are blocked as those of users are: else the block would tell
/// which names exist. In memory alone, since such a text may be anything, also a password in the wrong field;
/// kept are hashes of the last ones.
pub(super) struct Strangers {
    failures: Cache<[u8; 32], Failures>,
    /// The last block that was recorded, for users too.
    recorded: Cache<[u8; 32], Timestamp>,
}

impl Default for Strangers {
    fn default() -> Self {
        // The newest stay: a flood of names must not keep out the one that is tried again and again.
        let builder = || Cache::builder().max_capacity(REMEMBERED).eviction_policy(EvictionPolicy::lru());
        Self { failures: builder().build(), recorded: Cache::builder().max_capacity(REMEMBERED).build() }
    }
}

impl Strangers {
    /// Counts an attempt; until when it is refused without a look, if it is.
    pub(super) fn begin(&self, name: [u8; 32], now: Timestamp) -> Option<Timestamp> {
        let mut refused = None;
        self.failures.entry(name).and_upsert_with(|known| {
            let known = known.map(|entry| entry.into_value()).unwrap_or_default();
            refused = known.blocked_until.filter(|until| *until > now);
            known.and_one(now)
        });
        refused
    }

    /// Whether this block of a name is met for the first time: the audit has one record of each, however
    /// many attempts it refuses.
    pub(super) fn is_news(&self, name: [u8; 32], until: Timestamp) -> bool {
        let known = self.recorded.get(&name);
        self.recorded.insert(name, until);
        known != Some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(failures: u32) -> Option<i64> {
        wait_after(failures).map(|wait| wait.as_secs())
    }

    #[test]
    fn waits_double_from_the_fifth_failure_on_and_end_at_a_quarter_of_an_hour() {
        assert_eq!((1..=4).filter_map(seconds).count(), 0);
        assert_eq!([5, 6, 7, 8, 9, 10, 11].map(seconds), [30, 60, 120, 240, 480, 900, 900].map(Some));
        assert_eq!(seconds(u32::MAX), Some(900));
    }

    #[test]
    fn names_that_nobody_has_are_blocked_like_others() {
        let strangers = Strangers::default();
        let start = Timestamp::UNIX_EPOCH;
        let after = |seconds| start + SignedDuration::from_secs(seconds);
        for _ in 0..5 {
            assert_eq!(strangers.begin([1; 32], start), None);
        }
        assert_eq!(strangers.begin([1; 32], after(29)), Some(after(30)));
        assert_eq!(strangers.begin([2; 32], after(29)), None);
        assert_eq!(strangers.begin([1; 32], after(30)), None);
        assert_eq!(strangers.begin([1; 32], after(31)), Some(after(90)));
        for _ in 0..4 {
            assert_eq!(strangers.begin([1; 32], after(90 + 86_400)), None, "forgotten after a day");
        }
    }

    #[test]
    fn a_block_is_news_once() {
        let strangers = Strangers::default();
        let until = Timestamp::UNIX_EPOCH;
        assert!(strangers.is_news([1; 32], until));
        assert!(!strangers.is_news([1; 32], until));
        assert!(strangers.is_news([1; 32], until + SignedDuration::from_secs(1)));
    }
}
