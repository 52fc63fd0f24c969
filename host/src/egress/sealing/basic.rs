//! Tokens in `Authorization: Basic` (RFC 7617): user and password stand there as one Base64 text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Opener;
use crate::domain::descriptor::Place;
use crate::egress::Failure;

/// The header's value with secrets in it; none where it is not Basic or holds no token inside.
pub(super) fn open(opener: &mut Opener<'_>, value: &str) -> Result<Option<String>, Failure> {
    let Some((scheme, encoded)) = value.trim_start().split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let Ok(decoded) = STANDARD.decode(encoded.trim()) else { return Ok(None) };
    let pair = String::from_utf8_lossy(&decoded);
    let Some(first) = opener.tokens_in(&pair).first().copied() else { return Ok(None) };
    // The first colon ends the user (section 2), which is why no secret that stands there holds one.
    let (Some((user, password)), true) = (pair.split_once(':'), std::str::from_utf8(&decoded).is_ok()) else {
        return Err(opener.refusal(first, "Basic authentication that is not `user:password` in UTF-8"));
    };
    // The pair comes back as one text, whichever of the two is the secret.
    opener.frame(&pair);
    let mut part = |text: &str, name: &str| {
        let shown = format!("the {name} of Basic authentication");
        opener.frame(text);
        opener.fill(text, (Place::Basic, name), &shown, str::to_owned)
    };
    let pair = format!("{}:{}", part(user, "user")?, part(password, "password")?);
    Ok(Some(format!("Basic {}", STANDARD.encode(pair))))
}
