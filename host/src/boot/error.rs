//! Why there is no service.

use std::io;
use std::path::PathBuf;

use crate::domain::limit::OutOfRange;
use crate::egress::resolver::SystemResolverError;
use crate::keyring::KeyringError;
use crate::sandbox::SandboxError;
use crate::store::StoreError;

/// What could not be put together. Never holds a key or a password.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error("cannot make the data folder `{}`", .path.display())]
    DataFolder { path: PathBuf, source: io::Error },
    /// No root key that fits; the sentence says where it came from.
    #[error("{}", .0.told())]
    Key(KeyProblem),
    /// A command that only reads found nothing to read.
    #[error("there is no database at `{}`", .0.display())]
    NoDatabase(PathBuf),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Budgets(#[from] OutOfRange),
    #[error("{0}")]
    Egress(String),
    #[error(transparent)]
    Resolver(#[from] SystemResolverError),
}

/// Whether a database was started with a root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// No: a new key may be made for it.
    New,
    /// Yes: only that key will do.
    Existing,
    /// It was not asked.
    Unknown,
}

/// A root key that does not fit, with where it came from and what it was for.
#[derive(Debug)]
pub struct KeyProblem {
    pub error: KeyringError,
    /// Where the key came from, in words; none when none was given.
    pub source: Option<String>,
    /// What the advice depends on.
    pub age: Age,
}

impl KeyProblem {
    /// The sentence for a person.
    fn told(&self) -> String {
        let place = self.source.as_deref().map(|source| format!(" in {source}")).unwrap_or_default();
        match &self.error {
            KeyringError::InvalidKey(reason) => format!("the root key{place} is not usable: {reason}"),
            KeyringError::WrongKey { given, expected } => format!(
                "the root key{place} is {given}, but this database is sealed with {expected}; give that key, \
                 nothing was changed"
            ),
            error => error.to_string(),
        }
    }
}
