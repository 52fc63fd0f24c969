//! The command line: a switchboard, one file for each subcommand. Results go to standard output,
//! everything else to standard error.

mod answer;
mod consent;
mod credential;
mod demo;
mod doctor;
mod failure;
mod flow;
mod holders;
mod key;
mod listing;
mod migrate;
mod openapi;
mod options;
mod output;
mod place;
mod plugin;
mod progress;
mod refusal;
mod serve;
mod signals;
mod table;
mod token;
mod user;
mod verify;
mod workspace;

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use failure::Exit;

/// Keeps the credentials of an integration platform; saves one only after the real system accepted it
#[derive(Parser)]
#[command(name = "keystead", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 refused or invalid, 2 wrong usage, 3 undecided or unreachable, 4 a fault of the plugin"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Plugin(plugin::Plugin),
    Verify(verify::Verify),
    Credential(credential::Credential),
    Flow(flow::Flow),
    Workspace(workspace::Workspace),
    User(user::User),
    Token(token::Token),
    Key(key::Key),
    Migrate(migrate::Migrate),
    Openapi(openapi::Openapi),
}

impl Cli {
    /// Reads the command line and the environment; where they are wrong, says so and ends the process.
    pub fn read() -> Self {
        let mut command = without_empty_variables(Self::command());
        let matches = command.get_matches_mut();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// A variable that is set but empty counts as not given, as deployments often write it.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}

/// Does what the command line says; a failure is told on standard error.
pub fn run(cli: Cli) -> ExitCode {
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(dispatch(cli.command)));
    match done {
        Ok(exit) => exit.into(),
        Err(error) => failure::tell(&error).into(),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(command) => command.run().await,
        Command::Demo(command) => command.run().await,
        Command::Doctor(command) => command.run().await,
        Command::Plugin(command) => command.run().await,
        Command::Verify(command) => command.run().await,
        Command::Credential(command) => command.run().await,
        Command::Flow(command) => command.run().await,
        Command::Workspace(command) => command.run().await,
        Command::User(command) => command.run().await,
        Command::Token(command) => command.run().await,
        Command::Key(command) => command.run(),
        Command::Migrate(command) => command.run().await,
        Command::Openapi(command) => command.run(),
    }
}
