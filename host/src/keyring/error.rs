//! What can go wrong with keys and sealed records. Messages never hold key material.

use std::path::PathBuf;

/// A key that cannot be used, or a record that does not open.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The text is no root key.
    #[error("the root key is not usable: {0}")]
    InvalidKey(&'static str),
    /// Two places give a root key.
    #[error("the root key is given twice, by the environment and by the file {}; give it once", .0.display())]
    GivenTwice(PathBuf),
    /// No place gives a root key.
    #[error("no root key is given, as a file or in the environment")]
    NotGiven,
    /// No file where one must be: it was named, or the installation has a root key already.
    #[error("the key file {} is missing", .0.display())]
    FileMissing(PathBuf),
    /// Others can read the key.
    #[error("the key file {path} can be read by others; run `chmod 600 {path}`", path = .0.display())]
    FileExposed(PathBuf),
    /// The file cannot be read or made.
    #[error("cannot {attempt} the key file {path}: {error}", path = .path.display())]
    File { attempt: &'static str, path: PathBuf, error: std::io::Error },
    /// The root key is another than the database was started with.
    #[error(
        "the root key is {given}, but this database is sealed with {expected}; give that key, nothing was changed"
    )]
    WrongKey { given: String, expected: String },
    /// A record of another root key.
    #[error("a stored record is sealed with root key {record}, this service has {given}; give that key")]
    UnknownKey { record: String, given: String },
    /// Bytes that are no sealed record of a known format.
    #[error("a stored record is no sealed record of a known format; restore it from a backup")]
    Format,
    /// A record that was changed, moved or relabelled.
    #[error(
        "a stored record fails its integrity check: it was changed or moved to another row; restore it from a backup"
    )]
    Integrity,
    /// The cipher library refused; never for reasons of the data.
    #[error("the cipher library failed")]
    Cipher,
}
