//! Plugins that were looked at and wait for consent: few, for a short time, each for whoever brought it.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::descriptor::Icon;
use crate::domain::id::UserId;

/// How long a file waits.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// Bytes that all of them may have.
const BYTES: u64 = 256 << 20;

/// Whose file, and which.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Upload {
    pub(super) user: UserId,
    pub(super) digest: String,
}

/// The files that wait.
#[derive(Clone)]
pub(super) struct Uploads(Cache<Upload, Arc<Waiting>>);

/// A file and how it will be shown.
#[derive(Clone)]
struct Waiting {
    bytes: Vec<u8>,
    icon: Option<Icon>,
}

impl Default for Uploads {
    fn default() -> Self {
        let weigh = |_: &Upload, file: &Arc<Waiting>| u32::try_from(file.bytes.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigh).max_capacity(BYTES).time_to_live(KEPT).build())
    }
}

impl Uploads {
    pub(super) fn keep(&self, upload: Upload, bytes: Vec<u8>, icon: Option<Icon>) {
        self.0.insert(upload, Arc::new(Waiting { bytes, icon }));
    }

    /// The icon of a file that waits.
    pub(super) fn icon(&self, upload: &Upload) -> Option<Icon> {
        self.0.get(upload)?.icon.clone()
    }

    /// Takes a file out; none when it was forgotten, or brought by somebody else.
    pub(super) fn take(&self, upload: &Upload) -> Option<Vec<u8>> {
        self.0.remove(upload).map(|file| Arc::unwrap_or_clone(file).bytes)
    }
}
