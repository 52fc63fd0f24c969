//! The root key: 32 random bytes from which everything else is derived.

use aws_lc_rs::hkdf::{self, HKDF_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::error::KeyringError;
use crate::domain::clock::Entropy;
use crate::domain::secret::Secret;

/// The beginning of a root key's text; the number is the form's version.
const PREFIX: &str = "keystead-root-1:";

/// Random bytes have about 30 different values among 32; fewer than this never happens by chance.
const MIN_DISTINCT: usize = 16;

/// The key that wraps all data keys. Without `Debug`, `Display` and `Serialize` on purpose.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// Reads the text form: `keystead-root-1:` and 32 bytes as 43 characters of base64url. White space
    /// around it is ignored, as files end with a line break.
    ///
    /// # Errors
    /// [`KeyringError::InvalidKey`] for another form, another length, or bytes that are not random.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(KeyringError::InvalidKey("it does not begin with `keystead-root-1:`"))?;
        let decoded = URL_SAFE_NO_PAD.decode(encoded).map(Zeroizing::new).map_err(|_| {
            KeyringError::InvalidKey("what follows `keystead-root-1:` is not base64url without padding")
        })?;
        let bytes: [u8; 32] = decoded
            .as_slice()
            .try_into()
            .map_err(|_| KeyringError::InvalidKey("it does not hold exactly 32 bytes"))?;
        let key = Self(Zeroizing::new(bytes));
        key.refuse_weak()?;
        Ok(key)
    }

    /// The text form, to be kept where the data is not.
    pub fn to_text(&self) -> Secret {
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&self.0[..])))
    }

    fn refuse_weak(&self) -> Result<(), KeyringError> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let distinct = 1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if distinct < MIN_DISTINCT {
            return Err(KeyringError::InvalidKey("its bytes repeat too much to be random"));
        }
        if self.0.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return Err(KeyringError::InvalidKey("its bytes are readable text, such as a passphrase"));
        }
        let step = sorted[1].wrapping_sub(sorted[0]);
        if sorted.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
            return Err(KeyringError::InvalidKey("its bytes are a series of numbers"));
        }
        Ok(())
    }

    /// Eight bytes that name the key in public.
    pub(super) fn id(&self) -> Result<[u8; 8], KeyringError> {
        self.derive(&[], b"keystead/v1/root-key-id").map(|bytes| *bytes)
    }

    /// 32 bytes that tell it from a key with the same id.
    pub(super) fn check_value(&self) -> Result<[u8; 32], KeyringError> {
        self.derive(&[], b"keystead/v1/root-key-check").map(|bytes| *bytes)
    }

    /// HKDF with SHA-256 (RFC 5869): each purpose has its own `info`, so no output tells of another.
    pub(super) fn derive<const N: usize>(
        &self,
        salt: &[u8],
        info: &[u8],
    ) -> Result<Zeroizing<[u8; N]>, KeyringError> {
        let mut output = Zeroizing::new([0; N]);
        hkdf::Salt::new(HKDF_SHA256, salt)
            .extract(&self.0[..])
            .expand(&[info], Length(N))
            .and_then(|material| material.fill(&mut *output))
            .map_err(|_| KeyringError::Cipher)?;
        Ok(output)
    }
}

/// A number of bytes to be derived.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
