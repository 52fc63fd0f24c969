//! Headers that make a change safe: `If-Match` and `If-None-Match`, so that nobody writes over what they
//! have not seen, and `Idempotency-Key`, so that a request can be sent again.

use axum::extract::FromRequestParts;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use super::Api;
use super::error::Kind;
use super::problem::Problem;
use crate::domain::credential::{Expected, IDEMPOTENCY_KEY, IdempotencyKey};

/// The header that names a request which may be sent again.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The state of a credential or flow that the request is meant for.
pub(super) struct IfMatch(pub(super) Expected);

/// As [`IfMatch`], where the request may also be meant for what is not there yet.
pub(super) struct IfMatchOrNone(pub(super) Expected);

/// The request's key, where it has one.
pub(super) struct RetryKey(pub(super) Option<IdempotencyKey>);

/// The entity tag of a state. It changes with everything that `GET` shows but a credential's use.
pub(super) fn tag(revision: i64) -> String {
    format!("\"v{revision}\"")
}

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        // Several fields of a header are one list (RFC 9110, 5.3).
        let fields: Vec<&[u8]> = parts.headers.get_all(IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
        if fields.is_empty() {
            return Ok(Self(Expected::Anything));
        }
        let expected = read(&fields.join(&b","[..]));
        expected.map(Self).ok_or_else(|| {
            refuse("if-match", "must be `*` or a list of entity tags, such as `\"v3\"`, as `ETag` gave them")
        })
    }
}

impl FromRequestParts<Api> for IfMatchOrNone {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let IfMatch(expected) = IfMatch::from_request_parts(parts, api).await?;
        let mut fields = parts.headers.get_all(IF_NONE_MATCH).iter();
        match (fields.next().map(HeaderValue::as_bytes), fields.next(), expected) {
            (None, _, expected) => Ok(Self(expected)),
            (Some(b"*"), None, Expected::Anything) => Ok(Self(Expected::Absent)),
            _ => Err(refuse("if-none-match", "must be `*`, stand once, and not beside `if-match`")),
        }
    }
}

impl FromRequestParts<Api> for RetryKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let mut fields = parts.headers.get_all(KEY).iter();
        let Some(field) = fields.next() else { return Ok(Self(None)) };
        let key = field.to_str().ok().and_then(IdempotencyKey::parse).filter(|_| fields.next().is_none());
        key.map(Some).map(Self).ok_or_else(|| {
            let form = format!("must have 1 to {IDEMPOTENCY_KEY} visible ASCII characters, and stand once");
            refuse("idempotency-key", &form)
        })
    }
}

fn refuse(name: &str, message: &str) -> Problem {
    Problem::new(Kind::QueryInvalid, format!("The header `{name}` {message}.")).with("header", name)
}

/// Reads `If-Match` (RFC 9110, 13.1.1). Tags that are well formed and not ours, weak ones among them,
/// match nothing.
fn read(text: &[u8]) -> Option<Expected> {
    let mut rest = text.trim_ascii();
    if rest == b"*" {
        return Some(Expected::Present);
    }
    let (mut revisions, mut tags) = (Vec::new(), 0);
    loop {
        // A recipient reads over empty elements of a list (RFC 9110, 5.6.1.2).
        while let [b',' | b' ' | b'\t', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            break;
        }
        let opaque = rest.strip_prefix(b"W/");
        let is_strong = opaque.is_none();
        let opaque = opaque.unwrap_or(rest).strip_prefix(b"\"")?;
        let end = opaque.iter().position(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..))?;
        let (tag, after) = opaque.split_at(end);
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if !(rest.is_empty() || rest.starts_with(b",")) {
            return None;
        }
        tags += 1;
        revisions.extend(revision(tag).filter(|_| is_strong));
    }
    (tags > 0).then_some(Expected::Revisions(revisions))
}

/// The revision that a tag of ours names.
fn revision(tag: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(tag.strip_prefix(b"v")?).ok()?;
    let revision: i64 = digits.parse().ok()?;
    // Tags are compared as texts: `v03` and `v+3` are others than `v3`.
    (revision > 0 && revision.to_string() == digits).then_some(revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags_are_read_as_the_rfc_says() {
        let revisions = |revisions: &[i64]| Some(Expected::Revisions(revisions.to_vec()));
        for (text, expected) in [
            ("*", Some(Expected::Present)),
            (" * ", Some(Expected::Present)),
            ("\"v3\"", revisions(&[3])),
            ("\"v3\",\"v4\" , \"x\"", revisions(&[3, 4])),
            (",\"v3\", ,", revisions(&[3])),
            ("W/\"v3\"", revisions(&[])),
            ("W/\"v3\", \"v4\"", revisions(&[4])),
            ("\"\"", revisions(&[])),
            ("\"v03\", \"v+3\", \"V3\", \"v 3\"", None),
            ("\"v03\", \"v+3\", \"V3\", \"v\", \"v-3\", \"v99999999999999999999\"", revisions(&[])),
            ("\"v3,v4\"", revisions(&[])),
            ("\"caf\u{e9}\"", revisions(&[])),
            ("", None),
            (",", None),
            ("v3", None),
            ("\"v3", None),
            ("\"v3\" \"v4\"", None),
            ("\"v3\"\"v4\"", None),
            ("w/\"v3\"", None),
            ("*, \"v3\"", None),
            ("\"v3\", *", None),
            ("'v3'", None),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }
}
