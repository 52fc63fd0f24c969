//! Where sealed tokens stand in a request, whether they may stand there, and the secrets in their place.
//! One file for each kind of place; what they share is here.

mod basic;
mod form;
mod header;
mod json;
mod query;

use http::HeaderMap;
use url::Url;

use super::media::MediaType;
use super::plan::Sealed;
use super::{Failure, Request};
use crate::domain::descriptor::Place;
use crate::domain::evidence::Placed;
use crate::domain::secret::Secret;

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
    let mut opener = Opener { rule, sealed, placements: Vec::new(), framed: Vec::new() };
    opener.refuse_anywhere("the method", &request.method)?;
    for (name, value) in &request.extra {
        opener.refuse_anywhere("an `extra` entry", name)?;
        opener.refuse_anywhere("an `extra` entry", value)?;
    }
    let url = query::open(&mut opener, &request.url, url)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        opener.refuse_anywhere("the name of a header", name)?;
        let (name, value) = header::open(&mut opener, name, value)?;
        headers.append(name, value);
    }
    let body = open_body(&mut opener, request)?;
    Ok(Opened { url, headers, body, placements: opener.placements, framed: opener.framed })
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
    framed: Vec<Secret>,
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
    }

    /// Keeps the whole value that the application reads, where a plugin put text around a secret.
    fn frame(&mut self, value: &str) {
        let tokens = self.tokens_in(value);
        if tokens.iter().any(|sealed| value != sealed.token) {
            let open = |text: String, sealed: &&Sealed| text.replace(&sealed.token, sealed.secret.expose());
            self.framed.push(Secret::new(tokens.iter().fold(value.to_owned(), open)));
        }
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
