//! `keystead key`: root keys.

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{Exit, output};
use crate::domain::clock::SystemEntropy;
use crate::keyring::RootKey;

/// Root keys
#[derive(Args)]
pub(super) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a root key and prints it, alone, on standard output
    ///
    /// Keep it apart from the database: without it no credential can be opened again.
    #[command(after_help = "Examples:\n  (umask 077 && keystead key generate > root.key)")]
    Generate,
}

impl Key {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let Command::Generate = self.command;
        output::hand_over(&RootKey::generate(&SystemEntropy).to_text()).context("cannot print the key")?;
        Ok(Exit::Done)
    }
}
