//! `keystead token`: API tokens, written to the database directly.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::options::{ConfigOption, DatabaseOptions};
use super::{Exit, output};
use crate::boot;
use crate::domain::clock::{Clock as _, SystemClock, SystemEntropy};
use crate::domain::id::WorkspaceId;
use crate::domain::rights::{Right, Scope};

/// API tokens
#[derive(Args)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Create(Create),
}

/// Creates an API token and prints it, alone, on standard output
///
/// It is shown this once; only its hash is stored. Works on the database directly, also while the service
/// runs. A new SQLite database gets its tables first; on PostgreSQL run `keystead migrate` or `keystead
/// serve` before.
#[derive(Args)]
#[command(after_help = "\
Rights of a workspace token: credentials:read, credentials:write, credentials:use, flows:read, \
flows:write, runtime, components:read, audit:read, admin. Rights of an installation token: \
components:install, components:consent, components:read, workspaces:write, operator.

Examples:
  keystead token create --workspace default --rights credentials:read,runtime
  keystead token create --workspace default --rights admin --expires 30d
  keystead token create --installation --rights operator")]
#[command(group = clap::ArgGroup::new("scope").required(true))]
struct Create {
    /// The workspace that the token opens
    #[arg(long, value_name = "ID", group = "scope")]
    workspace: Option<WorkspaceId>,
    /// A token for the installation: components and workspaces, nothing inside a workspace
    #[arg(long, group = "scope")]
    installation: bool,
    /// What the token allows, separated by commas
    #[arg(long, value_name = "RIGHTS", value_delimiter = ',', required = true)]
    rights: Vec<Right>,
    /// When it stops working: a duration such as `30d` (s, m, h, d or w), or a time such as
    /// `2030-01-01T00:00:00Z` [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Token {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Command::Create(command) = self.command;
        command.run().await
    }
}

impl Create {
    async fn run(mut self) -> anyhow::Result<Exit> {
        self.rights.sort_unstable();
        self.rights.dedup();
        let scope = match self.workspace {
            Some(workspace) => Scope::Workspace(workspace),
            None => Scope::Installation,
        };
        check_rights(&scope, &self.rights)?;
        let expires_at =
            self.expires.as_deref().map(|text| read_expiry(text, SystemClock.now())).transpose()?;
        let database = self.database.merge(&mut self.config.load()?);
        let store = boot::open_for_commands(&database).await?;
        let token =
            boot::mint_token(&store, scope, self.rights, expires_at, &SystemClock, &SystemEntropy).await;
        store.close().await;
        output::hand_over(&token?).context("the token was made, but could not be printed; create another")?;
        Ok(Exit::Done)
    }
}

/// Refuses rights that a token of this kind cannot hold, and lists those that it can.
fn check_rights(scope: &Scope, rights: &[Right]) -> Result<(), Failure> {
    let (kind, fits): (_, fn(Right) -> bool) = match scope {
        Scope::Workspace(_) => ("a workspace", Right::is_for_workspaces),
        Scope::Installation => ("an installation", Right::is_for_installation),
    };
    match rights.iter().find(|right| !fits(**right)) {
        None => Ok(()),
        Some(right) => {
            let allowed: Vec<&str> =
                Right::all().into_iter().filter(|right| fits(*right)).map(Right::as_str).collect();
            let message = format!("{kind} token cannot hold the right `{right}`");
            Err(Failure::usage(message).hint(format!("{kind} token can hold: {}", allowed.join(", "))))
        }
    }
}

/// A duration from `now`, or a time; in the future.
fn read_expiry(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let told = || {
        Failure::usage(format!("`{}` is no time for --expires", output::plain(text)))
            .hint("give a duration such as `30d`, or a time in the future such as `2030-01-01T00:00:00Z`")
    };
    let at = match read_duration(text) {
        Some(duration) => now.checked_add(duration).map_err(|_| told())?,
        None => text.parse().map_err(|_| told())?,
    };
    if at > now { Ok(at) } else { Err(told()) }
}

/// A whole number and a unit: s, m, h, d or w.
fn read_duration(text: &str) -> Option<SignedDuration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let number: i64 = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    number.checked_mul(unit).map(SignedDuration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn durations_and_times_are_read() {
        for (text, expected) in [
            ("30d", "2026-01-31T00:00:00Z"),
            ("1w", "2026-01-08T00:00:00Z"),
            ("90s", "2026-01-01T00:01:30Z"),
            ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(read_expiry(text, now()).unwrap(), expected.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn times_that_have_passed_or_make_no_sense_are_refused() {
        for text in ["", "d", "0d", "-1d", "+1d", "1y", "30", "2025-12-31T00:00:00Z", "99999999999999w", "1ü"]
        {
            assert!(read_expiry(text, now()).is_err(), "{text}");
        }
    }

    #[test]
    fn rights_of_the_other_kind_are_refused_with_those_that_fit() {
        let failure = check_rights(&Scope::Installation, &[Right::CredentialsRead]).unwrap_err();
        assert!(failure.to_string().contains("`credentials:read`"), "{failure}");
        assert!(check_rights(&Scope::Installation, &[Right::Operator, Right::ComponentsRead]).is_ok());
        let workspace = Scope::Workspace(WorkspaceId::default_workspace());
        assert!(check_rights(&workspace, &[Right::ComponentsInstall]).is_err());
        assert!(check_rights(&workspace, &[Right::Admin, Right::ComponentsRead]).is_ok());
    }
}
