//! `keystead user reset`.

use anyhow::Context as _;
use clap::Args;

use super::super::options::{ConfigOption, DatabaseOptions};
use super::super::{Exit, output};
use super::{PagesOption, means, nobody};
use crate::accounts;
use crate::boot;
use crate::domain::user::UserName;

/// Prints a one-time link to choose a new password; the old one stops working at once
///
/// Ends the person's sessions. Whoever opens the link within 24 hours chooses the password: hand it to nobody
/// but that person. Somebody who is invited only gets a new link in the place of the old one.
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead user reset ann")]
pub(super) struct Reset {
    /// The sign-in name
    name: UserName,
    #[command(flatten)]
    pages: PagesOption,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Reset {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = boot::open_existing(&database).await?;
        let token = accounts::reset_user(&means(&store), &self.name).await;
        store.close().await;
        let token = token?.ok_or_else(|| nobody(&self.name))?;
        self.pages.hand_over(&token).context("the link was made, but could not be printed; make another")?;
        output::note(format_args!("the link works once, within 24 hours"));
        Ok(Exit::Done)
    }
}
