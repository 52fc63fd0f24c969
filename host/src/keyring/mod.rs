//! Envelope encryption. The root key wraps one fresh data key per credential version; what is sealed is
//! bound to its workspace, component, credential and version, so that a moved row does not open.

mod error;
mod record;
mod root_key;
mod source;

#[cfg(test)]
mod tests;

pub use error::KeyringError;
pub use root_key::RootKey;
pub use source::{KeySource, find_root_key};

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::domain::clock::Entropy;
use crate::domain::id::{ComponentId, CredentialId, WorkspaceId};
use crate::domain::secret::SecretBytes;

/// What a sealed record belongs to. Both layers authenticate all of it.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    pub workspace: &'a WorkspaceId,
    pub component: &'a ComponentId,
    pub credential: &'a CredentialId,
    /// The version of the credential's fields.
    pub version: i64,
}

/// Sealed bytes, safe to be stored.
#[derive(Clone, Debug)]
pub struct SealedRecord {
    /// Id of the root key that wraps the data key.
    pub key_id: String,
    pub bytes: Vec<u8>,
}

/// Seals and opens under one root key. Without `Debug` on purpose.
#[derive(Clone)]
pub struct Keyring {
    root: RootKey,
    key_id: String,
    check: [u8; 32],
}

impl Keyring {
    /// A keyring with this root key.
    ///
    /// # Errors
    /// [`KeyringError::Cipher`] when the cipher library fails.
    pub fn new(root: RootKey) -> Result<Self, KeyringError> {
        let key_id = record::text_of(root.id()?);
        let check = root.check_value()?;
        Ok(Self { root, key_id, check })
    }

    /// The root key's public id, such as `rk-0f1e2d3c4b5a6978`.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// 32 bytes that tell this root key from any other; stored with the database at the first start.
    pub fn check_value(&self) -> Vec<u8> {
        self.check.to_vec()
    }

    /// Compares the root key with what a database was first started with.
    ///
    /// # Errors
    /// [`KeyringError::WrongKey`] naming both ids.
    pub fn verify_check(&self, key_id: &str, check: &[u8]) -> Result<(), KeyringError> {
        use subtle::ConstantTimeEq as _;
        let same: bool = self.check[..].ct_eq(check).into();
        if same && key_id == self.key_id {
            Ok(())
        } else {
            Err(KeyringError::WrongKey { given: self.key_id.clone(), expected: key_id.to_owned() })
        }
    }

    /// HMAC-SHA-256 of a request's parts, each with its length before it, under a key of this purpose
    /// alone. Tells one request from another without keeping it: who has no root key learns nothing from it.
    ///
    /// # Errors
    /// [`KeyringError::Cipher`] when the cipher library fails.
    pub fn request_hash(&self, parts: &[&[u8]]) -> Result<[u8; 32], KeyringError> {
        let key: Zeroizing<[u8; 32]> = self.root.derive(&[], b"keystead/v1/request-hash")?;
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key[..]));
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().map_err(|_| KeyringError::Cipher)
    }

    /// Seals bytes under a fresh data key.
    pub fn seal(
        &self,
        entropy: &dyn Entropy,
        binding: &Binding<'_>,
        plaintext: &[u8],
    ) -> Result<SealedRecord, KeyringError> {
        let bytes = record::seal(&self.root, entropy, binding, plaintext)?;
        Ok(SealedRecord { key_id: self.key_id.clone(), bytes })
    }

    /// Opens a record that was sealed for exactly this binding.
    ///
    /// # Errors
    /// [`KeyringError::UnknownKey`] for another root key's record, [`KeyringError::Format`] for what is no
    /// record, [`KeyringError::Integrity`] for one that was changed, moved or relabelled. Nothing of the
    /// plaintext is returned then.
    pub fn open(&self, binding: &Binding<'_>, record: &[u8]) -> Result<SecretBytes, KeyringError> {
        record::open(&self.root, binding, record)
    }
}
