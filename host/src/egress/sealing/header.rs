//! Tokens in the values of headers.

use http::{HeaderName, HeaderValue};

use super::{Opener, basic};
use crate::domain::descriptor::{Place, is_host_header};
use crate::egress::Failure;

/// A header with secrets in it. What a Basic `authorization` carries is decoded first.
pub(super) fn open(
    opener: &mut Opener<'_>,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), Failure> {
    let bad = |what: &str| {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        Failure::new("placement-refused", format!("the header `{shown}` {what}"))
    };
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| bad("has no valid name (RFC 9110, section 5.1)"))?;
    if is_host_header(header.as_str()) {
        return Err(bad("is the host's and must not be set by a plugin"));
    }
    let basic = if header == http::header::AUTHORIZATION { basic::open(opener, value)? } else { None };
    let text = match basic {
        Some(text) => text,
        None => {
            let shown = format!("header `{}`", header.as_str());
            opener.frame(value);
            opener.fill(value, (Place::Header, header.as_str()), &shown, str::to_owned)?
        }
    };
    let is_sensitive = text != value;
    let mut value = HeaderValue::from_str(&text).map_err(|_| bad("has a value with control characters"))?;
    value.set_sensitive(is_sensitive);
    Ok((header, value))
}
