//! `keystead user`: people who sign in to the web pages, written to the database directly.

mod add;
mod list;
mod remove;
mod reset;

use clap::{Args, Subcommand};
use url::Url;

use super::failure::Failure;
use super::{Exit, output};
use crate::accounts::Means;
use crate::domain::clock::{SystemClock, SystemEntropy};
use crate::domain::secret::Secret;
use crate::domain::user::UserName;
use crate::store::Store;

/// People who sign in to the web pages
#[derive(Args)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(add::Add),
    List(list::List),
    Reset(reset::Reset),
    Remove(remove::Remove),
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Add(command) => command.run().await,
            Command::List(command) => command.run().await,
            Command::Reset(command) => command.run().await,
            Command::Remove(command) => command.run().await,
        }
    }
}

/// Where people find the web pages.
#[derive(Args)]
struct PagesOption {
    /// Where browsers find the service, for the link that is printed [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", env = "KEYSTEAD_PUBLIC_URL", value_parser = pages_url)]
    public_url: Option<Url>,
}

impl PagesOption {
    /// Prints a one-time link, alone, on standard output.
    fn hand_over(&self, token: &Secret) -> std::io::Result<()> {
        let base = self.public_url.as_ref().map_or("http://127.0.0.1:8080", Url::as_str);
        output::result_with(&format!("{}/welcome?token={{}}", base.trim_end_matches('/')), token)
    }
}

/// Reads the address of the web pages.
fn pages_url(text: &str) -> Result<Url, String> {
    let is_origin = |url: &Url| {
        let plain = url.username().is_empty() && url.password().is_none() && url.path() == "/";
        matches!(url.scheme(), "http" | "https") && plain && url.query().is_none() && url.fragment().is_none()
    };
    let url = text.parse().ok().filter(is_origin);
    url.ok_or_else(|| "give a scheme and a host alone, such as `https://keystead.example.com`".to_owned())
}

/// What an operator's deeds need, at a command line.
fn means(store: &Store) -> Means<'_> {
    Means { store, clock: &SystemClock, entropy: &SystemEntropy }
}

fn nobody(name: &UserName) -> Failure {
    Failure::refused(format!("there is no user `{name}`")).hint("`keystead user list` names them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_pages_are_an_origin() {
        for text in ["http://127.0.0.1:8080", "https://keystead.example.com/", "http://[::1]:8080"] {
            assert!(pages_url(text).is_ok(), "{text}");
        }
        for text in ["", "keystead", "ftp://x", "https://x/y", "https://u:p@x", "https://x?y", "https://x#y"]
        {
            assert!(pages_url(text).is_err(), "{text}");
        }
    }
}
