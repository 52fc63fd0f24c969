//! Where the database is.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::file::ConfigError;
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
    /// The database in `data_dir`, unless a URL names another. Without a data folder, that is the folder
    /// of the SQLite file which the URL names; without a URL, `./keystead-data`.
    pub fn new(data_dir: Option<PathBuf>, url: Option<Secret>) -> Self {
        let given = Self { data_dir: PathBuf::new(), url };
        let data_dir = data_dir.or_else(|| given.url.as_ref().and_then(|_| folder_of(given.file()?)));
        Self { data_dir: data_dir.unwrap_or_else(|| PathBuf::from(DATA_DIR)), ..given }
    }

    /// Checks that the URL is of a database that can be used.
    ///
    /// # Errors
    /// [`ConfigError::DatabaseUrl`] for another scheme and for a database in memory. Never quotes the
    /// URL: it may hold a password.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Some(url) = &self.url else { return Ok(()) };
        let text = url.expose();
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(ConfigError::DatabaseUrl(
                "has to begin with `sqlite:` or `postgres:`, as in `sqlite:///var/lib/keystead/keystead.db` or \
                 `postgres://user@host/database`",
            ));
        }
        match self.file() {
            None if self.is_embedded() => Err(ConfigError::DatabaseUrl(
                "names a database in memory, which would be lost with the process; name a file",
            )),
            Some(file) if file.as_os_str().is_empty() => {
                Err(ConfigError::DatabaseUrl("names no file, as in `sqlite:///var/lib/keystead/keystead.db`"))
            }
            _ => Ok(()),
        }
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

/// The folder of a file, also when its name alone is given.
fn folder_of(file: PathBuf) -> Option<PathBuf> {
    let folder = file.parent()?;
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
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
    fn root_key_lies_beside_the_file_of_a_url() {
        let key = |url| of_url(url).default_key_file().unwrap();
        assert_eq!(key("sqlite:///srv/k%20s/a.db?mode=rwc"), PathBuf::from("/srv/k s/root.key"));
        assert_eq!(key("sqlite://a.db"), PathBuf::from("./root.key"));
        let both = Database::new(Some("/keys".into()), Some(Secret::new("sqlite:///srv/a.db")));
        assert_eq!(both.default_key_file(), Some("/keys/root.key".into()));
    }

    #[test]
    fn urls_of_other_databases_are_refused_without_being_quoted() {
        for url in
            ["mysql://a:pa55@h/d", "/var/pa55", "", "sqlite::memory:", "sqlite://x?mode=memory", "sqlite://"]
        {
            let told = of_url(url).check().err().unwrap_or_else(|| panic!("taken: {url}")).to_string();
            assert!(told.starts_with("the database URL ") && !told.contains("pa55"), "{told}");
        }
        for url in ["sqlite://a.db", "postgres://h/d", "postgresql://h/d"] {
            assert!(of_url(url).check().is_ok(), "{url}");
        }
        assert!(Database::new(None, None).check().is_ok());
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
