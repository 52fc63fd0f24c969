//! Where things lie.

use std::path::{Path, PathBuf};

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    // Asked for at run time: one target folder may serve several clones.
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest).parent().unwrap().to_path_buf()
}

/// The folder of this build's profile, such as `target/debug`: this binary is in its `deps`.
pub fn profile_dir() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf()
}

/// The target folder.
pub fn target_dir() -> PathBuf {
    profile_dir().parent().unwrap().to_path_buf()
}
