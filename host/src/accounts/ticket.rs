//! A text that opens something for whoever bears it: a session's cookie, or the token of a one-time link.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::clock::{Entropy, random_array};
use crate::domain::secret::Secret;

/// Characters of 256 bits in base64 (RFC 4648, section 5, without padding).
const LENGTH: usize = 43;

/// A new text of 256 random bits, and the hash to store. So many random bits need no slow hash.
pub(super) struct Ticket {
    pub(super) text: Secret,
    pub(super) hash: [u8; 32],
}

impl Ticket {
    pub(super) fn generate(entropy: &dyn Entropy) -> Self {
        let random: [u8; 32] = random_array(entropy);
        let text = URL_SAFE_NO_PAD.encode(random);
        Self { hash: hash(&text), text: Secret::new(text) }
    }
}

/// The hash by which a text is found; none for a text that was never made here, found out without a database.
pub(super) fn parse(text: &str) -> Option<[u8; 32]> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (text.len() == LENGTH && text.bytes().all(allowed)).then(|| hash(text))
}

/// SHA-256 of a text.
pub(super) fn hash(text: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::SystemEntropy;

    #[test]
    fn tickets_are_found_by_their_hash_and_no_two_are_the_same() {
        let [one, two] = [(); 2].map(|()| Ticket::generate(&SystemEntropy));
        assert_eq!(parse(one.text.expose()), Some(one.hash));
        assert_ne!(one.hash, two.hash);
    }

    #[test]
    fn texts_that_are_no_tickets_are_told_without_a_look() {
        let text = Ticket::generate(&SystemEntropy).text.expose().to_owned();
        for wrong in [
            "",
            &text[1..],
            &format!("{text}A"),
            &text.replace(&text[..1], "="),
            &text.replace(&text[..1], "\0"),
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
