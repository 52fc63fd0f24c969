//! The rules, with a clock that stands where it is put.

use super::*;

const LIMITS: Limits = Limits {
    failures: 3,
    window: SignedDuration::from_hours(1),
    cool_down: SignedDuration::from_mins(1),
    longest_cool_down: SignedDuration::from_hours(1),
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + seconds).unwrap()
}

/// Failures at these seconds.
fn failed(times: &[i64]) -> Standing {
    let mut standing = Standing::new(at(times[0]));
    for time in times {
        let entry = standing.entry(at(*time), &LIMITS);
        let claim = (entry == Entry::Probe).then(|| standing.claim(at(*time), &LIMITS));
        standing.fail(claim, at(*time), &LIMITS);
    }
    standing
}

fn entry(standing: &Standing, second: i64) -> Entry {
    standing.entry(at(second), &LIMITS)
}

#[test]
fn the_budget_is_used_up_by_its_last_failure() {
    assert_eq!(entry(&failed(&[0, 1]), 2), Entry::Free);
    let standing = failed(&[0, 1, 2]);
    assert_eq!(entry(&standing, 2), Entry::Wait(at(62)));
    assert_eq!(entry(&standing, 61), Entry::Wait(at(62)));
    assert_eq!(entry(&standing, 62), Entry::Probe);
}

#[test]
fn failures_of_another_hour_do_not_count() {
    let standing = failed(&[0, 1, 3_600]);
    assert_eq!((standing.failures, standing.level), (1, 0));
    assert_eq!(entry(&standing, 3_601), Entry::Free);
}

#[test]
fn each_failure_on_probation_doubles_the_cool_down_up_to_an_hour() {
    let mut standing = failed(&[0, 0, 0]);
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let now = standing.blocked_until;
        assert_eq!(standing.entry(now, &LIMITS), Entry::Probe);
        let before = standing.blocked_until;
        let claim = standing.claim(now, &LIMITS);
        assert!(matches!(standing.entry(now, &LIMITS), Entry::Wait(_)), "one at a time");
        standing.fail(Some(claim), now, &LIMITS);
        let next = SignedDuration::from_mins((2 * minutes).min(60));
        assert_eq!(standing.blocked_until, before + next);
    }
}

#[test]
fn the_most_guesses_of_an_hour_are_the_budget_and_what_cool_downs_let_through() {
    for own_account in [false, true] {
        let mut standing = Standing::new(at(0));
        let mut guesses = Vec::new();
        for second in 0..36_000 {
            // Somebody who mixes guesses with an account of their own.
            while own_account && entry(&standing, second) == Entry::Probe && second % 2 == 0 {
                let claim = standing.claim(at(second), &LIMITS);
                let level = standing.level;
                standing.succeed(claim, at(second), &LIMITS);
                if standing.level + 1 == level {
                    break;
                }
            }
            match entry(&standing, second) {
                Entry::Wait(_) => continue,
                Entry::Free => standing.fail(None, at(second), &LIMITS),
                Entry::Probe => {
                    let claim = standing.claim(at(second), &LIMITS);
                    standing.fail(Some(claim), at(second), &LIMITS);
                }
            }
            guesses.push(second);
        }
        for second in 0..36_000 - 3_600 {
            let in_the_hour =
                guesses.iter().filter(|guess| (second..second + 3_600).contains(*guess)).count();
            assert!(in_the_hour <= 3 + 6 + 3, "{in_the_hour} from {second} on, own account: {own_account}");
        }
        assert!(guesses.len() < if own_account { 100 } else { 22 }, "{}", guesses.len());
    }
}

#[test]
fn those_under_way_when_the_cool_down_begins_do_not_prolong_it() {
    let standing = failed(&[0, 0, 0, 5, 6]);
    assert_eq!((standing.failures, standing.level, standing.blocked_until), (5, 1, at(60)));
}

#[test]
fn a_success_gives_the_claim_back_and_lowers_the_level_after_the_window() {
    let mut standing = failed(&[0, 0, 0]);
    let claim = standing.claim(at(60), &LIMITS);
    standing.succeed(claim, at(61), &LIMITS);
    assert_eq!((standing.level, entry(&standing, 61)), (1, Entry::Probe), "the hour is not over");
    let claim = standing.claim(at(3_600), &LIMITS);
    standing.succeed(claim, at(3_601), &LIMITS);
    assert_eq!((standing.level, entry(&standing, 3_601)), (0, Entry::Free));
    // The window's failures are over too.
    standing.fail(None, at(3_602), &LIMITS);
    assert_eq!((standing.failures, standing.level), (1, 0));
}

#[test]
fn what_nobody_could_say_counts_neither_way() {
    let mut standing = failed(&[0, 0, 0]);
    let claim = standing.claim(at(60), &LIMITS);
    standing.give_back(claim, at(61));
    assert_eq!((standing.failures, standing.level, entry(&standing, 61)), (3, 1, Entry::Probe));
}

#[test]
fn a_claim_that_comes_back_late_leaves_the_next_one_alone() {
    let mut standing = failed(&[0, 0, 0]);
    let late = standing.claim(at(60), &LIMITS);
    let next = standing.claim(at(180), &LIMITS);
    standing.give_back(late, at(181));
    assert_eq!(entry(&standing, 181), Entry::Wait(at(180 + 240)));
    standing.give_back(next, at(182));
    assert_eq!(entry(&standing, 182), Entry::Probe);
}

#[test]
fn a_quiet_hour_forgets() {
    let standing = failed(&[0, 0, 0]);
    assert_eq!(standing.is_over_at(&LIMITS), at(60 + 3_600));
    assert_eq!(entry(&standing, 60 + 3_600), Entry::Free);
    let mut standing = standing;
    standing.fail(None, at(60 + 3_600), &LIMITS);
    assert_eq!((standing.failures, standing.level), (1, 0));
}

#[test]
fn a_rest_is_as_long_as_the_longest_that_was_asked_for() {
    let mut standing = Standing::new(at(0));
    assert_eq!(standing.rest(at(0)), None);
    standing.rest_until(at(30));
    standing.rest_until(at(10));
    assert_eq!((standing.rest(at(29)), standing.rest(at(30))), (Some(at(30)), None));
    assert_eq!(entry(&standing, 0), Entry::Free);
    standing.rest_until(at(7_200));
    assert_eq!(standing.is_over_at(&LIMITS), at(7_200));
}

#[test]
fn seconds_are_rounded_up_and_never_none() {
    let half = at(0) + SignedDuration::from_millis(500);
    assert_eq!([at(1), half, at(0), at(-5)].map(|then| seconds_until(then, at(0))), [1, 1, 1, 1]);
    assert_eq!(seconds_until(at(61), half), 61);
}
