//! `keystead user add`.

use anyhow::Context as _;
use clap::Args;

use super::super::Exit;
use super::super::failure::Failure;
use super::super::options::{ConfigOption, DatabaseOptions};
use super::super::output;
use super::super::place::open_or_make;
use super::{PagesOption, means};
use crate::accounts;
use crate::domain::id::WorkspaceId;
use crate::domain::rights::Right;
use crate::domain::user::{Membership, UserName};

/// Invites a person and prints a one-time link, alone, on standard output
///
/// Whoever opens the link within 7 days chooses the password: hand it to nobody but that person. It is shown
/// this once; only its hash is stored. Invited again, a person gets a new link, and the old one opens nothing.
/// Works on the database directly, also while the service runs.
#[derive(Args)]
#[command(after_help = "\
Examples:
  keystead user add ann
  keystead user add bob --right credentials:read --right flows:read
  keystead user add olga --operator --public-url https://keystead.example.com")]
pub(super) struct Add {
    /// The sign-in name: 1 to 100 of A-Z, a-z, 0-9 and `._-@+`; names that differ in case alone are one
    name: UserName,
    /// The workspace that the person works in
    #[arg(long, value_name = "ID", default_value = "default")]
    workspace: WorkspaceId,
    /// What the person may do there, as for tokens (`keystead token create --help`). May be given several times
    #[arg(long = "right", value_name = "RIGHT", default_value = "admin")]
    rights: Vec<Right>,
    /// The person also installs components
    #[arg(long)]
    operator: bool,
    #[command(flatten)]
    pages: PagesOption,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Add {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let mut rights = self.rights;
        rights.sort_unstable();
        rights.dedup();
        check_rights(&rights)?;
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = open_or_make(&database).await?;
        let membership = Membership { workspace: self.workspace, rights };
        let token = accounts::invite(&means(&store), &self.name, membership, self.operator).await;
        store.close().await;
        self.pages.hand_over(&token?).context("the link was made, but could not be printed; make another")?;
        output::note(format_args!("the link works once, within 7 days"));
        Ok(Exit::Done)
    }
}

/// Refuses rights that nobody has inside a workspace, and lists those that there are.
fn check_rights(rights: &[Right]) -> Result<(), Failure> {
    match rights.iter().find(|right| !right.is_for_workspaces()) {
        None => Ok(()),
        Some(wrong) => {
            let fits: Vec<&str> = Right::all()
                .into_iter()
                .filter(|right| right.is_for_workspaces())
                .map(Right::as_str)
                .collect();
            let hint = format!("a person can have: {}; and --operator for the installation", fits.join(", "));
            Err(Failure::usage(format!("nobody has the right `{wrong}` in a workspace")).hint(hint))
        }
    }
}
