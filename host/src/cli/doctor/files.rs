//! Files and folders: who may read them.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::boot;
use crate::config::Settings;

/// Mode bits of group and others.
const OTHERS: u32 = 0o077;

/// Looks at the data folder, the database's files and the root key's file.
pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.database.is_embedded() {
        let folder = settings.database.data_dir();
        if settings.database.file().is_some_and(|file| file.starts_with(folder)) {
            findings.push(look("data folder", folder, "700", "the first start makes it"));
        }
        if let Some(file) = settings.database.file() {
            let mut all = vec![file.clone()];
            all.extend(
                ["-wal", "-shm"].map(|end| beside(&file, end)).into_iter().filter(|file| file.exists()),
            );
            let looks = all.iter().map(|file| look("files", file, "600", "the first start makes it"));
            findings.extend(looks);
        }
    }
    let key = settings.root_key_file.clone().or_else(|| settings.database.default_key_file());
    if let Some(key) = key.filter(|key| settings.root_key_file.is_some() || key.exists()) {
        findings.push(look("key file", &key, "600", "put it back from its backup"));
    }
    findings
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn look(check: &'static str, path: &Path, mode: &str, missing: &str) -> Finding {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Finding::warning(check, format!("`{shown}` does not exist"), missing);
        }
        Err(error) => {
            return Finding::failed(
                check,
                format!("`{shown}` cannot be looked at: {error}"),
                "run this as the service's user",
            );
        }
    };
    if metadata.mode() & OTHERS != 0 {
        let found = format!("others may read `{shown}` (mode {:o})", metadata.permissions().mode() & 0o7777);
        return Finding::failed(check, found, format!("run `chmod {mode} {shown}`"));
    }
    if metadata.uid() != boot::user() {
        let found = format!("`{shown}` belongs to user {}, not to the one that runs this", metadata.uid());
        return Finding::warning(check, found, "run the service and this command as the same user");
    }
    Finding::ok(check, format!("`{shown}`, mode {:o}", metadata.permissions().mode() & 0o7777))
}
