//! Where sealed tokens stand in a request, whether they may stand there, and the secrets in their place.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::plan::Sealed;
use super::{Failure, Request};
use crate::domain::descriptor::{Place, is_host_header};
use crate::domain::evidence::Placed;
use crate::domain::secret::Secret;

/// What RFC 3986 calls unreserved stays as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request whose tokens all stand at declared places.
pub(super) struct Opened {
    /// The URL with secrets in it. Never shown.
    pub(super) url: String,
    /// The headers with secrets in them. Never shown.
    pub(super) headers: HeaderMap,
    /// What was placed where.
    pub(super) placements: Vec<Placed>,
    /// Whole values, where a plugin put text around a secret.
    pub(super) framed: Vec<Secret>,
}

/// Replaces tokens by secrets where `rule` lets them stand.
///
/// # Errors
/// `placement-refused` naming the sealed value and the place, or the header that is the host's.
pub(super) fn open(request: &Request, url: &Url, rule: &str, sealed: &[Sealed]) -> Result<Opened, Failure> {
    let opener = Opener { rule, sealed };
    opener.refuse_anywhere("the method", &request.method)?;
    for (name, value) in &request.extra {
        opener.refuse_anywhere("an `extra` entry", name)?;
        opener.refuse_anywhere("an `extra` entry", value)?;
    }
    if let Some(body) = &request.body {
        opener.refuse_anywhere("the body", &String::from_utf8_lossy(body))?;
    }
    let mut placements = Vec::new();
    let mut framed = Vec::new();
    let url = opener.open_url(&request.url, url, &mut placements, &mut framed)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        opener.refuse_anywhere("the name of a header", name)?;
        let (name, value) = opener.open_header(name, value, &mut placements, &mut framed)?;
        headers.append(name, value);
    }
    Ok(Opened { url, headers, placements, framed })
}

struct Opener<'a> {
    rule: &'a str,
    sealed: &'a [Sealed],
}

impl Opener<'_> {
    /// Tokens in `text`, whatever their case.
    fn tokens_in(&self, text: &str) -> Vec<&Sealed> {
        let folded = text.to_ascii_lowercase();
        self.sealed.iter().filter(|sealed| folded.contains(&sealed.token)).collect()
    }

    fn refuse_anywhere(&self, place: &str, text: &str) -> Result<(), Failure> {
        match self.tokens_in(text).first() {
            None => Ok(()),
            Some(sealed) => Err(self.refusal(sealed, place)),
        }
    }

    fn refusal(&self, sealed: &Sealed, place: &str) -> Failure {
        let declared: Vec<String> = sealed
            .to
            .iter()
            .map(|to| format!("{} `{}` of rule `{}`", to.place.as_str(), to.name, to.rule))
            .collect();
        let declared = if declared.is_empty() {
            "it may travel nowhere".to_owned()
        } else {
            format!("declared: {}", declared.join(", "))
        };
        Failure::new(
            "placement-refused",
            format!(
                "the sealed value `{}` must not stand in {place} under rule `{}`; {declared}; a new place needs an entry under `sealed` in the descriptor",
                sealed.name, self.rule
            ),
        )
    }

    fn may_stand(&self, sealed: &Sealed, place: Place, name: &str) -> bool {
        sealed.to.iter().any(|to| to.rule == self.rule && to.place == place && to.name == name)
    }

    /// The value with secrets in it, where it holds more than one token.
    fn framed(&self, value: &str) -> Option<Secret> {
        let tokens = self.tokens_in(value);
        if tokens.iter().all(|sealed| value == sealed.token) {
            return None;
        }
        let open = |text: String, sealed: &&Sealed| text.replace(&sealed.token, sealed.secret.expose());
        Some(Secret::new(tokens.iter().fold(value.to_owned(), open)))
    }

    fn open_header(
        &self,
        name: &str,
        value: &str,
        placements: &mut Vec<Placed>,
        framed: &mut Vec<Secret>,
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
        let mut text = value.to_owned();
        let tokens = self.tokens_in(value);
        for sealed in &tokens {
            if !self.may_stand(sealed, Place::Header, header.as_str()) || !value.contains(&sealed.token) {
                return Err(self.refusal(sealed, &format!("header `{}`", header.as_str())));
            }
            text = text.replace(&sealed.token, sealed.secret.expose());
            placements.push(placed(sealed, Place::Header, header.as_str()));
        }
        framed.extend(self.framed(value));
        let mut value =
            HeaderValue::from_str(&text).map_err(|_| bad("has a value with control characters"))?;
        value.set_sensitive(!tokens.is_empty());
        Ok((header, value))
    }

    fn open_url(
        &self,
        raw: &str,
        url: &Url,
        placements: &mut Vec<Placed>,
        framed: &mut Vec<Secret>,
    ) -> Result<String, Failure> {
        if self.tokens_in(raw).is_empty() {
            return Ok(url.as_str().to_owned());
        }
        let mut bare = url.clone();
        bare.set_query(None);
        self.refuse_anywhere("the URL's host or path", bare.as_str())?;
        let mut parts = Vec::new();
        for part in url.query().unwrap_or_default().split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            self.refuse_anywhere("the name of a query parameter", name)?;
            let decoded = percent_decode_str(&name.replace('+', " ")).decode_utf8_lossy().into_owned();
            let mut text = value.to_owned();
            for sealed in self.tokens_in(value) {
                if !self.may_stand(sealed, Place::Query, &decoded) || !value.contains(&sealed.token) {
                    return Err(self.refusal(sealed, &format!("query parameter `{decoded}`")));
                }
                let secret = utf8_percent_encode(sealed.secret.expose(), COMPONENT).to_string();
                text = text.replace(&sealed.token, &secret);
                placements.push(placed(sealed, Place::Query, &decoded));
            }
            framed.extend(self.framed(&percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy()));
            parts.push(if part.contains('=') { format!("{name}={text}") } else { name.to_owned() });
        }
        Ok(format!("{bare}?{}", parts.join("&")))
    }
}

fn placed(sealed: &Sealed, place: Place, name: &str) -> Placed {
    Placed { sealed: sealed.name.clone(), place: place.as_str().to_owned(), name: name.to_owned() }
}

#[cfg(test)]
mod tests;
