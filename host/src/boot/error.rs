//! Why there is no service.

use std::io;
use std::path::PathBuf;

use crate::egress::resolver::SystemResolverError;
use crate::keyring::KeyringError;
use crate::sandbox::SandboxError;
use crate::store::StoreError;

/// What could not be put together. Never holds a key or a password.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error("cannot make the data folder `{}`", .path.display())]
    DataFolder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("the settings of egress cannot be used: {0}")]
    Egress(String),
    #[error(transparent)]
    Resolver(#[from] SystemResolverError),
}
