//! How many verifications of a destination host may fail, so that nobody tries out stolen passwords here.
//!
//! Failures are counted in windows of an hour. When the budget of a window is used up there is a cool-down,
//! and after it the host is on probation: one attempt at a time, which counts as failed before it is made,
//! and each failure doubles the cool-down. An hour without one forgets all of it. A success lowers the
//! level only when the window is over: inside it, an account of one's own would buy further guesses.

use jiff::{SignedDuration, Timestamp};

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failures in one window before the first cool-down.
    pub failures: u32,
    /// The window, and how long the level is remembered after the last cool-down.
    pub window: SignedDuration,
    /// The first cool-down.
    pub cool_down: SignedDuration,
    /// The longest cool-down.
    pub longest_cool_down: SignedDuration,
}

/// Where one workspace stands with one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When the first failure of the window was.
    pub window_start: Timestamp,
    /// Failures in the window.
    pub failures: u32,
    /// 0: within the budget. Else how many cool-downs there were in a row.
    pub level: u32,
    /// When the last cool-down ends, or ended.
    pub blocked_until: Timestamp,
    /// Until when the application wants to be left alone.
    pub rests_until: Timestamp,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Free,
    /// On probation: it has to be claimed.
    Probe,
    /// Not before this time.
    Wait(Timestamp),
}

/// An attempt on probation, which counts as failed until it is settled. Tells whether nobody has claimed the
/// host since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    blocked_until: Timestamp,
}

/// Doublings beyond this change nothing.
const HIGHEST_LEVEL: u32 = 32;

impl Limits {
    /// How long nothing is tried after the failure that led to this level.
    fn cool_down(&self, level: u32) -> SignedDuration {
        let factor = 1_i32.checked_shl(level.saturating_sub(1)).filter(|factor| *factor > 0);
        let wait = factor.and_then(|factor| self.cool_down.checked_mul(factor));
        wait.unwrap_or(self.longest_cool_down).min(self.longest_cool_down)
    }
}

impl Standing {
    /// Nothing is held against anybody.
    pub fn new(now: Timestamp) -> Self {
        Self { window_start: now, failures: 0, level: 0, blocked_until: now, rests_until: now }
    }

    /// When nothing of it matters any more.
    pub fn is_over_at(&self, limits: &Limits) -> Timestamp {
        let window_end = self.window_start + limits.window;
        let quiet = if self.level == 0 { window_end } else { self.blocked_until + limits.window };
        window_end.max(quiet).max(self.rests_until)
    }

    /// Whether an attempt may be made.
    pub fn entry(&self, now: Timestamp, limits: &Limits) -> Entry {
        if self.blocked_until > now {
            Entry::Wait(self.blocked_until)
        } else if self.level > 0 && self.is_over_at(limits) > now {
            Entry::Probe
        } else {
            Entry::Free
        }
    }

    /// Attempts that may be under way at once, so that all of them may fail without exceeding the budget. At
    /// least one, which then finds out whether it may be made.
    pub fn room(&self, now: Timestamp, limits: &Limits) -> u32 {
        let failures = if self.is_window_over(now, limits) { 0 } else { self.failures };
        match self.entry(now, limits) {
            Entry::Free => limits.failures.saturating_sub(failures).max(1),
            Entry::Probe | Entry::Wait(_) => 1,
        }
    }

    /// Until when the application wants to be left alone, if it does now.
    pub fn rest(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.rests_until).filter(|until| *until > now)
    }

    /// The application wants to be left alone until then.
    pub fn rest_until(&mut self, until: Timestamp) {
        self.rests_until = self.rests_until.max(until);
    }

    /// Begins an attempt on probation.
    pub fn claim(&mut self, now: Timestamp, limits: &Limits) -> Claim {
        self.raise(now, limits);
        Claim { blocked_until: self.blocked_until }
    }

    /// An attempt failed.
    pub fn fail(&mut self, claim: Option<Claim>, now: Timestamp, limits: &Limits) {
        if self.is_over_at(limits) <= now {
            self.level = 0;
        }
        if self.is_window_over(now, limits) {
            (self.window_start, self.failures) = (now, 0);
        }
        self.failures = self.failures.saturating_add(1);
        // One that was under way when the cool-down began does not prolong it; a claim has done so already.
        let is_counted = claim.is_some() || self.blocked_until > now;
        if !is_counted && (self.level > 0 || self.failures >= limits.failures) {
            self.raise(now, limits);
        }
    }

    /// An attempt on probation succeeded.
    pub fn succeed(&mut self, claim: Claim, now: Timestamp, limits: &Limits) {
        self.give_back(claim, now);
        if self.is_window_over(now, limits) {
            self.level /= 2;
        }
    }

    /// An attempt on probation ended without anybody being able to say.
    pub fn give_back(&mut self, claim: Claim, now: Timestamp) {
        // Somebody who has claimed the host since keeps it.
        if self.blocked_until == claim.blocked_until {
            self.level = self.level.saturating_sub(1);
            self.blocked_until = self.blocked_until.min(now);
        }
    }

    fn raise(&mut self, now: Timestamp, limits: &Limits) {
        self.level = self.level.saturating_add(1).min(HIGHEST_LEVEL);
        self.blocked_until = now + limits.cool_down(self.level);
    }

    /// A clock that was set back must not make a window last for ever.
    fn is_window_over(&self, now: Timestamp, limits: &Limits) -> bool {
        now >= self.window_start + limits.window || now < self.window_start
    }
}

/// Whole seconds from now until then, at least one: what `Retry-After` says.
pub fn seconds_until(then: Timestamp, now: Timestamp) -> u32 {
    let milliseconds = then.as_millisecond().saturating_sub(now.as_millisecond()).max(1);
    u32::try_from(milliseconds.unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
