//! From the contract's verdict to the domain's, with every text bounded and scrubbed.

use super::bindings::keystead::plugin::types;
use super::log::clean;
use super::text::cut;
use crate::domain::verdict::{Acceptance, Account, Doubt, Rejection, Verdict};
use crate::egress::Session;

/// Bytes of one text.
const TEXT_BYTES: usize = 1_024;

/// Entries of one list.
const ENTRIES: usize = 64;

/// Registered reasons of a rejection; the first one is the default.
const REJECTIONS: &[&str] =
    &["rejected", "expired", "revoked", "locked", "insufficient-scope", "wrong-destination"];

/// Registered reasons of a doubt; the first one is the default.
const DOUBTS: &[&str] = &["provider-error", "unreachable", "rate-limited", "unsupported"];

/// The verdict as Keystead keeps and shows it.
pub(super) fn read(verdict: types::Verdict, session: &Session) -> Verdict {
    let reader = Reader { session };
    match verdict {
        types::Verdict::Valid(acceptance) => Verdict::Valid(Acceptance {
            account: acceptance
                .account
                .map(|account| Account { id: reader.text(account.id), label: reader.text(account.label) }),
            scopes: reader.list(acceptance.scopes),
            missing_scopes: reader.list(acceptance.missing_scopes),
            expires_at: acceptance.expires_at,
            extra: reader.pairs(acceptance.extra),
        }),
        types::Verdict::Invalid(rejection) => Verdict::Invalid(Rejection {
            reason: registered(&rejection.reason, REJECTIONS),
            message: reader.text(rejection.message),
            field: rejection.field.and_then(|field| reader.pointer(field)),
            extra: reader.pairs(rejection.extra),
        }),
        types::Verdict::Undecided(doubt) => Verdict::Undecided(Doubt {
            reason: registered(&doubt.reason, DOUBTS),
            message: reader.text(doubt.message),
            retry_after: doubt.retry_after,
            extra: reader.pairs(doubt.extra),
        }),
    }
}

struct Reader<'a> {
    session: &'a Session,
}

impl Reader<'_> {
    fn text(&self, text: String) -> String {
        // Scrubbed before it is cut: half a secret would not be found.
        let text = clean(text, Some(self.session));
        cut(&text, TEXT_BYTES).to_owned()
    }

    fn list(&self, texts: Vec<String>) -> Vec<String> {
        texts.into_iter().take(ENTRIES).map(|text| self.text(text)).collect()
    }

    fn pairs(&self, pairs: Vec<(String, String)>) -> Vec<(String, String)> {
        let bounded = pairs.into_iter().take(ENTRIES);
        bounded.map(|(name, value)| (self.text(name), self.text(value))).collect()
    }

    /// The pointer, unless it is none (RFC 6901) or holds what must not be shown.
    fn pointer(&self, pointer: String) -> Option<String> {
        let kept = is_pointer(&pointer) && self.text(pointer.clone()) == pointer;
        kept.then_some(pointer)
    }
}

fn registered(reason: &str, registered: &[&str]) -> String {
    let known = registered.iter().find(|known| **known == reason).or(registered.first());
    known.copied().unwrap_or_default().to_owned()
}

fn is_pointer(text: &str) -> bool {
    let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_reason_is_the_default() {
        assert_eq!(registered("locked", REJECTIONS), "locked");
        assert_eq!(registered("Locked", REJECTIONS), "rejected");
        assert_eq!(registered("", DOUBTS), "provider-error");
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        for pointer in ["", "/", "/apiKey", "/a~1b/~0", "/ü"] {
            assert!(is_pointer(pointer), "{pointer}");
        }
        for text in ["apiKey", "/a~", "/a~2", "#/a"] {
            assert!(!is_pointer(text), "{text}");
        }
    }
}
