//! Captures from the headers of an answer.

use super::{CaptureError, Taker};
use crate::domain::descriptor::CaptureFrom;

/// Headers that measure or name the body as it arrived (RFC 9110, section 8; RFC 9530; RFC 9421).
const OF_THE_OLD_BODY: [&str; 11] = [
    "content-digest",
    "content-encoding",
    "content-length",
    "content-md5",
    "content-range",
    "digest",
    "etag",
    "last-modified",
    "repr-digest",
    "signature",
    "signature-input",
];

/// Whether a header (lower case) tells something of the body as it arrived.
pub(super) fn is_of_the_old_body(name: &str) -> bool {
    OF_THE_OLD_BODY.contains(&name)
}

/// The headers with tokens in place of declared ones and of the values of all cookies.
pub(super) fn take(
    taker: &mut Taker<'_>,
    headers: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, Vec<u8>)>, CaptureError> {
    let take_one = |(name, value): (String, Vec<u8>)| {
        let declared = taker
            .declared
            .iter()
            .copied()
            .find(|capture| matches!(&capture.from, CaptureFrom::Header(header) if *header == name));
        let text = String::from_utf8_lossy(&value);
        let shown = match declared {
            Some(capture) => taker.seal(&text, Some(capture), &capture.name)?.into_bytes(),
            None if name == "set-cookie" => take_cookie(taker, &text)?.into_bytes(),
            None => value,
        };
        Ok((name, shown))
    };
    headers.into_iter().map(take_one).collect()
}

/// A `Set-Cookie` with a token in place of the cookie's value (RFC 6265, section 5.2). Name and
/// attributes stay.
fn take_cookie(taker: &mut Taker<'_>, text: &str) -> Result<String, CaptureError> {
    let end = text.find(';').unwrap_or(text.len());
    let (pair, attributes) = text.split_at(end);
    // Without `=` the whole pair may be the value.
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let declared = taker
        .declared
        .iter()
        .copied()
        .find(|capture| matches!(&capture.from, CaptureFrom::Cookie(cookie) if *cookie == name.trim()));
    let token = taker.seal(value.trim(), declared, "set-cookie")?;
    Ok(format!("{}={token}{attributes}", name.trim()))
}
