//! `keystead token`: API tokens, written to the database directly.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::options::{ConfigOption, DatabaseOptions};
use super::place::open_or_make;
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
Rights of a workspace token, each for its own workspace alone:
  credentials:read    read and list credentials and their usages, without their secrets
  credentials:write   verify, save and delete credentials; replace them, together with flows:write
  credentials:use     verify a saved credential again
  components:read     read what is installed; every token may do so
  admin               all of the above and below, in this workspace
  flows:read          read and list flows
  flows:write         put, activate, deactivate and delete flows, and choose credentials for their steps
  runtime             lease the credentials of active flows, secrets included
  audit:read          for calls that do not exist yet

Rights of an installation token, which open nothing inside a workspace:
  components:install  install components, together with components:consent; remove them
  components:consent  agree to what a component asks for
  components:read     read what is installed; every token may do so
  operator            all of the above and below, for the whole installation
  workspaces:write    for calls that do not exist yet

Examples:
  keystead token create --workspace default --rights credentials:read
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
    /// What the token allows, separated by commas; the rights are listed below
    #[arg(long, value_name = "RIGHTS", required = true, value_parser = read_rights)]
    rights: Vec<Rights>,
    /// When it stops working: a duration such as `30d` (s, m, h, d or w), a day such as `2030-01-01`
    /// (its beginning, UTC), or a time such as `2030-01-01T00:00:00Z` [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

/// The rights that one `--rights` names.
#[derive(Clone)]
struct Rights(Vec<Right>);

impl Token {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Command::Create(command) = self.command;
        command.run().await
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<Exit> {
        let mut rights: Vec<Right> = self.rights.into_iter().flat_map(|rights| rights.0).collect();
        rights.sort_unstable();
        rights.dedup();
        let scope = match self.workspace {
            Some(workspace) => Scope::Workspace(workspace),
            None => Scope::Installation,
        };
        check_rights(&scope, &rights)?;
        let expires_at =
            self.expires.as_deref().map(|text| read_expiry(text, SystemClock.now())).transpose()?;
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = open_or_make(&database).await?;
        let token = boot::mint_token(&store, scope, rights, expires_at, &SystemClock, &SystemEntropy).await;
        store.close().await;
        output::hand_over(&token?).context("the token was made, but could not be printed; create another")?;
        Ok(Exit::Done)
    }
}

/// Reads the rights that are separated by commas; all that are unknown are told at once.
fn read_rights(text: &str) -> Result<Rights, String> {
    let names = text.split(',').map(str::trim);
    let (known, unknown): (Vec<_>, Vec<_>) =
        names.map(|name| name.parse().map_err(|_| name)).partition(Result::is_ok);
    let unknown: Vec<String> = unknown
        .into_iter()
        .filter_map(Result::err)
        .map(|name| format!("`{}`", output::plain(name)))
        .collect();
    let verb = match unknown.len() {
        0 => return Ok(Rights(known.into_iter().filter_map(Result::ok).collect())),
        1 => "is not a right",
        _ => "are not rights",
    };
    let all = Right::all().map(Right::as_str).join(", ");
    Err(format!("{} {verb}; known ones: {all}", unknown.join(", ")))
}

/// Refuses rights that a token of this kind cannot hold, and lists those that it can.
fn check_rights(scope: &Scope, rights: &[Right]) -> Result<(), Failure> {
    let (kind, fits): (_, fn(Right) -> bool) = match scope {
        Scope::Workspace(_) => ("a workspace", Right::is_for_workspaces),
        Scope::Installation => ("an installation", Right::is_for_installation),
    };
    let wrong: Vec<String> =
        rights.iter().filter(|right| !fits(**right)).map(|right| format!("`{right}`")).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let allowed: Vec<&str> =
        Right::all().into_iter().filter(|right| fits(*right)).map(Right::as_str).collect();
    let noun = if wrong.len() == 1 { "right" } else { "rights" };
    let message = format!("{kind} token cannot hold the {noun} {}", wrong.join(", "));
    Err(Failure::usage(message).hint(format!("{kind} token can hold: {}", allowed.join(", "))))
}

/// A duration from `now`, a day or a time; in the future.
fn read_expiry(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    const HINT: &str =
        "give a duration such as `30d`, a day such as `2030-01-01`, or a time such as `2030-01-01T00:00:00Z`";
    let shown = output::plain(text);
    let unreadable = || Failure::usage(format!("`{shown}` is no time for --expires")).hint(HINT);
    let at = match read_duration(text) {
        Some(duration) if duration.is_zero() => return Err(unreadable()),
        Some(duration) => now.checked_add(duration).map_err(|_| unreadable())?,
        None => text.parse().ok().or_else(|| read_day(text)).ok_or_else(unreadable)?,
    };
    if at > now {
        return Ok(at);
    }
    Err(Failure::usage(format!("`{shown}` lies in the past: the token would never work")).hint(HINT))
}

/// The beginning of a day, UTC.
fn read_day(text: &str) -> Option<Timestamp> {
    // Longer texts hold a time of day, which must not be passed over.
    let day: Date = text.parse().ok().filter(|_| text.len() == "2030-01-01".len())?;
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
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
            ("2027-01-02", "2027-01-02T00:00:00Z"),
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
    fn time_that_has_passed_is_called_so() {
        for text in ["2025-12-31", "2025-12-31T00:00:00Z"] {
            assert!(read_expiry(text, now()).unwrap_err().to_string().contains("lies in the past"), "{text}");
        }
        assert!(read_expiry("2027-01-02T10:00", now()).is_err(), "no zone");
    }

    #[test]
    fn rights_are_read_with_blanks_and_all_unknown_ones_are_told() {
        assert_eq!(read_rights("admin , runtime").unwrap().0, [Right::Admin, Right::Runtime]);
        let told = read_rights("admin, all,every").err().unwrap();
        assert!(told.starts_with("`all`, `every` are not rights; known ones: credentials:read"), "{told}");
        assert!(read_rights("").err().unwrap().starts_with("`` is not a right"));
    }

    #[test]
    fn help_says_what_each_right_opens() {
        use clap::Subcommand as _;
        let mut command = Command::augment_subcommands(clap::Command::new("token"));
        let create = command.find_subcommand_mut("create").unwrap();
        let help = create.render_long_help().to_string();
        for right in Right::all() {
            let line = help.lines().find(|line| line.starts_with(&format!("  {right} ")));
            assert!(line.is_some(), "{right}");
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
