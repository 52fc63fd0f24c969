//! The sample plugins.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::{Actor, App};
use crate::catalogue::Component;
use crate::install::{self, InstallError, Installed};

/// A plugin's file.
pub struct Sample {
    pub path: PathBuf,
    bytes: Vec<u8>,
}

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
    #[error("cannot read the sample plugins in `{}`", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("there is no sample plugin (`*.wasm`) in `{}`", .0.display())]
    None(PathBuf),
}

/// All plugins of a folder, by name.
///
/// # Errors
/// [`SamplesError`].
pub fn read(folder: &Path) -> Result<Vec<Sample>, SamplesError> {
    let unreadable = |source| SamplesError::Unreadable { path: folder.to_owned(), source };
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            samples.push(Sample { bytes: std::fs::read(&path).map_err(unreadable)?, path });
        }
    }
    samples.sort_by(|a, b| a.path.cmp(&b.path));
    if samples.is_empty() { Err(SamplesError::None(folder.to_owned())) } else { Ok(samples) }
}

/// Installs a sample, as `POST /v1/components` would. A component of a kept data folder stays as it is,
/// in whatever release.
///
/// # Errors
/// [`InstallError`] but for a conflict.
pub async fn install(app: &App, sample: Sample) -> Result<(Arc<Component>, bool), InstallError> {
    match install::install(app, &Actor::Operator, sample.bytes).await {
        Ok(Installed { component, is_new }) => Ok((component, is_new)),
        Err(InstallError::Conflict { component, digest }) => match app.catalogue.find(&component) {
            Some(kept) => Ok((kept, false)),
            None => Err(InstallError::Conflict { component, digest }),
        },
        Err(error) => Err(error),
    }
}
