//! Signing in with a name and a password, and changing the password.

use jiff::Timestamp;
use serde_json::json;

use super::attempts::{MEMORY, wait_after};
use super::password::{self, HashingFailed, WeakPassword};
use super::session::{self, SignedIn};
use super::ticket;
use crate::app::{Actor, App};
use crate::domain::clock::random_array;
use crate::domain::id::UserId;
use crate::domain::secret::Secret;
use crate::domain::user::{PasswordHash, Session, UserName};
use crate::store::{Attempt, Candidate, StoreError};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// One sentence for a name that nobody has and for a wrong password: it must not tell which names exist.
    #[error("The name or the password is not right.")]
    Wrong,
    /// Too many failures of this name, whether somebody has it or not.
    #[error("Signing in has failed too often. Try again in {retry_after} seconds.")]
    Blocked {
        /// Seconds, rounded up.
        retry_after: u64,
    },
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The old one is another one.
    #[error("The present password is not right.")]
    Wrong,
    /// Too many failures, those of signing in among them.
    #[error("The present password was wrong too often. Try again in {retry_after} seconds.")]
    Blocked {
        /// Seconds, rounded up.
        retry_after: u64,
    },
    /// The new one may not be chosen; the text is a sentence for the person.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SignInError> for PasswordError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Wrong,
            SignInError::Blocked { retry_after } => Self::Blocked { retry_after },
            SignInError::Hashing(error) => Self::Hashing(error),
            SignInError::Store(error) => Self::Store(error),
        }
    }
}

/// Signs a person in. What was typed is recorded nowhere: the audit has the user, if the name is one's.
///
/// # Errors
/// [`SignInError`].
pub async fn sign_in(app: &App, name: &str, password: Secret) -> Result<SignedIn, SignInError> {
    const ACTION: &str = "user.sign-in";
    let (user, stored) = prove(app, ACTION, name, password).await?;
    let (ticket, new) = session::prepare(app, &user);
    let detail = json!({ "session": new.id.as_str() });
    let record =
        app.audit_record(&Actor::User(user.clone()), None, ACTION, user.as_str(), "signed-in", detail);
    // Changed or taken away in between: it was the password no more.
    if !app.store.sign_in(&stored, new, record).await? {
        return Err(refuse(app, ACTION, Some(&user)).await?);
    }
    session::begin(app, ticket).await?.ok_or(SignInError::Wrong)
}

/// Changes the password of a session's person, ends all their sessions and begins a new one.
///
/// # Errors
/// [`PasswordError`]; a wrong old password counts as a failure to sign in.
pub async fn change_password(
    app: &App,
    session: &Session,
    old: Secret,
    new: Secret,
) -> Result<SignedIn, PasswordError> {
    const ACTION: &str = "user.password";
    password::check(&new, &session.name)?;
    let (user, stored) = prove(app, ACTION, session.name.as_str(), old).await?;
    // Removed, and somebody else has the name now.
    if user != session.user {
        return Err(PasswordError::Wrong);
    }
    let hash = app.accounts.passwords.hash(new, random_array(&*app.entropy)).await?;
    let (ticket, new) = session::prepare(app, &user);
    let detail = json!({ "session": new.id.as_str() });
    let record = app.audit_record(&session.actor(), None, ACTION, user.as_str(), "changed", detail);
    if !app.store.change_password(&stored, &hash, new, record).await? {
        return Err(refuse(app, ACTION, Some(&user)).await?.into());
    }
    session::begin(app, ticket).await?.ok_or(PasswordError::Wrong)
}

/// Who has this name and this password. The attempt counts as failed until a session is opened.
async fn prove(
    app: &App,
    action: &'static str,
    name: &str,
    password: Secret,
) -> Result<(UserId, PasswordHash), SignInError> {
    let now = app.clock.now();
    let known: Result<UserName, _> = name.parse();
    let attempt = match &known {
        Ok(name) => app.store.begin_attempt(&name.folded(), now, wait_after, MEMORY).await?,
        Err(_) => Attempt::Unknown,
    };
    let (user, stored) = match attempt {
        Attempt::Counted(Candidate { id, password, .. }) => (Some(id), password),
        Attempt::Blocked { user, until } => return Err(block(app, action, Some(&user), name, until).await?),
        Attempt::Unknown => match app.accounts.strangers.begin(key(name), now) {
            Some(until) => return Err(block(app, action, None, name, until).await?),
            None => (None, None),
        },
    };
    let matches = app.accounts.passwords.matches(password, stored.clone()).await?;
    match (user, stored) {
        (Some(user), Some(stored)) if matches => Ok((user, stored)),
        (user, _) => Err(refuse(app, action, user.as_ref()).await?),
    }
}

/// A name without what does not tell it apart, as a key that cannot be read back.
fn key(name: &str) -> [u8; 32] {
    ticket::hash(&name.trim().to_ascii_lowercase())
}

async fn refuse(app: &App, action: &'static str, user: Option<&UserId>) -> Result<SignInError, StoreError> {
    record(app, action, user, "refused").await?;
    Ok(SignInError::Wrong)
}

async fn block(
    app: &App,
    action: &'static str,
    user: Option<&UserId>,
    name: &str,
    until: Timestamp,
) -> Result<SignInError, StoreError> {
    if app.accounts.strangers.is_news(key(name), until) {
        record(app, action, user, "blocked").await?;
    }
    let left = until.duration_since(app.clock.now()).as_millis().max(1);
    Ok(SignInError::Blocked { retry_after: u64::try_from(left).unwrap_or_default().div_ceil(1000) })
}

/// Records a failure. Nobody is known to have acted.
async fn record(
    app: &App,
    action: &'static str,
    user: Option<&UserId>,
    outcome: &str,
) -> Result<(), StoreError> {
    let mut record = app.audit_record(&Actor::Operator, None, action, "", outcome, json!({}));
    record.subject = user.map(ToString::to_string);
    app.store.record_audit(record).await
}
