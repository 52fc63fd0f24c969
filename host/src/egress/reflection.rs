//! Finds secrets in what comes back and in what a plugin says.

use super::plan::Sealed;
use super::search::Search;
use super::{patterns, readings};
use crate::domain::secret::Secret;

/// What a text becomes in which a secret or a sealed token was found.
pub(super) const REPLACED: &str = "(withheld: the text held a secret or a sealed token)";

/// Bytes of all secrets of a verification together; their forms are several times as long.
const LONGEST: usize = 1 << 20;

/// The secrets of a credential are too large to be searched for.
#[derive(Debug, thiserror::Error)]
#[error("the secret fields are too large to be searched for in answers; shorten them")]
pub struct ScannerError;

/// Looks for the secrets of one verification. Without `Debug`: it holds them.
pub(super) struct Scanner {
    secrets: Search,
    tokens: Search,
    short: Vec<Secret>,
    framed: Vec<Search>,
}

impl Scanner {
    /// A scanner for these secrets and tokens. A secret that is also the value of a public field is
    /// no pattern: its appearance tells nothing.
    ///
    /// # Errors
    /// When the secrets are too large to be searched for; nothing may be sent then.
    pub(super) fn new<'a>(
        secrets: impl Iterator<Item = &'a Secret>,
        tokens: impl Iterator<Item = &'a str>,
        public: &[&str],
    ) -> Result<Self, ScannerError> {
        let mut long = Vec::new();
        let mut short = Vec::new();
        let mut bytes = 0;
        for secret in secrets.filter(|secret| !public.contains(&secret.expose())) {
            bytes += secret.expose().len();
            if bytes > LONGEST {
                return Err(ScannerError);
            }
            if secret.expose().len() < patterns::SHORTEST {
                short.push(secret.clone());
            } else {
                long.extend(patterns::forms(secret.expose()));
            }
        }
        let tokens = tokens.map(|token| token.as_bytes().to_vec()).collect();
        Ok(Self { secrets: Search::new(long), tokens: Search::new(tokens), short, framed: Vec::new() })
    }

    /// Looks for a text in which secrets were sent, too. A secret that is too short to be looked for
    /// inside other text would otherwise come back with the text that a plugin put around it.
    ///
    /// # Errors
    /// When it is too large to be searched for; it must not be sent then.
    pub(super) fn add_framed(&mut self, text: Secret) -> Result<(), ScannerError> {
        let held = |short: &Secret| !short.expose().is_empty() && text.expose().contains(short.expose());
        if !self.short.iter().any(held) {
            return Ok(());
        }
        if text.expose().len() > LONGEST {
            return Err(ScannerError);
        }
        if text.expose().len() < patterns::SHORTEST {
            self.short.push(text);
        } else {
            self.framed.push(Search::new(patterns::forms(text.expose())));
        }
        Ok(())
    }

    /// Whether a secret is found in an answer's headers or body.
    pub(super) fn finds_in_answer(&self, headers: &[(String, Vec<u8>)], body: &[u8]) -> bool {
        headers.iter().any(|(name, value)| self.finds(name.as_bytes()) || self.finds(value))
            || self.finds(body)
    }

    /// The text, or a fixed sentence where a secret or a token is found in it.
    pub(super) fn scrub(&self, text: String) -> String {
        if self.tokens.is_match(text.as_bytes()) || self.finds(text.as_bytes()) {
            REPLACED.to_owned()
        } else {
            text
        }
    }

    /// In the bytes as they are, or once their escapes are read.
    fn finds(&self, bytes: &[u8]) -> bool {
        readings::any(bytes, &|bytes| self.finds_as_is(bytes))
    }

    fn finds_as_is(&self, bytes: &[u8]) -> bool {
        self.secrets.is_match(bytes)
            || self.framed.iter().any(|framed| framed.is_match(bytes))
            || self.short.iter().any(|secret| is_whole_value(bytes, secret.expose()))
    }
}

/// Looks for everything that is secret in one verification: what its fields hold, and what answers brought.
pub(super) struct Scanners {
    fields: Scanner,
    captured: Vec<Scanner>,
    public: Vec<String>,
}

impl Scanners {
    /// For the secrets of the fields; `public` are the texts of all other fields.
    ///
    /// # Errors
    /// As for [`Scanner::new`].
    pub(super) fn new(sealed: &[Sealed], public: Vec<String>) -> Result<Self, ScannerError> {
        let fields = Self::scanner(sealed.iter(), &public)?;
        Ok(Self { fields, captured: Vec::new(), public })
    }

