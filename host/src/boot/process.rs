//! What the process asks of the system for itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Keeps this process's memory out of core dumps and away from other processes of the same user, and
/// lets it open as many files as it may. What the system refuses is a warning: the service works without.
pub fn prepare_process() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps cannot be switched off; a crash may write secrets to disk");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!(%error, "other processes of this user may read the memory of this one");
    }
    let files = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// How many files the service may have open; none where there is no limit.
pub fn open_files_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// The user that this process acts as.
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}
