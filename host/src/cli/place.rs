//! Opening a database that may have to be made first.

use super::output;
use crate::boot::{self, BootError};
use crate::config::Database;
use crate::store::Store;

/// Opens the database, or makes it and says so: a mistyped folder would look like success otherwise.
pub(super) async fn open_or_make(database: &Database) -> Result<Store, BootError> {
    let (store, is_new) = boot::open_for_commands(database).await?;
    if is_new {
        output::note(format_args!("made a new database in `{}`", database.shown()));
    }
    Ok(store)
}
