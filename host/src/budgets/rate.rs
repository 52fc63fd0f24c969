//! How many verifications a workspace has begun with a component in the last minute. In memory: it guards
//! the time and the slots of this process, and a commit for each verification would cost more than it saves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::budget::seconds_until;
use crate::domain::id::{ComponentId, WorkspaceId};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Beyond so many entries those of past minutes are dropped.
const KEPT: usize = 1_024;

/// The counts of this minute.
pub(super) struct Rates {
    most: u32,
    counts: Mutex<HashMap<(WorkspaceId, ComponentId), Count>>,
}

#[derive(Clone, Copy)]
struct Count {
    since: Timestamp,
    number: u32,
}

impl Count {
    /// A clock that was set back ends the minute too.
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.since + MINUTE || now < self.since
    }
}

impl Rates {
    pub(super) fn new(most: u32) -> Self {
        Self { most, counts: Mutex::default() }
    }

    /// # Errors
    /// The seconds until the minute is over, when it has had its verifications.
    pub(super) fn count(
        &self,
        workspace: &WorkspaceId,
        component: &ComponentId,
        now: Timestamp,
    ) -> Result<(), u32> {
        let key = (workspace.clone(), component.clone());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT && !counts.contains_key(&key) {
            counts.retain(|_, count| !count.is_over(now));
        }
        let count = counts.entry(key).or_insert(Count { since: now, number: 0 });
        if count.is_over(now) {
            *count = Count { since: now, number: 0 };
        }
        if count.number >= self.most {
            return Err(seconds_until(count.since + MINUTE, now));
        }
        count.number += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_minute_has_its_verifications_for_each_workspace_and_component() {
        let rates = Rates::new(2);
        let (one, two): (WorkspaceId, WorkspaceId) = ("one".parse().unwrap(), "two".parse().unwrap());
        let (shop, mail): (ComponentId, ComponentId) = ("shop".parse().unwrap(), "mail".parse().unwrap());
        assert_eq!(rates.count(&one, &shop, at(0)), Ok(()));
        assert_eq!(rates.count(&one, &shop, at(10)), Ok(()));
        assert_eq!(rates.count(&one, &shop, at(10)), Err(50));
        assert_eq!(rates.count(&two, &shop, at(10)), Ok(()));
        assert_eq!(rates.count(&one, &mail, at(10)), Ok(()));
        assert_eq!(rates.count(&one, &shop, at(60)), Ok(()));
        assert_eq!(rates.count(&one, &shop, at(-5)), Ok(()), "the clock was set back");
    }

    #[test]
    fn past_minutes_are_forgotten() {
        let rates = Rates::new(1);
        let shop: ComponentId = "shop".parse().unwrap();
        for number in 0..5_000 {
            let workspace: WorkspaceId = format!("w{number}").parse().unwrap();
            assert_eq!(rates.count(&workspace, &shop, at(number)), Ok(()));
        }
        assert!(rates.counts.lock().unwrap().len() <= KEPT);
    }
}
