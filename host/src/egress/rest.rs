//! What an application says of when it wants to be asked again.

use jiff::{SignedDuration, Timestamp};

use super::origin::Origin;

/// Longer wishes are cut.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(1);

/// An origin that wants to be left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    pub origin: Origin,
    wish: Wish,
}

/// The two forms of `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Seconds(i64),
    At(Timestamp),
}

impl Rest {
    /// Reads it from an answer with this status and these headers; none where nothing of it is said, or nothing
    /// that can be read.
    pub(super) fn of(origin: &Origin, status: u16, headers: &[(String, Vec<u8>)]) -> Option<Self> {
        if !matches!(status, 429 | 503) {
            return None;
        }
        let (_, value) = headers.iter().find(|(name, _)| name == "retry-after")?;
        let wish = read(str::from_utf8(value).ok()?.trim())?;
        Some(Self { origin: origin.clone(), wish })
    }

    /// Until when, for an answer that came at this time; none where that is over already.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = match self.wish {
            Wish::Seconds(seconds) => now + SignedDuration::from_secs(seconds).min(LONGEST_REST),
            Wish::At(time) => time.min(now + LONGEST_REST),
        };
        (until > now).then_some(until)
    }
}

fn read(text: &str) -> Option<Wish> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits beyond the range are a long time.
        return Some(Wish::Seconds(text.parse().unwrap_or(i64::MAX)));
    }
    // The preferred form of dates is one of RFC 5322's too; the obsolete ones are hardly met any more.
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(Wish::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(status: u16, value: &str) -> Option<i64> {
        let headers = [("server".to_owned(), b"x".to_vec()), ("retry-after".to_owned(), value.into())];
        let now = Timestamp::from_second(784_111_700).unwrap();
        let rest = Rest::of(&Origin::parse("https://example.com").unwrap(), status, &headers)?;
        assert_eq!(rest.origin.to_string(), "https://example.com");
        rest.until(now).map(|until| until.as_second() - now.as_second())
    }

    #[test]
    fn seconds_and_dates_are_read_and_cut() {
        assert_eq!(until(429, "30"), Some(30));
        assert_eq!(until(503, " 30 "), Some(30));
        assert_eq!(until(503, "86400"), Some(3_600));
        assert_eq!(until(503, "99999999999999999999999"), Some(3_600));
        assert_eq!(until(429, "Sun, 06 Nov 1994 08:49:37 GMT"), Some(77));
        assert_eq!(until(429, "Fri, 31 Dec 1999 23:59:59 GMT"), Some(3_600));
    }

    #[test]
    fn what_says_nothing_is_not_heard() {
        for value in ["0", "", "-1", "soon", "1.5", "Sat, 05 Nov 1994 08:49:37 GMT", "+5"] {
            assert_eq!(until(429, value), None, "{value}");
        }
        assert_eq!(until(200, "30"), None);
        assert_eq!(until(401, "30"), None);
    }
}
