//! `keystead user remove`.

use clap::Args;

use super::super::options::{ConfigOption, DatabaseOptions};
use super::super::{Exit, output};
use super::{means, nobody};
use crate::accounts;
use crate::boot;
use crate::domain::user::UserName;

/// Removes a person and ends their sessions, or withdraws their invitation. What they made stays
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead user remove ann")]
pub(super) struct Remove {
    /// The sign-in name
    name: UserName,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Remove {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = boot::open_existing(&database).await?;
        let removed = accounts::remove_user(&means(&store), &self.name).await;
        store.close().await;
        if !removed? {
            return Err(nobody(&self.name).into());
        }
        output::note(format_args!("removed user `{}`", self.name));
        Ok(Exit::Done)
    }
}
