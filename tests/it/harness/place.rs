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

/// An empty folder for what a shared upstream of this test process writes. Those of processes that have ended are
/// removed here, since a process that ends does not drop what it shares.
pub fn run_folder(name: &str) -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(parent).unwrap();
    for entry in std::fs::read_dir(parent).unwrap().flatten() {
        let left_by =
            entry.file_name().to_string_lossy().rsplit_once('-').and_then(|(_, id)| id.parse::<u32>().ok());
        let has_ended =
            |id: u32| Path::new("/proc/self").exists() && !Path::new("/proc").join(id.to_string()).exists();
        if left_by.is_some_and(has_ended) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let folder = parent.join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
