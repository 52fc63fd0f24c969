//! One-time links: the first user's, and how an invited person chooses name and password.

use jiff::SignedDuration;
use serde_json::json;

use super::means::Means;
use super::password::{self, HashingFailed, WeakPassword};
use super::session::{self, SignedIn};
use super::ticket::{self, Ticket};
use crate::app::{Actor, App};
use crate::domain::clock::random_array;
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::rights::Right;
use crate::domain::secret::Secret;
use crate::domain::user::{InvalidName, Invitation, Membership, Purpose, UserName};
use crate::store::{AcceptError as Refusal, NewInvitation, StoreError};

/// How long the first user's link works.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

/// Why nobody was made a user.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The link was used, replaced, or is over.
    #[error("This link was used already or is too old. Ask for a new one.")]
    Gone,
    /// Another user has the name.
    #[error("This name is taken. Choose another one.")]
    NameTaken,
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The password may not be chosen; the text is a sentence for the person.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for AcceptError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Gone => Self::Gone,
            Refusal::NameTaken => Self::NameTaken,
            Refusal::Store(error) => Self::Store(error),
        }
    }
}

/// While there is no user: the token of a new one-time link, in the place of an earlier one, for whoever
/// shall be the first user: an operator with all rights in workspace `default`. None when there is a user.
pub async fn first_link(app: &App) -> Result<Option<Secret>, StoreError> {
    let means = Means::of(app);
    let now = app.clock.now();
    if app.store.has_users().await? {
        return Ok(None);
    }
    let membership = Membership { workspace: WorkspaceId::default_workspace(), rights: vec![Right::Admin] };
    let invitation = Invitation {
        purpose: Purpose::First,
        operator: true,
        membership: Some(membership),
        expires_at: now + FIRST,
    };
    let ticket = Ticket::generate(&*app.entropy);
    let new = NewInvitation { hash: ticket.hash, invitation, created_at: now };
    let record = means.audit("user.invite", "first", json!({}));
    Ok(app.store.insert_invitation(new, record).await?.then_some(ticket.text))
}

/// What the link with this token does; none when it was used, replaced, or is over.
pub async fn find_invitation(app: &App, token: &str) -> Result<Option<Invitation>, StoreError> {
    match ticket::parse(token) {
        Some(hash) => app.store.find_invitation(&hash, app.clock.now()).await,
        None => Ok(None),
    }
}

/// Uses a link up, exactly once: makes the user, or sets their new password, and signs them in. Where the
/// invitation has a name, `name` is not looked at.
///
/// # Errors
/// [`AcceptError`]; the link goes on working then.
pub async fn accept(app: &App, token: &str, name: &str, password: Secret) -> Result<SignedIn, AcceptError> {
    let hash = ticket::parse(token).ok_or(AcceptError::Gone)?;
    let invitation = app.store.find_invitation(&hash, app.clock.now()).await?.ok_or(AcceptError::Gone)?;
    let name: UserName = match invitation.name() {
        Some(name) => name.clone(),
        None => name.parse()?,
    };
    password::check(&password, &name)?;
    let password = app.accounts.passwords.hash(password, random_array(&*app.entropy)).await?;
    let (user, action, outcome) = match invitation.purpose {
        Purpose::Reset { user, .. } => (user, "user.password", "chosen"),
        _ => (UserId::generate(&*app.clock, &*app.entropy), "user.create", "created"),
    };
    let (ticket, new) = session::prepare(app, &user);
    let detail = json!({ "name": name.as_str(), "session": new.id.as_str() });
    let record = app.audit_record(&Actor::User(user.clone()), None, action, user.as_str(), outcome, detail);
    app.store.accept_invitation(&hash, &name, &password, new, record).await?;
    session::begin(app, ticket).await?.ok_or(AcceptError::Gone)
}
