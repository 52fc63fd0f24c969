//! Where sealed tokens stand in a request, whether they may stand there, and the secrets in their place.
//! One file for each kind of place; what they share is here.

<<<<<<< HEAD
mod basic;
mod form;
mod header;
mod json;
mod query;

use http::HeaderMap;
use url::Url;

use super::media::MediaType;
=======
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

>>>>>>> mutation
use super::plan::Sealed;
use super::{Failure, Request};
use crate::domain::descriptor::Place;
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
    /// The body with secrets in it. Never shown.
    pub(super) body: Vec<u8>,
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
    let mut opener = Opener { rule, sealed, placements: Vec::new() };
    opener.refuse_anywhere("the method", &request.method)?;
    for (name, value) in &request.extra {
        opener.refuse_anywhere("an `extra` entry", name)?;
        opener.refuse_anywhere("an `extra` entry", value)?;
    }
<<<<<<< HEAD
    let url = query::open(&mut opener, &request.url, url)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        opener.refuse_anywhere("the name of a header", name)?;
        let (name, value) = header::open(&mut opener, name, value)?;
        headers.append(name, value);
    }
    let body = open_body(&mut opener, request)?;
    Ok(Opened { url, headers, body, placements: opener.placements })
=======
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
>>>>>>> mutation
}

/// The body with secrets in it. One without tokens is not even parsed.
fn open_body(opener: &mut Opener<'_>, request: &Request) -> Result<Vec<u8>, Failure> {
    let Some(bytes) = &request.body else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(bytes);
    let Some(first) = opener.tokens_in(&text).first().copied() else { return Ok(bytes.clone()) };
    let types = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let types: Vec<MediaType> = types.map(|(_, value)| MediaType::parse(value)).collect();
    let (kind, text) = match (types.as_slice(), std::str::from_utf8(bytes)) {
        ([kind], Ok(text)) if kind.is_utf8() => (kind, text),
        _ => {
            return Err(opener.refusal(
                first,
                "the body, unless one `content-type` says that it is JSON or a form, in UTF-8",
            ));
        }
    };
    let body = match kind {
        kind if kind.is_json() => json::open(opener, first, text)?,
        kind if kind.is_form() => form::open(opener, text)?,
        _ => return Err(opener.refusal(first, "the body, unless it is JSON (`application/json`) or a form (`application/x-www-form-urlencoded`)")),
    };
    Ok(body.into_bytes())
}

/// One request on its way out, under one rule.
struct Opener<'a> {
    rule: &'a str,
    sealed: &'a [Sealed],
    placements: Vec<Placed>,
}

/// What stands in the place of a sealed value.
struct Filling<'a> {
    token: &'a str,
    /// As the place writes it. Never shown.
    secret: String,
}

impl<'a> Opener<'a> {
    /// Sealed values whose tokens stand in `text`, whatever their case.
    fn tokens_in(&self, text: &str) -> Vec<&'a Sealed> {
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

    /// What takes the place of each token in `text`, which stands at the place `name`; `shown` are the
    /// words for that place. Keeps the placements.
    ///
    /// # Errors
    /// When one of them may not stand there, or is written in another case than it was given.
    fn fillings(
        &mut self,
        text: &str,
        (place, name): (Place, &str),
        shown: &str,
        encode: impl Fn(&str) -> String,
    ) -> Result<Vec<Filling<'a>>, Failure> {
        let mut fillings = Vec::new();
        for sealed in self.tokens_in(text) {
            let is_declared =
                sealed.to.iter().any(|to| to.rule == self.rule && to.place == place && to.name == name);
            let written = text.to_ascii_lowercase().matches(&sealed.token).count();
            if !is_declared || written != text.matches(&sealed.token).count() {
                return Err(self.refusal(sealed, shown));
            }
            let placed = Placed {
                sealed: sealed.name.clone(),
                place: place.as_str().to_owned(),
                name: name.to_owned(),
            };
            if !self.placements.contains(&placed) {
                self.placements.push(placed);
            }
            fillings.push(Filling { token: &sealed.token, secret: encode(sealed.secret.expose()) });
        }
        Ok(fillings)
    }

<<<<<<< HEAD
    /// `text` with secrets in place of its tokens.
    ///
    /// # Errors
    /// As for [`Opener::fillings`].
    fn fill(
        &mut self,
        text: &str,
        place: (Place, &str),
        shown: &str,
        encode: impl Fn(&str) -> String,
    ) -> Result<String, Failure> {
        let fillings = self.fillings(text, place, shown, encode)?;
        Ok(replace(text, &fillings))
=======
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
>>>>>>> mutation
    }
}

/// Replaces in one pass, so that nothing inside a secret is taken for a token.
fn replace(text: &str, fillings: &[Filling<'_>]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = fillings
            .iter()
            .filter_map(|filling| Some((rest.find(filling.token)?, filling)))
            .min_by_key(|(at, _)| *at);
        let Some((at, filling)) = found else { break };
        result.push_str(&rest[..at]);
        result.push_str(&filling.secret);
        rest = &rest[at + filling.token.len()..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests;
