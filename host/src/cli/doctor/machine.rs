//! The machine: its clock, its limits.

use jiff::{SignedDuration, Timestamp};

use super::finding::Finding;
use crate::boot;
use crate::config::Settings;
use crate::domain::clock::{Clock as _, SystemClock};

/// How far two clocks may be apart.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// No clock of a machine that runs this program is behind this, or that far ahead.
const YEARS: std::ops::RangeInclusive<i16> = 2025..=2100;

/// File descriptors for everything but clients and verifications: databases, files, the runtime.
const OTHER_DESCRIPTORS: u64 = 64;

/// Compares the machine's clock with the database's and with the newest record.
pub(super) fn clock(database: Option<Timestamp>, newest: Option<Timestamp>) -> Finding {
    judge_clock(SystemClock.now(), database, newest)
}

fn judge_clock(now: Timestamp, database: Option<Timestamp>, newest: Option<Timestamp>) -> Finding {
    let advice = "set the clock, and keep it set (NTP): tokens expire by it";
    let failed = |found: String| Finding::failed("clock", found, advice);
    if !YEARS.contains(&now.to_zoned(jiff::tz::TimeZone::UTC).year()) {
        return failed(format!("it is {now:.0} by this machine's clock"));
    }
    if let Some(newest) = newest.filter(|newest| now.duration_until(*newest) > APART) {
        return failed(format!("it is {now:.0}, before the newest record, of {newest:.0}"));
    }
    match database {
        Some(other) if now.duration_until(other).abs() > APART => {
            failed(format!("it is {now:.0} here and {other:.0} at the database"))
        }
        Some(_) => Finding::ok("clock", format!("{now:.0}, as at the database")),
        None => Finding::ok("clock", format!("{now:.0}")),
    }
}

/// Whether there are file descriptors for as many clients and verifications as the settings allow.
pub(super) fn descriptors(settings: &Settings) -> Finding {
    let check = "descriptors";
    // A client's connection, and each running verification's own.
    let needed =
        settings.api.connections as u64 + u64::from(settings.sandbox.concurrency) + OTHER_DESCRIPTORS;
    match boot::open_files_limit() {
        Some(limit) if limit < needed => Finding::warning(
            check,
            format!("{limit} files may be open, but the settings allow connections for {needed}"),
            format!(
                "raise the limit (`ulimit -Hn {needed}`, `LimitNOFILE={needed}`), or lower `api.connections`"
            ),
        ),
        Some(limit) => Finding::ok(check, format!("{limit} files may be open, {needed} are needed")),
        None => Finding::ok(check, format!("any number of files may be open, {needed} are needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_itself_by_the_database_and_by_the_past() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-06-01T12:00:00Z");
        for (now, database, newest, level) in [
            (now, None, None, Level::Ok),
            (now, Some(at("2026-06-01T12:00:04Z")), Some(now), Level::Ok),
            (now, Some(at("2026-06-01T12:00:06Z")), None, Level::Failed),
            (now, Some(at("2026-06-01T11:59:54Z")), None, Level::Failed),
            (now, None, Some(at("2026-06-01T13:00:00Z")), Level::Failed),
            (at("1970-01-01T00:00:00Z"), None, None, Level::Failed),
            (at("2138-01-19T00:00:00Z"), None, None, Level::Failed),
        ] {
            assert_eq!(judge_clock(now, database, newest).level, level, "{now} {database:?} {newest:?}");
        }
    }
}
