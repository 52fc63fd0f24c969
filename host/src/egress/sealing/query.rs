//! Tokens in the values of query parameters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::Opener;
use crate::domain::descriptor::Place;
use crate::egress::Failure;

/// What RFC 3986 calls unreserved stays as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The URL with secrets in it, percent-encoded.
pub(super) fn open(opener: &mut Opener<'_>, raw: &str, url: &Url) -> Result<String, Failure> {
    if opener.tokens_in(raw).is_empty() {
        return Ok(url.as_str().to_owned());
    }
    let mut bare = url.clone();
    bare.set_query(None);
    opener.refuse_anywhere("the URL's host or path", bare.as_str())?;
    let mut parts = Vec::new();
    for part in url.query().unwrap_or_default().split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        opener.refuse_anywhere("the name of a query parameter", name)?;
        let decoded = percent_decode_str(&name.replace('+', " ")).decode_utf8_lossy().into_owned();
        let shown = format!("query parameter `{decoded}`");
        let text = opener.fill(value, (Place::Query, &decoded), &shown, |secret| {
            utf8_percent_encode(secret, COMPONENT).to_string()
        })?;
        opener.frame(&percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy());
        parts.push(if part.contains('=') { format!("{name}={text}") } else { name.to_owned() });
    }
    Ok(format!("{bare}?{}", parts.join("&")))
}
