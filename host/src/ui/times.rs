//! Points in time, for people and for machines.

use jiff::Timestamp;

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// RFC 3339, for `datetime`.
    pub(super) machine: String,
    pub(super) words: String,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        let utc = time.to_zoned(jiff::tz::TimeZone::UTC);
        Self { machine: time.to_string(), words: utc.strftime("%-d %b %Y, %H:%M UTC").to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        let time = Time::from("2026-01-05T07:08:09Z".parse::<Timestamp>().unwrap());
        assert_eq!(
            (time.words.as_str(), time.machine.as_str()),
            ("5 Jan 2026, 07:08 UTC", "2026-01-05T07:08:09Z")
        );
    }
}
