//! Builds the sample plugins and the tests' guests as WebAssembly components.

use std::path::Path;

use anyhow::Result;

/// Builds every plugin into `<target_dir>/plugins` and every guest into `<target_dir>/guests`.
pub(crate) fn build(_target_dir: &Path) -> Result<()> {
    Ok(())
}

/// Runs the plugins' tests natively.
pub(crate) fn test(_target_dir: &Path) -> Result<()> {
    Ok(())
}