    /// From now on looks for these captured values and their tokens too.
    ///
    /// # Errors
    /// As for [`Scanner::new`].
    pub(super) fn learn(&mut self, captured: &[Sealed]) -> Result<(), ScannerError> {
        self.captured.push(Self::scanner(captured.iter(), &self.public)?);
        Ok(())
    }

    fn scanner<'a>(
        sealed: impl Iterator<Item = &'a Sealed> + Clone,
        public: &[String],
    ) -> Result<Scanner, ScannerError> {
        let public: Vec<&str> = public.iter().map(String::as_str).collect();
        // A cookie such as `lang=en` is captured unasked; that `en` appears again tells nothing.
        let is_searched = |sealed: &&Sealed| {
            let is_long = sealed.secret.expose().len() >= patterns::SHORTEST;
            is_long || !sealed.is_captured || !sealed.to.is_empty()
        };
        let tokens = sealed.clone().map(|sealed| sealed.token.as_str());
        Scanner::new(sealed.filter(is_searched).map(|sealed| &sealed.secret), tokens, &public)
    }

    /// From now on looks for these texts too, in which secrets were sent.
    ///
    /// # Errors
    /// As for [`Scanner::add_framed`].
    pub(super) fn look_for(&mut self, framed: impl Iterator<Item = Secret>) -> Result<(), ScannerError> {
        for text in framed {
            self.fields.add_framed(text)?;
        }
        Ok(())
    }

    /// Whether a secret of the fields is found in an answer's headers or body.
    pub(super) fn find_field(&self, headers: &[(String, Vec<u8>)], body: &[u8]) -> bool {
        self.fields.finds_in_answer(headers, body)
    }

    /// Whether a captured value is found in an answer's headers or body.
    pub(super) fn find_captured(&self, headers: &[(String, Vec<u8>)], body: &[u8]) -> bool {
        self.captured.iter().any(|scanner| scanner.finds_in_answer(headers, body))
    }

    /// The text, or a fixed sentence where a secret or a token is found in it.
    pub(super) fn scrub(&self, text: String) -> String {
        self.captured.iter().fold(self.fields.scrub(text), |text, scanner| scanner.scrub(text))
    }
}

/// Whether `bytes` is the short secret, or holds it as a whole JSON string.
fn is_whole_value(bytes: &[u8], secret: &str) -> bool {
    let quoted = format!("\"{secret}\"");
    !secret.is_empty()
        && (bytes.trim_ascii() == secret.as_bytes()
            || bytes.windows(quoted.len()).any(|window| window == quoted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner(secret: &str, public: &[&str]) -> Scanner {
        let secret = Secret::new(secret);
        Scanner::new([&secret].into_iter(), ["kstoken0kstoken0"].into_iter(), public).unwrap()
    }

    #[test]
    fn a_short_secret_is_found_only_as_a_whole_value() {
        let scanner = scanner("1234", &[]);
        assert!(scanner.finds_in_answer(&[], br#"{"pin": "1234"}"#));
        assert!(scanner.finds_in_answer(&[("x".into(), b"1234".to_vec())], b""));
        assert!(!scanner.finds_in_answer(&[("x".into(), b"12345".to_vec())], br#"{"n": 1234}"#));
    }

    #[test]
    fn a_secret_that_is_also_public_is_no_pattern() {
        assert!(!scanner("public-name", &["public-name"]).finds_in_answer(&[], b"public-name"));
        assert!(scanner("public-name", &["another"]).finds_in_answer(&[], b"public-name"));
    }

    #[test]
    fn what_is_too_large_to_be_searched_for_is_refused() {
        for (length, is_taken) in [(LONGEST / 2, true), (LONGEST / 2 + 1, false)] {
            let secrets = [(); 2].map(|()| Secret::new("s".repeat(length)));
            assert_eq!(Scanner::new(secrets.iter(), std::iter::empty(), &[]).is_ok(), is_taken, "{length}");
        }
        for (length, is_taken) in [(LONGEST - 4, true), (LONGEST - 3, false)] {
            let text = Secret::new(format!("{}1234", "x".repeat(length)));
            assert_eq!(scanner("1234", &[]).add_framed(text).is_ok(), is_taken, "{length}");
        }
    }

    #[test]
    fn texts_with_a_secret_or_a_token_are_replaced_whole() {
        let scanner = scanner("long-enough-secret", &[]);
        assert_eq!(scanner.scrub("the key long-enough-secret is bad".into()), REPLACED);
        assert_eq!(scanner.scrub("the token KSTOKEN0KSTOKEN0 is bad".into()), REPLACED);
        assert_eq!(scanner.scrub("the key is bad".into()), "the key is bad");
    }
}
