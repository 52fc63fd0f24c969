//! How a command ends, and how a failure is told: `error: …` with its causes in one line, below it what is
//! wrong in detail, and, where somebody can do something, `hint: …`.

use std::fmt;
use std::process::ExitCode;

use super::{output, refusal};
use crate::boot::{Age, BootError, KeyProblem};
use crate::client::ClientError;
use crate::config::{ConfigError, ROOT_KEY_VARIABLE};
use crate::keyring::KeyringError;
use crate::store::StoreError;

/// How a command ended. The numbers are part of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `verify`: the credential is valid.
    Done,
    /// Refused, or the credential is invalid.
    Refused,
    /// Wrong usage: an option, a file that cannot be read, a setting.
    Usage,
    /// Nobody can say, or somebody cannot be reached.
    Undecided,
    /// A fault of the plugin.
    PluginFault,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Undecided => 3,
            Exit::PluginFault => 4,
        })
    }
}

/// A failure that knows its exit code and perhaps what to do.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure that ends the command with `exit`.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), details: Vec::new(), hint: None }
    }

    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something was refused.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// The same failure with what is wrong in detail, a line each.
    pub(super) fn details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    /// The same failure with a sentence that says what to do.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Tells a failure and says how the command ends.
pub(super) fn tell(error: &anyhow::Error) -> Exit {
    let (exit, hint) = judge(error);
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    output::note(format_args!("error: {}", output::plain(&causes.join(": "))));
    for detail in details(error) {
        output::note(format_args!("  {}", output::plain_line(&detail)));
    }
    if let Some(hint) = hint {
        output::note(format_args!("\nhint: {hint}"));
    }
    exit
}

fn details(error: &anyhow::Error) -> Vec<String> {
    let told = error.chain().find_map(|cause| {
        let of_failure = cause.downcast_ref::<Failure>().map(|failure| failure.details.clone());
        of_failure.or_else(|| match cause.downcast_ref::<ClientError>() {
            Some(ClientError::Problem(problem)) => Some(refusal::lines(problem)),
            _ => None,
        })
    });
    told.unwrap_or_default()
}

fn judge(error: &anyhow::Error) -> (Exit, Option<String>) {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return (failure.exit, failure.hint.clone());
        }
        if cause.is::<ConfigError>() {
            return (Exit::Usage, None);
        }
        if let Some(store) = cause.downcast_ref::<StoreError>() {
            return (judge_store(store), None);
        }
        if let Some(client) = cause.downcast_ref::<ClientError>() {
            return judge_client(client);
        }
        match cause.downcast_ref::<BootError>() {
            Some(BootError::Key(problem)) => return judge_key(problem),
            Some(BootError::NoDatabase(_)) => return (Exit::Usage, Some(NO_DATABASE.to_owned())),
            Some(BootError::Store(store)) => return (judge_store(store), None),
            Some(BootError::Sandbox(_) | BootError::Egress(_) | BootError::Budgets(_)) => {
                return (Exit::Usage, None);
            }
            _ => {}
        }
    }
    (Exit::Refused, None)
}

const NO_DATABASE: &str = "name its folder with --data-dir, or another database with --database-url; `keystead serve` makes a new one";

fn judge_key(problem: &KeyProblem) -> (Exit, Option<String>) {
    const RIGHT: &str = "give the key that this database was started with, no other opens what is stored";
    let made = format!(
        "`(umask 077 && keystead key generate > root.key)` makes one; give it with --root-key-file root.key or in \
         {ROOT_KEY_VARIABLE}, and keep a copy apart from the database"
    );
    let advice = match problem.age {
        Age::New => made,
        Age::Existing => RIGHT.to_owned(),
        Age::Unknown => format!("{RIGHT}; for a new database, {made}"),
    };
    match &problem.error {
        KeyringError::GivenTwice(_) => {
            (Exit::Usage, Some(format!("unset {ROOT_KEY_VARIABLE}, or leave --root-key-file away")))
        }
        KeyringError::NotGiven => (Exit::Usage, Some(advice)),
        KeyringError::InvalidKey(_) => (Exit::Refused, Some(advice)),
        KeyringError::FileMissing(_) if problem.age == Age::Existing => {
            (Exit::Refused, Some(format!("put it back from its backup, or {RIGHT}")))
        }
        KeyringError::FileMissing(_) => (Exit::Refused, Some(advice)),
        _ => (Exit::Refused, None),
    }
}

fn judge_store(error: &StoreError) -> Exit {
    if error.is_unavailable() { Exit::Undecided } else { Exit::Refused }
}

fn judge_client(error: &ClientError) -> (Exit, Option<String>) {
    match error {
        ClientError::Server(_) => (Exit::Usage, None),
        ClientError::NoToken | ClientError::InvalidToken => (
            Exit::Usage,
            Some(
                "put one into the environment as KEYSTEAD_TOKEN; `keystead token create` makes one"
                    .to_owned(),
            ),
        ),
        ClientError::Unreachable { .. } => (
            Exit::Undecided,
            Some("name the service with --server, or start it with `keystead serve`".to_owned()),
        ),
        ClientError::Problem(problem) if problem.status >= 500 => (Exit::Undecided, None),
        ClientError::Problem(problem) => (Exit::Refused, refusal::hint(problem)),
        ClientError::NotKeystead(_) | ClientError::Tls => (Exit::Refused, None),
    }
}
