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

/// How many steps hold a credential, for a table: `2 active, 1 inactive`, or `-`.
fn usage_in_short(credential: &Value) -> String {
    let [active, inactive] = usage(credential);
    let told = [(active, format!("{active} active")), (inactive, format!("{inactive} inactive"))];
    join(told, ", ").unwrap_or_else(|| "-".to_owned())
}

/// The same in words: `2 steps of 1 active flow and 1 step of inactive flows`, or `no step`.
fn usage_in_words(credential: &Value) -> String {
    let [active, inactive] = usage(credential);
    let flows = count(number(credential, "/usage/active_flows"), "active flow");
    let told = [
        (active, format!("{} of {flows}", count(active, "step"))),
        (inactive, format!("{} of inactive flows", count(inactive, "step"))),
    ];
    join(told, " and ").unwrap_or_else(|| "no step".to_owned())
}

/// How many steps of active and of inactive flows hold a credential.
fn usage(credential: &Value) -> [u64; 2] {
    ["/usage/active", "/usage/inactive"].map(|pointer| number(credential, pointer))
}

/// What is told of those numbers that are not 0.
fn join(told: [(u64, String); 2], between: &str) -> Option<String> {
    let told: Vec<String> =
        told.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text).collect();
    (!told.is_empty()).then(|| told.join(between))
}
