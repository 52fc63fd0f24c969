//! The sealed record, byte by byte:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 3 | `KSR` |
//! | 3 | 1 | format version, 1 |
//! | 4 | 8 | id of the root key |
//! | 12 | 32 | salt: HKDF-SHA-256(root key, salt, `keystead/v1/wrap`) gives 32 bytes wrapping key and 12 bytes wrapping nonce |
//! | 44 | 48 | data key, 32 bytes, under AES-256-GCM with the wrapping key; the last 16 are the tag |
//! | 92 | 12 | nonce of the fields |
//! | 104 | n + 16 | the fields under AES-256-GCM with the data key; the last 16 are the tag |
//!
//! Wrapping key and data key encrypt one message each, so no counter of nonces is needed. The associated
//! data of both layers is `wrap` or `data`, format version, key id, workspace, component, credential and
//! version (eight bytes, big-endian), each with its length as four bytes, big-endian, before it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::Binding;
use super::error::KeyringError;
use super::root_key::RootKey;
use crate::domain::clock::{Entropy, random_array};
use crate::domain::secret::SecretBytes;

const MAGIC: &[u8; 3] = b"KSR";
const FORMAT: u8 = 1;
const WRAP_INFO: &[u8] = b"keystead/v1/wrap";
const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;

/// A record taken apart.
struct Parts<'a> {
    key_id: [u8; 8],
    salt: [u8; 32],
    wrapped: [u8; KEY + TAG],
    nonce: [u8; NONCE],
    sealed: &'a [u8],
}

/// The text of a root key's id.
pub(super) fn text_of(id: [u8; 8]) -> String {
    format!("rk-{:016x}", u64::from_be_bytes(id))
}

/// Seals under a fresh data key.
pub(super) fn seal(
    root: &RootKey,
    entropy: &dyn Entropy,
    binding: &Binding<'_>,
    plaintext: &[u8],
) -> Result<Vec<u8>, KeyringError> {
    let key_id = root.id()?;
    let salt: [u8; 32] = random_array(entropy);
    let nonce: [u8; NONCE] = random_array(entropy);
    let mut data_key = Zeroizing::new([0; KEY]);
    entropy.fill(&mut *data_key);

    let (wrapping_key, wrapping_nonce) = wrapping(root, &salt)?;
    let wrapped =
        encrypt(&wrapping_key[..], wrapping_nonce, &associated(b"wrap", &key_id, binding), &data_key[..])?;
    let sealed = encrypt(&data_key[..], nonce, &associated(b"data", &key_id, binding), plaintext)?;

    let mut record = Vec::with_capacity(104 + sealed.len());
    record.extend_from_slice(MAGIC);
    record.push(FORMAT);
    record.extend_from_slice(&key_id);
    record.extend_from_slice(&salt);
    record.extend_from_slice(&wrapped);
    record.extend_from_slice(&nonce);
    record.extend_from_slice(&sealed);
    Ok(record)
}

/// Opens what was sealed for exactly this binding.
pub(super) fn open(
    root: &RootKey,
    binding: &Binding<'_>,
    record: &[u8],
) -> Result<SecretBytes, KeyringError> {
    let parts = split(record).ok_or(KeyringError::Format)?;
    let given = root.id()?;
    if parts.key_id != given {
        return Err(KeyringError::UnknownKey { record: text_of(parts.key_id), given: text_of(given) });
    }
    let (wrapping_key, wrapping_nonce) = wrapping(root, &parts.salt)?;
    let data_key =
        decrypt(&wrapping_key[..], wrapping_nonce, &associated(b"wrap", &given, binding), &parts.wrapped)?;
    let mut plaintext = decrypt(&data_key, parts.nonce, &associated(b"data", &given, binding), parts.sealed)?;
    Ok(SecretBytes::new(std::mem::take(&mut *plaintext)))
}

fn split(record: &[u8]) -> Option<Parts<'_>> {
    let rest = record.strip_prefix(MAGIC)?.strip_prefix(&[FORMAT])?;
    let (key_id, rest) = rest.split_first_chunk()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let (wrapped, rest) = rest.split_first_chunk()?;
    let (nonce, sealed) = rest.split_first_chunk()?;
    (sealed.len() >= TAG).then_some(Parts {
        key_id: *key_id,
        salt: *salt,
        wrapped: *wrapped,
        nonce: *nonce,
        sealed,
    })
}

/// The key and nonce that wrap this record's data key, used for nothing else.
fn wrapping(root: &RootKey, salt: &[u8; 32]) -> Result<(Zeroizing<[u8; KEY]>, [u8; NONCE]), KeyringError> {
    let material: Zeroizing<[u8; KEY + NONCE]> = root.derive(salt, WRAP_INFO)?;
    let (key, nonce) = material.split_first_chunk().ok_or(KeyringError::Cipher)?;
    Ok((Zeroizing::new(*key), nonce.try_into().map_err(|_| KeyringError::Cipher)?))
}

/// What a layer authenticates without storing it.
fn associated(layer: &[u8], key_id: &[u8; 8], binding: &Binding<'_>) -> Vec<u8> {
    let version = binding.version.to_be_bytes();
    let parts: [&[u8]; 7] = [
        layer,
        &[FORMAT],
        key_id,
        binding.workspace.as_str().as_bytes(),
        binding.component.as_str().as_bytes(),
        binding.credential.as_str().as_bytes(),
        &version,
    ];
    let mut bytes = Vec::with_capacity(192);
    for part in parts {
        // No part is longer than an id.
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, KeyringError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| KeyringError::Cipher)
}

fn encrypt(
    key: &[u8],
    nonce: [u8; NONCE],
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, KeyringError> {
    // Encrypted in place in a buffer that never has to grow: no copy of the plaintext is left behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG));
    buffer.extend_from_slice(plaintext);
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut *buffer)
        .map_err(|_| KeyringError::Cipher)?;
    Ok(std::mem::take(&mut *buffer))
}

fn decrypt(
    key: &[u8],
    nonce: [u8; NONCE],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut buffer)
        .map_err(|_| KeyringError::Integrity)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}
