//! Where the root key comes from: the environment, a file, or, on a new embedded installation, a file
//! that is made.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::KeyringError;
use super::root_key::RootKey;
use crate::domain::clock::{Entropy, random_array};
use crate::domain::secret::Secret;

/// A key file holds one line; more than this is something else.
const MAX_FILE_BYTES: u64 = 4096;

/// The places that may give a root key.
pub struct KeySource {
    /// The text of an environment variable.
    pub text_from_env: Option<Secret>,
    /// A file that the operator named.
    pub file: Option<PathBuf>,
    /// The file in the data folder; only where one machine holds everything. It is made on first start.
    pub default_file: Option<PathBuf>,
}

impl KeySource {
    /// The place that gives the root key, in words; none when it is given at none or at two.
    pub fn place(&self) -> Option<String> {
        match (&self.text_from_env, self.file.as_ref()) {
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some("the environment variable KEYSTEAD_ROOT_KEY".to_owned()),
            (None, file) => {
                file.or(self.default_file.as_ref()).map(|file| format!("the file `{}`", file.display()))
            }
        }
    }
}

/// Finds the root key. A key is made only on a new installation, only in the default file, and only
/// when none is given.
///
/// # Errors
/// A key that is given twice, is missing, is weak, or lies in a file that others can read.
pub fn find_root_key(
    source: KeySource,
    is_new_installation: bool,
    entropy: &dyn Entropy,
) -> Result<RootKey, KeyringError> {
    match source {
        KeySource { text_from_env: Some(_), file: Some(file), .. } => Err(KeyringError::GivenTwice(file)),
        KeySource { text_from_env: Some(text), .. } => RootKey::parse(text.expose()),
        KeySource { file: Some(file), .. } => read(&file),
        KeySource { default_file: Some(file), .. } => match read(&file) {
            Err(KeyringError::FileMissing(file)) if is_new_installation => make(&file, entropy),
            outcome => outcome,
        },
        KeySource { .. } => Err(KeyringError::NotGiven),
    }
}

fn read(path: &Path) -> Result<RootKey, KeyringError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyringError::FileMissing(path.to_owned()),
        _ => KeyringError::File { attempt: "read", path: path.to_owned(), error },
    };
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file: what is read is what was checked.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(KeyringError::FileExposed(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::with_capacity(256));
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    RootKey::parse(&text)
}

/// Makes the key file: complete under another name first, then linked to its own, which fails if there
/// is one already. A power cut leaves either no key file or a whole one.
fn make(path: &Path, entropy: &dyn Entropy) -> Result<RootKey, KeyringError> {
    let failed = |error| KeyringError::File { attempt: "make", path: path.to_owned(), error };
    let key = RootKey::generate(entropy);
    // Refuses what a broken source of randomness gives, before anything is sealed with it.
    RootKey::parse(key.to_text().expose())?;

    let suffix = u64::from_be_bytes(random_array(entropy));
    let unfinished = path.with_extension(format!("{suffix:016x}.new"));
    let written = write(&unfinished, &key).and_then(|()| std::fs::hard_link(&unfinished, path));
    let removed = std::fs::remove_file(&unfinished);
    match written {
        // Another process was faster: its key is the one.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return read(path),
        outcome => outcome.and(removed).and_then(|()| sync_folder(path)).map_err(failed)?,
    }
    tracing::info!("made the root key `{}`; back it up apart from the database", path.display());
    Ok(key)
}

fn write(path: &Path, key: &RootKey) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.to_text().expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Makes the file's name durable too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
