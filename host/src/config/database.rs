//! Where the database is.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::domain::secret::Secret;

/// The folder in which everything is kept when nothing else is said.
const DATA_DIR: &str = "keystead-data";

/// What stands for itself in the path of a SQLite URL.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// A database: a file in the data folder, or what a URL names.
#[derive(Clone)]
pub struct Database {
    data_dir: PathBuf,
    url: Option<Secret>,
}

impl Database {
    /// The database in `data_dir` (default `./keystead-data`), unless a URL names another.
    pub fn new(data_dir: Option<PathBuf>, url: Option<Secret>) -> Self {
        Self { data_dir: data_dir.unwrap_or_else(|| PathBuf::from(DATA_DIR)), url }
    }

    /// The folder of the embedded database and its root key.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The URL to open; it may hold a password.
    pub fn url(&self) -> Secret {
        self.url.clone().unwrap_or_else(|| {
            let file = self.data_dir.join("keystead.db");
            Secret::new(format!("sqlite://{}", percent_encode(file.as_os_str().as_bytes(), ESCAPED)))
        })
    }

    /// Whether it is SQLite: one machine holds everything, the root key too.
    pub fn is_embedded(&self) -> bool {
        self.url().expose().starts_with("sqlite:")
    }

    /// SQLite's file; none in memory and on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        let url = self.url();
        let rest = url.expose().strip_prefix("sqlite:")?;
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        let in_memory = path == ":memory:" || parameters.contains("mode=memory");
        let bytes: Vec<u8> = percent_decode_str(path).collect();
        (!in_memory).then(|| PathBuf::from(OsString::from_vec(bytes)))
    }

    /// The root key's file when no other is given: only where one machine holds everything.
    pub fn default_key_file(&self) -> Option<PathBuf> {
        self.is_embedded().then(|| self.data_dir.join("root.key"))
    }

    /// The database as it may be shown: without user, password and parameters.
    pub fn shown(&self) -> String {
        if let Some(file) = self.file() {
            return file.display().to_string();
        }
        let url = self.url();
        match url::Url::parse(url.expose()) {
            Ok(url) if url.has_host() => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
            }
            _ => "the database of --database-url".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_url(url: &str) -> Database {
        Database::new(None, Some(Secret::new(url)))
    }

    #[test]
    fn default_is_a_file_in_the_data_folder() {
        let database = Database::new(Some("/var/lib/key stead?".into()), None);
        assert_eq!(database.url().expose(), "sqlite:///var/lib/key%20stead%3F/keystead.db");
        assert_eq!(database.file(), Some("/var/lib/key stead?/keystead.db".into()));
        assert_eq!(database.default_key_file(), Some("/var/lib/key stead?/root.key".into()));
        assert!(database.is_embedded());
        let relative = Database::new(None, None);
        assert_eq!(relative.url().expose(), "sqlite://keystead-data/keystead.db");
        assert_eq!(relative.file(), Some("keystead-data/keystead.db".into()));
    }

    #[test]
    fn database_in_memory_has_no_file() {
        assert_eq!(of_url("sqlite::memory:").file(), None);
        assert_eq!(of_url("sqlite://x?mode=memory").file(), None);
    }

    #[test]
    fn passwords_are_never_shown() {
        let database = of_url("postgres://app:pa55@db.internal:5433/keystead?password=pa55&sslmode=require");
        assert_eq!(database.shown(), "postgres://db.internal:5433/keystead");
        assert!(!database.is_embedded() && database.default_key_file().is_none());
        for broken in ["postgres://app:pa55@[", "pa55", "mysql:pa55"] {
            assert!(!of_url(broken).shown().contains("pa55"), "{broken}");
        }
    }
}
