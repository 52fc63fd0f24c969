//! Takes secrets out of answers before a plugin sees them: what the descriptor declares, and what is
//! always a secret. In their place stand fresh tokens, which then work like those of secret fields.
//!
//! What the plugin sees must not depend on the values that were taken: tokens have one length, a body
//! is written anew, and headers that measure or name the old one go.

mod headers;
mod json;

use super::plan::{Capture, Sealed, misfit};
use super::tokens::Tokens;
use super::transport::Answer;
use crate::domain::secret::Secret;

/// Values that are taken out of one answer at most.
const MAX_VALUES: usize = 64;
/// Longest value that is taken, bytes.
const MAX_BYTES: usize = 64 * 1024;

/// What is left of an answer.
pub(super) struct Taken {
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// What was taken; empty where the answer is as it came.
    pub(super) sealed: Vec<Sealed>,
}

/// The answer holds what had to be taken and could not; it must not be shown. A sentence for the author.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct CaptureError(String);

/// Takes out of an answer under `rule` what `captures` declare and what is always taken.
///
/// # Errors
/// When something that had to be taken cannot be found for certain, or may not go where it is declared
/// to go. A value that is absent is no error.
pub(super) fn take(
    answer: Answer,
    rule: &str,
    captures: &[Capture],
    tokens: &mut Tokens,
) -> Result<Taken, CaptureError> {
    let declared = captures.iter().filter(|capture| capture.rule == rule).collect();
    let mut taker = Taker { declared, tokens, sealed: Vec::new() };
    let body = json::take(&mut taker, answer.status, &answer.headers, &answer.body)?;
    let mut headers = headers::take(&mut taker, answer.headers)?;
    let sealed = taker.sealed;
    if !sealed.is_empty() {
        headers.retain(|(name, _)| !headers::is_of_the_old_body(name));
    }
    Ok(Taken { headers, body: body.unwrap_or(answer.body), sealed })
}

/// One answer under one rule.
struct Taker<'a> {
    /// What is declared for this rule.
    declared: Vec<&'a Capture>,
    tokens: &'a mut Tokens,
    sealed: Vec<Sealed>,
}

impl<'a> Taker<'a> {
    /// Keeps `value` and gives the token for it. `capture` is what declares it, if anything does;
    /// `kind` names it otherwise, and then it may travel nowhere.
    fn seal(
        &mut self,
        value: &str,
        capture: Option<&'a Capture>,
        kind: &str,
    ) -> Result<String, CaptureError> {
        let name = capture.map_or(kind, |capture| &capture.name);
        if self.sealed.len() >= MAX_VALUES {
            return Err(CaptureError(format!("the answer holds more than {MAX_VALUES} values to capture")));
        }
        if value.len() > MAX_BYTES {
            return Err(CaptureError(format!("the captured `{name}` is longer than {MAX_BYTES} bytes")));
        }
        let secret = Secret::new(value);
        let to = capture.map(|capture| capture.to.clone()).unwrap_or_default();
        if let Some(message) = to.iter().find_map(|placement| misfit(&secret, placement)) {
            return Err(CaptureError(format!("the captured `{name}` {message}")));
        }
        let token = self.tokens.fresh();
        self.sealed.push(Sealed {
            name: name.to_owned(),
            token: token.clone(),
            secret,
            to,
            is_captured: true,
        });
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
