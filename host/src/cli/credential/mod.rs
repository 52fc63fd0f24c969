//! `keystead credential`: the stored credentials, at a running service.

mod delete;
mod list;
mod replace;
mod show;
mod usages;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Exit;
use super::answer::number;

/// Credentials: what is stored, and which flows use it
#[derive(Args)]
pub(super) struct Credential {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Usages(usages::Usages),
    Delete(delete::Delete),
    Replace(replace::Replace),
}

impl Credential {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::List(command) => command.run().await,
            Command::Show(command) => command.run().await,
            Command::Usages(command) => command.run().await,
            Command::Delete(command) => command.run().await,
            Command::Replace(command) => command.run().await,
        }
    }
}

/// How many steps hold a credential: `2 active, 1 inactive`, or `-`.
fn usage(credential: &Value) -> String {
    let counts = [("/usage/active", "active"), ("/usage/inactive", "inactive")]
        .map(|(pointer, word)| (number(credential, pointer), word));
    let told: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}
