//! The text of an API token: `kst_w_` (workspace) or `kst_i_` (installation), 43 characters that
//! carry 256 random bits, and 6 check characters.
//!
//! The check characters (CRC-32 of all that stands before them) let a scanner tell a leaked token
//! from noise, and let a mistyped one be refused without a look into the database. All characters
//! are letters, digits and `_`, so that a double click selects the whole text. Only the SHA-256 of
//! the text is ever stored: 256 random bits need no slow hash.

use super::clock::{Entropy, random_array};
use super::rights::Scope;
use super::secret::Secret;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX: usize = 6;
/// Digits of base 62 that 256 bits need.
const RANDOM: usize = 43;
/// Digits of base 62 that 32 bits need.
const CHECK: usize = 6;

/// What a token opens, as its text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// One workspace: `kst_w_`.
    Workspace,
    /// The installation: `kst_i_`.
    Installation,
}

impl TokenKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Workspace => "kst_w_",
            Self::Installation => "kst_i_",
        }
    }
}

impl From<&Scope> for TokenKind {
    fn from(scope: &Scope) -> Self {
        match scope {
            Scope::Workspace(_) => Self::Workspace,
            Scope::Installation => Self::Installation,
        }
    }
}

/// A new token: its text, to be shown once, and its hash, to be stored.
pub struct TokenText {
    text: Secret,
    hash: [u8; 32],
}

impl TokenText {
    /// A new token with 256 random bits.
    pub fn generate(kind: TokenKind, entropy: &dyn Entropy) -> Self {
        let random: [u8; 32] = random_array(entropy);
        let body = format!("{}{}", kind.prefix(), base62::<RANDOM>(random.to_vec()));
        let text = format!("{body}{}", check(body.as_bytes()));
        Self { hash: hash(&text), text: Secret::new(text) }
    }

    /// The SHA-256 of the text.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The text, for whoever will bear it.
    pub fn into_secret(self) -> Secret {
        self.text
    }
}

/// A text that is no token: another prefix, length or alphabet, or a mistyped character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no Keystead token; `keystead token create` prints one")]
pub struct InvalidToken;

/// The SHA-256 of a token's text, by which it is found.
///
/// # Errors
/// [`InvalidToken`] for a text that was never made by [`TokenText::generate`], found out without a database.
pub fn parse(text: &str) -> Result<[u8; 32], InvalidToken> {
    let known =
        [TokenKind::Workspace, TokenKind::Installation].iter().any(|kind| text.starts_with(kind.prefix()));
    if !known
        || text.len() != PREFIX + RANDOM + CHECK
        || !text[PREFIX..].bytes().all(|b| ALPHABET.contains(&b))
    {
        return Err(InvalidToken);
    }
    let (body, given) = text.split_at(PREFIX + RANDOM);
    if given == check(body.as_bytes()) { Ok(hash(text)) } else { Err(InvalidToken) }
}

fn hash(text: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// The check characters of what stands before them.
fn check(body: &[u8]) -> String {
    base62::<CHECK>(crc32fast::hash(body).to_be_bytes().to_vec())
}

/// A big-endian number as `N` digits of base 62, by long division.
fn base62<const N: usize>(mut number: Vec<u8>) -> String {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let value = (rest << 8) | u16::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        *digit = ALPHABET[usize::from(rest)];
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn text(kind: TokenKind, byte: u8) -> String {
        TokenText::generate(kind, &Fixed(byte)).into_secret().expose().to_owned()
    }

    #[test]
    fn generated_tokens_are_found_by_their_hash() {
        for kind in [TokenKind::Workspace, TokenKind::Installation] {
            for byte in [0, 1, 0x7f, 0xff] {
                let token = TokenText::generate(kind, &Fixed(byte));
                let hash = token.hash();
                let text = token.into_secret();
                assert_eq!(text.expose().len(), 55);
                assert_eq!(parse(text.expose()), Ok(hash));
            }
        }
    }

    #[test]
    fn all_256_bits_are_carried() {
        // 2^256 - 1, and a number whose lowest bit differs.
        assert_ne!(text(TokenKind::Workspace, 0xff), text(TokenKind::Workspace, 0xfe));
        assert_eq!(base62::<2>(vec![0, 62]), "10");
        assert_eq!(base62::<3>(vec![0xff, 0xff]), "H31");
        let largest = base62::<RANDOM>(vec![0xff; 32]);
        assert!(
            !largest.starts_with('0') && base62::<{ RANDOM + 1 }>(vec![0xff; 32]) == format!("0{largest}")
        );
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let token = text(TokenKind::Workspace, 0x2a);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(parse(&String::from_utf8(changed).unwrap()), Err(InvalidToken), "{at}");
        }
    }

    #[test]
    fn a_right_check_makes_no_token_of_another_prefix() {
        for prefix in ["kst_x_", "kst-w_", "KST_W_", "abcdef"] {
            let body = format!("{prefix}{}", "0".repeat(RANDOM));
            assert_eq!(parse(&format!("{body}{}", check(body.as_bytes()))), Err(InvalidToken), "{prefix}");
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let token = text(TokenKind::Workspace, 0x2a);
        let long = "kst_w_".to_owned() + &"A".repeat(8 * 1024);
        let other_kind = token.replacen("_w_", "_i_", 1);
        let umlaut = format!("kst_w_{}", "ä".repeat(25));
        for text in
            ["", " ", "kst_w_", &token[1..], &token[..54], &token.to_lowercase(), &long, &other_kind, &umlaut]
        {
            assert_eq!(parse(text), Err(InvalidToken), "{text}");
        }
    }
}
