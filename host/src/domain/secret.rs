//! Texts and bytes that must not be shown. They are opened only where the walls test allows it.

use zeroize::Zeroizing;

/// A secret text. Without `Debug`, `Display` and `Serialize` on purpose; wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every call is a place where a secret is opened: the walls test lists them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Secret bytes, with the same rules as [`Secret`].
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Wraps bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Every call is a place where a secret is opened: the walls test lists them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}
