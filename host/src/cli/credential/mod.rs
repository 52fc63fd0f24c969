//! `keystead credential`: the stored credentials, at a running service.

mod delete;
mod list;
mod replace;
mod show;
mod usages;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Exit;
use super::answer::{count, number};

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

/// How many steps of active and of inactive flows hold a credential, where there are any.
fn usage(credential: &Value) -> Vec<(u64, &'static str)> {
    let counts = [("/usage/active", "active"), ("/usage/inactive", "inactive")];
    let counts = counts.map(|(pointer, word)| (number(credential, pointer), word));
    counts.into_iter().filter(|(steps, _)| *steps > 0).collect()
}

/// The same for a table: `2 active, 1 inactive`, or `-`.
fn usage_in_short(credential: &Value) -> String {
    let told: Vec<String> = usage(credential).iter().map(|(steps, word)| format!("{steps} {word}")).collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

/// The same in words: `2 steps of active flows and 1 step of inactive flows`, or `no step`.
fn usage_in_words(credential: &Value) -> String {
    let told = usage(credential);
    let told: Vec<String> =
        told.iter().map(|(steps, word)| format!("{} of {word} flows", count(*steps, "step"))).collect();
    if told.is_empty() { "no step".to_owned() } else { told.join(" and ") }
}
