//! What an operator does with users. Nobody but the person ever knows a password: an operator hands out
//! links at which it is chosen.

use jiff::SignedDuration;
use serde_json::json;

use super::means::Means;
use super::ticket::Ticket;
use crate::domain::secret::Secret;
use crate::domain::user::{Invitation, Membership, Purpose, User, UserName};
use crate::store::{NewInvitation, StoreError};

/// How long the link of an invitation works.
const INVITED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long the link to a new password works.
const RESET: SignedDuration = SignedDuration::from_hours(24);

/// Invites a person: the token of their one-time link, in the place of an earlier one for the same name.
///
/// # Errors
/// [`StoreError::Conflict`] when the user exists already, or the workspace does not.
pub async fn invite(
    means: &Means<'_>,
    name: &UserName,
    membership: Membership,
    operator: bool,
) -> Result<Secret, StoreError> {
    let now = means.clock.now();
    let rights: Vec<&str> = membership.rights.iter().map(|right| right.as_str()).collect();
    let detail = json!({
        "name": name.as_str(),
        "operator": operator,
        "workspace": membership.workspace.as_str(),
        "rights": rights,
    });
    let ticket = Ticket::generate(means.entropy);
    let invitation = Invitation {
        purpose: Purpose::Invited { name: Some(name.clone()) },
        operator,
        membership: Some(membership),
        expires_at: now + INVITED,
    };
    let new = NewInvitation { hash: ticket.hash, invitation, created_at: now };
    means.store.insert_invitation(new, means.audit("user.invite", "invited", detail)).await?;
    Ok(ticket.text)
}

/// Takes a user's password away and ends their sessions: the token of a one-time link at which they choose
/// another one. For a person who is invited only: a new link in the place of the old one. None when there is
/// neither.
pub async fn reset_user(means: &Means<'_>, name: &UserName) -> Result<Option<Secret>, StoreError> {
    let ticket = Ticket::generate(means.entropy);
    let expires_at = means.clock.now() + RESET;
    let record = means.audit("user.reset", "reset", json!({}));
    let found = means.store.reset_user(name, ticket.hash, expires_at, record).await?;
    Ok(found.then_some(ticket.text))
}

/// Removes a user with their sessions, or withdraws the invitation of that name. False when there is neither.
pub async fn remove_user(means: &Means<'_>, name: &UserName) -> Result<bool, StoreError> {
    let record = means.audit("user.remove", "removed", json!({ "name": name.as_str() }));
    means.store.remove_user(&name.folded(), record).await
}

/// All users, by name.
pub async fn list_users(means: &Means<'_>) -> Result<Vec<User>, StoreError> {
    means.store.list_users().await
}

/// Open invitations of named persons, by name.
pub async fn list_invited(means: &Means<'_>) -> Result<Vec<Invitation>, StoreError> {
    means.store.list_invited(means.clock.now()).await
}
