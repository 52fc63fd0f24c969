//! `keystead migrate`: the tables, without starting a service.

use clap::Args;

use super::options::{ConfigOption, DatabaseOptions};
use super::{Exit, output};
use crate::boot;

/// Brings the tables of the database up to date; `serve` does so too when it starts
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead migrate --data-dir ./keystead-data")]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Migrate {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        boot::migrate(&database).await?;
        output::note(format_args!("the tables of `{}` are up to date", database.shown()));
        Ok(Exit::Done)
    }
}
