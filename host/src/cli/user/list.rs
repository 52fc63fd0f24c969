//! `keystead user list`.

use clap::Args;

use super::super::Exit;
use super::super::options::{ConfigOption, DatabaseOptions};
use super::super::table::Table;
use super::means;
use crate::accounts;
use crate::boot;
use crate::domain::user::{Membership, Purpose};

/// Lists the people: name, state, workspaces with rights
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead user list")]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = boot::open_existing(&database).await?;
        let users = accounts::list_users(&means(&store)).await;
        let invited = accounts::list_invited(&means(&store)).await;
        store.close().await;
        let users = users?.into_iter().map(|user| {
            let state = if user.has_password { "active" } else { "reset" };
            row(user.name.as_str(), state, user.operator, &user.memberships)
        });
        let invited = invited?.into_iter().filter_map(|invitation| match &invitation.purpose {
            Purpose::Invited { name: Some(name) } => {
                Some(row(name.as_str(), "invited", invitation.operator, invitation.membership.as_slice()))
            }
            _ => None,
        });
        Table::new().print(&users.chain(invited).collect::<Vec<_>>())?;
        Ok(Exit::Done)
    }
}

fn row(name: &str, state: &str, operator: bool, memberships: &[Membership]) -> [String; 4] {
    let places: Vec<String> = memberships
        .iter()
        .map(|membership| {
            let rights: Vec<&str> = membership.rights.iter().map(|right| right.as_str()).collect();
            format!("{} ({})", membership.workspace, rights.join(", "))
        })
        .collect();
    let role = if operator { "operator" } else { "member" };
    [name.to_owned(), state.to_owned(), role.to_owned(), places.join("; ")]
}
