//! `keystead flow`: the platform's flows, at a running service.

mod choose;
mod delete;
mod list;
mod put;
mod show;
mod switch;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::answer::{list, text};
use super::{Exit, answer};

/// Flows: which component each step talks to, and with which credential
#[derive(Args)]
pub(super) struct Flow {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Put(put::Put),
    Choose(choose::Choose),
    Activate(switch::Activate),
    Deactivate(switch::Deactivate),
    Delete(delete::Delete),
}

impl Flow {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::List(command) => command.run().await,
            Command::Show(command) => command.run().await,
            Command::Put(command) => command.run().await,
            Command::Choose(command) => command.run().await,
            Command::Activate(command) => command.run().await,
            Command::Deactivate(command) => command.run().await,
            Command::Delete(command) => command.run().await,
        }
    }
}

/// What a flow is, in one line: `flow orders (Orders), inactive, 3 steps`.
fn summary(flow: &Value) -> String {
    let steps = answer::count(list(flow, "/steps").len() as u64, "step");
    format!("flow {} ({}), {}, {steps}", text(flow, "/id"), text(flow, "/name"), answer::state(flow))
}

/// What a step holds: a credential's id, `missing`, or `none needed`.
fn holding(step: &Value) -> String {
    match (step["credential"].as_str(), step["needs_credential"].as_bool()) {
        (Some(_), _) => text(step, "/credential"),
        (None, Some(false)) => "none needed".to_owned(),
        (None, _) => "missing".to_owned(),
    }
}
