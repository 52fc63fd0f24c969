//! Opening the database: with its root key for a service, without one for commands.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::error::{Age, BootError, KeyProblem};
use crate::config::Database;
use crate::domain::clock::{Clock, Entropy};
use crate::keyring::{KeySource, Keyring, KeyringError, RootKey, find_root_key};
use crate::store::{RootKeyRecord, Store, StoreError};

/// Opens the database of a service, checks the root key against it, and brings its tables up to date.
///
/// # Errors
/// [`BootError`]. When the root key is weak, missing, given twice or another than the database was
/// started with, nothing has been written: no folder, no file, no table, no row.
pub async fn open_for_service(
    database: &Database,
    keys: KeySource,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<(Store, Keyring), BootError> {
    let is_new = database.is_embedded() && is_absent(database);
    let source = keys.place();
    let blame = |error, age| BootError::Key(KeyProblem { error, source: source.clone(), age });
    let mut given = Some(keys);
    // Before the database's file is made: a bad key leaves no trace.
    let early = match given.take_if(|keys| is_new || is_given(keys)) {
        Some(keys) => {
            if !is_given(&keys) {
                make_data_folder(database)?;
            }
            match find_root_key(keys, is_new, entropy) {
                Ok(root) => Some(root),
                Err(error) => return Err(blame(error, age(database, is_new).await)),
            }
        }
        None => None,
    };
    if database.is_embedded() {
        make_data_folder(database)?;
    }
    let store = Store::open(database.url().expose()).await?;
    let found = match unlock(&store, early, given, clock, entropy).await {
        Ok(keyring) => return Ok((store, keyring)),
        Err(Locked::Key(error, age)) => blame(error, age),
        Err(Locked::Other(error)) => error,
    };
    // Closed in order, SQLite takes its journals away again.
    store.close().await;
    Err(found)
}

/// Opens the database for a command that works on it beside a running service, and says whether it was
/// made for that. A new SQLite database gets its tables here, so that tokens can be made before the first
/// start; on PostgreSQL `keystead migrate` or the first start makes them.
///
/// # Errors
/// [`BootError`], also when the tables are not those of this program.
pub async fn open_for_commands(database: &Database) -> Result<(Store, bool), BootError> {
    let is_new = database.is_embedded() && is_absent(database);
    if database.is_embedded() {
        make_data_folder(database)?;
    }
    let store = Store::open(database.url().expose()).await?;
    let ready = if is_new { store.migrate().await } else { store.check_schema().await };
    if let Err(error) = ready {
        store.close().await;
        return Err(error.into());
    }
    Ok((store, is_new))
}

/// Opens the database for a command that only reads, and makes none.
///
/// # Errors
/// [`BootError::NoDatabase`], and what [`open_for_commands`] fails with.
pub async fn open_existing(database: &Database) -> Result<Store, BootError> {
    match database.file() {
        Some(file) if is_absent(database) => Err(BootError::NoDatabase(file)),
        _ => Ok(open_for_commands(database).await?.0),
    }
}

/// Brings the tables up to date, without a look at the root key.
///
/// # Errors
/// [`BootError`], also when the tables were made by a newer program.
pub async fn migrate(database: &Database) -> Result<(), BootError> {
    if database.is_embedded() {
        make_data_folder(database)?;
    }
    let store = Store::open(database.url().expose()).await?;
    let migrated = store.migrate().await;
    store.close().await;
    Ok(migrated?)
}

/// Why a database was not unlocked.
enum Locked {
    Key(KeyringError, Age),
    Other(BootError),
}

impl<E: Into<BootError>> From<E> for Locked {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// From an open database to a keyring that fits it.
async fn unlock(
    store: &Store,
    early: Option<RootKey>,
    given: Option<KeySource>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Keyring, Locked> {
    let recorded = recorded_key(store).await?;
    let age = if recorded.is_none() { Age::New } else { Age::Existing };
    let blame = |error| Locked::Key(error, age);
    let root = match (early, given) {
        (Some(root), _) => root,
        (None, Some(keys)) => find_root_key(keys, recorded.is_none(), entropy).map_err(blame)?,
        (None, None) => return Err(blame(KeyringError::NotGiven)),
    };
    let keyring = Keyring::new(root).map_err(blame)?;
    if let Some(recorded) = &recorded {
        keyring.verify_check(&recorded.key_id, &recorded.check).map_err(blame)?;
    }
    store.migrate().await?;
    tracing::info!("the tables of the database are up to date");
    if recorded.is_none() {
        let own = RootKeyRecord { key_id: keyring.key_id().to_owned(), check: keyring.check_value() };
        // Another process may have been faster: then its key is the one.
        let stands = store.record_root_key(own.clone(), clock.now()).await?;
        keyring
            .verify_check(&stands.key_id, &stands.check)
            .map_err(|error| Locked::Key(error, Age::Existing))?;
    }
    Ok(keyring)
}

/// Whether a database that was not opened yet was started with a root key. Only a file is looked into:
/// a server may take its time.
async fn age(database: &Database, is_new: bool) -> Age {
    if is_new {
        return Age::New;
    }
    if !database.is_embedded() {
        return Age::Unknown;
    }
    let Ok(store) = Store::open(database.url().expose()).await else { return Age::Unknown };
    let recorded = recorded_key(&store).await;
    store.close().await;
    match recorded {
        Ok(None) => Age::New,
        Ok(Some(_)) => Age::Existing,
        Err(_) => Age::Unknown,
    }
}

/// The root key that the database was started with; none in one without tables.
async fn recorded_key(store: &Store) -> Result<Option<RootKeyRecord>, BootError> {
    match store.root_key().await {
        Ok(recorded) => Ok(recorded),
        // Without tables there is no record; every other cause is told as it is.
        Err(error @ StoreError::Internal(_)) => match store.check_schema().await {
            Err(StoreError::Schema(_)) => Ok(None),
            _ => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// Whether the operator gave a key, be it a good one.
fn is_given(keys: &KeySource) -> bool {
    keys.text_from_env.is_some() || keys.file.is_some() || keys.default_file.is_none()
}

/// Whether nothing was ever written to the database's file.
fn is_absent(database: &Database) -> bool {
    database.file().is_none_or(|file| std::fs::metadata(file).map_or(true, |found| found.len() == 0))
}

/// Makes the data folder, for nobody else to read.
fn make_data_folder(database: &Database) -> Result<(), BootError> {
    let path: &Path = database.data_dir();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| BootError::DataFolder { path: path.to_owned(), source })
}
