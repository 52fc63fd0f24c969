//! Tokens in the members of a form (`application/x-www-form-urlencoded`, as the WHATWG URL standard
//! writes it).

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use url::form_urlencoded::byte_serialize;

use super::Opener;
use crate::domain::descriptor::Place;
use crate::egress::Failure;

/// The form with secrets in it. Members without a token stay as they were written.
pub(super) fn open(opener: &mut Opener<'_>, text: &str) -> Result<String, Failure> {
    let mut parts = Vec::new();
    let mut filled = HashSet::new();
    for part in text.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        opener.refuse_anywhere("the name of a form member", name)?;
        let Some(first) = opener.tokens_in(value).first().copied() else {
            parts.push(part.to_owned());
            continue;
        };
        let decoded = percent_decode_str(&name.replace('+', " ")).decode_utf8_lossy().into_owned();
        opener.frame(&percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy());
        let shown = format!("form member `{decoded}`");
        let value = opener.fill(value, (Place::Form, &decoded), &shown, |secret| {
            byte_serialize(secret.as_bytes()).collect()
        })?;
        if !filled.insert(decoded) {
            return Err(opener.refusal(first, &format!("{shown} twice")));
        }
        parts.push(format!("{name}={value}"));
    }
    Ok(parts.join("&"))
}
