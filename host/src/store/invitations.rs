//! One-time links: who may make a user, or choose a new password. Only the SHA-256 of a link's token is stored.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::dialect;
use super::error::StoreError;
use super::row::Place;
use super::sessions::{self, NewSession};
use super::transaction::{Access, MayContend, Store, Tx};
use super::users;
use crate::domain::id::UserId;
use crate::domain::user::{Invitation, PasswordHash, Purpose, UserName};

/// An invitation to be stored.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    pub invitation: Invitation,
    pub created_at: Timestamp,
}

/// Why a link did not do its work. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// It was used, replaced, or is over.
    #[error("the link was used already or is over")]
    Gone,
    /// Another user has the name.
    #[error("the name is taken")]
    NameTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MayContend for AcceptError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl Store {
    /// Stores an invitation in the place of an earlier one for the same. False, and no audit record, for one
    /// of [`Purpose::First`] when there is a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the user exists, or the workspace does not.
    pub async fn insert_invitation(
        &self,
        new: NewInvitation,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => insert(tx, &new, &audit).await)
    }

    /// Takes a user's password away, ends their sessions, and stores an invitation to choose another one; or
    /// gives the open invitation of that name another hash. The audit record gets the user as its subject.
    /// False, and no record, when there is neither.
    pub async fn reset_user(
        &self,
        name: &UserName,
        hash: [u8; 32],
        expires_at: Timestamp,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        write_tx!(self, Access::Jobs, tx => reset(tx, name, hash, expires_at, &audit).await)
    }

    /// The invitations of named persons that are open at `now`, by name.
    pub async fn list_invited(&self, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
        read_tx!(self, Access::Jobs, tx => list_invited(tx, now).await)
    }

    /// The invitation with this hash; none when it is unknown, used, or over at `now`.
    pub async fn find_invitation(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        read_tx!(self, Access::Jobs, tx => find(tx, hash, now).await)
    }

    /// Uses an invitation up: makes its user, or gives its user the new password, and opens the session. Of
    /// several at once one succeeds. The session's user is the new one, or the one whose password it is.
    ///
    /// # Errors
    /// [`AcceptError`].
    pub async fn accept_invitation(
        &self,
        hash: &[u8; 32],
        name: &UserName,
        password: &PasswordHash,
        session: NewSession,
        audit: AuditRecord,
    ) -> Result<(), AcceptError> {
        write_tx!(self, Access::Jobs, tx => accept(tx, hash, name, password, &session, &audit).await)
    }
}

async fn insert(tx: &mut Tx, new: &NewInvitation, record: &AuditRecord) -> Result<bool, StoreError> {
    const BY_NAME: &str = "SELECT COUNT(*) FROM users WHERE folded_name = $1";
    match &new.invitation.purpose {
        Purpose::First if users::any(tx).await? => return Ok(false),
        Purpose::Invited { name: Some(name) } => {
            let found: i64 =
                on!(tx, c => sqlx::query_scalar(BY_NAME).bind(name.folded()).fetch_one(c).await?);
            if found > 0 {
                return Err(StoreError::Conflict(format!("user `{name}` exists already")));
            }
        }
        _ => {}
    }
    write(tx, new).await?;
    audit::insert(tx, record).await?;
    Ok(true)
}

/// Writes an invitation in the place of an earlier one.
async fn write(tx: &mut Tx, new: &NewInvitation) -> Result<(), StoreError> {
    const REPLACE: &str = "DELETE FROM invitations
         WHERE (kind = 'first' AND $1 = 'first') OR folded_name = $2 OR user_id = $3";
    const INSERT: &str = "INSERT INTO invitations
         (hash, kind, user_id, name, folded_name, operator, workspace, rights, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let invitation = &new.invitation;
    let (kind, user, name) = match &invitation.purpose {
        Purpose::First => ("first", None, None),
        Purpose::Invited { name } => ("invited", None, name.as_ref()),
        Purpose::Reset { user, .. } => ("reset", Some(user.as_str()), None),
    };
    let folded = name.map(UserName::folded);
    on!(tx, c => sqlx::query(REPLACE)
        .bind(kind)
        .bind(folded.as_deref())
        .bind(user)
        .execute(c).await?.rows_affected());
    let workspace = invitation.membership.as_ref().map(|membership| membership.workspace.as_str());
    let rights = invitation.membership.as_ref().map(users::rights_text).transpose()?;
    let outcome = on!(tx, c => sqlx::query(INSERT)
        .bind(&new.hash[..])
        .bind(kind)
        .bind(user)
        .bind(name.map(UserName::as_str))
        .bind(folded.as_deref())
        .bind(invitation.operator)
        .bind(workspace)
        .bind(rights.as_deref())
        .bind(new.created_at.as_millisecond())
        .bind(invitation.expires_at.as_millisecond())
        .execute(c).await.map(|_| ()));
    outcome.map_err(|error| match workspace {
        Some(workspace) if dialect::is_missing_reference(&error) => StoreError::Conflict(format!(
            "workspace `{workspace}` does not exist; create it with `keystead workspace create {workspace}`"
        )),
        _ => dialect::rerun_if_refused(error),
    })
}

async fn reset(
    tx: &mut Tx,
    name: &UserName,
    hash: [u8; 32],
    expires_at: Timestamp,
    record: &AuditRecord,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE users SET password = NULL, failed_sign_ins = 0, blocked_until = NULL
         WHERE folded_name = $1 RETURNING id";
    let id: Option<String> =
        on!(tx, c => sqlx::query_scalar(UPDATE).bind(name.folded()).fetch_optional(c).await?);
    let Some(id) = id else { return renew(tx, name, hash, expires_at, record).await };
    let user: UserId = Place { table: "users", row: &id }.parse("id", &id)?;
    sessions::delete_all(tx, &user).await?;
    let purpose = Purpose::Reset { user, name: name.clone() };
    let invitation = Invitation { purpose, operator: false, membership: None, expires_at };
    write(tx, &NewInvitation { hash, invitation, created_at: record.at }).await?;
    audit::insert(tx, &AuditRecord { subject: Some(id), ..record.clone() }).await?;
    Ok(true)
}

/// Gives an open invitation another hash, and time again.
async fn renew(
    tx: &mut Tx,
    name: &UserName,
    hash: [u8; 32],
    expires_at: Timestamp,
    record: &AuditRecord,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE invitations SET hash = $2, created_at = $3, expires_at = $4
         WHERE folded_name = $1";
    let found = on!(tx, c => sqlx::query(UPDATE)
        .bind(name.folded())
        .bind(&hash[..])
        .bind(record.at.as_millisecond())
        .bind(expires_at.as_millisecond())
        .execute(c).await?.rows_affected())
        == 1;
    if found {
        audit::insert(tx, record).await?;
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    user_id: Option<String>,
    name: Option<String>,
    operator: bool,
    workspace: Option<String>,
    rights: Option<String>,
    expires_at: i64,
}

async fn find(tx: &mut Tx, hash: &[u8; 32], now: Timestamp) -> Result<Option<Invitation>, StoreError> {
    const SELECT: &str =
        "SELECT i.kind, i.user_id, COALESCE(u.name, i.name) AS name, i.operator, i.workspace,
                i.rights, i.expires_at
         FROM invitations i LEFT JOIN users u ON u.id = i.user_id
         WHERE i.hash = $1 AND i.expires_at > $2";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(&hash[..])
        .bind(now.as_millisecond())
        .fetch_optional(c).await?);
    row.map(Row::read).transpose()
}

async fn list_invited(tx: &mut Tx, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
    const SELECT: &str =
        "SELECT kind, user_id, name, operator, workspace, rights, expires_at FROM invitations
         WHERE folded_name IS NOT NULL AND expires_at > $1 ORDER BY folded_name";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT).bind(now.as_millisecond()).fetch_all(c).await?);
    rows.into_iter().map(Row::read).collect()
}

impl Row {
    fn read(self) -> Result<Invitation, StoreError> {
        let place = Place { table: "invitations", row: &self.kind };
        let name = self.name.as_deref().map(|name| place.parse("name", name)).transpose()?;
        let purpose = match (self.kind.as_str(), self.user_id.as_deref(), name) {
            ("first", None, None) => Purpose::First,
            ("invited", None, name) => Purpose::Invited { name },
            ("reset", Some(user), Some(name)) => Purpose::Reset { user: place.parse("user_id", user)?, name },
            _ => return Err(place.corrupt("kind")),
        };
        let membership = match (self.workspace, self.rights) {
            (Some(workspace), Some(rights)) => Some(users::read_membership(&place, &workspace, &rights)?),
            _ => None,
        };
        let expires_at = place.time("expires_at", self.expires_at)?;
        Ok(Invitation { purpose, operator: self.operator, membership, expires_at })
    }
}

async fn accept(
    tx: &mut Tx,
    hash: &[u8; 32],
    name: &UserName,
    password: &PasswordHash,
    session: &NewSession,
    record: &AuditRecord,
) -> Result<(), AcceptError> {
    let invitation = find(tx, hash, record.at).await?.ok_or(AcceptError::Gone)?;
    // Whoever deletes it has it: another one waits for the row, and finds it gone.
    let taken = on!(tx, c => sqlx::query("DELETE FROM invitations WHERE hash = $1")
        .bind(&hash[..])
        .execute(c).await.map_err(StoreError::from)?.rows_affected());
    if taken == 0 {
        return Err(AcceptError::Gone);
    }
    match &invitation.purpose {
        Purpose::First if users::any(tx).await? => return Err(AcceptError::Gone),
        Purpose::Reset { user, .. } => choose_password(tx, user, password).await?,
        Purpose::First => create(tx, name, password, &invitation, session).await?,
        Purpose::Invited { name: given } => {
            create(tx, given.as_ref().unwrap_or(name), password, &invitation, session).await?;
        }
    }
    sessions::insert(tx, session).await?;
    Ok(audit::insert(tx, record).await?)
}

async fn choose_password(tx: &mut Tx, user: &UserId, password: &PasswordHash) -> Result<(), AcceptError> {
    const UPDATE: &str = "UPDATE users SET password = $2, failed_sign_ins = 0, blocked_until = NULL
         WHERE id = $1";
    let found = on!(tx, c => sqlx::query(UPDATE)
        .bind(user.as_str())
        .bind(password.as_str())
        .execute(c).await.map_err(StoreError::from)?.rows_affected());
    if found == 0 {
        return Err(AcceptError::Gone);
    }
    sessions::delete_all(tx, user).await?;
    Ok(())
}

async fn create(
    tx: &mut Tx,
    name: &UserName,
    password: &PasswordHash,
    invitation: &Invitation,
    session: &NewSession,
) -> Result<(), AcceptError> {
    const INSERT: &str = "INSERT INTO users (id, name, folded_name, password, operator, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    const NO_FIRST: &str = "DELETE FROM invitations WHERE kind = 'first'";
    let outcome = on!(tx, c => sqlx::query(INSERT)
        .bind(session.user.as_str())
        .bind(name.as_str())
        .bind(name.folded())
        .bind(password.as_str())
        .bind(invitation.operator)
        .bind(session.created_at.as_millisecond())
        .execute(c).await.map(|_| ()));
    outcome.map_err(|error| {
        if dialect::is_taken(&error) { AcceptError::NameTaken } else { StoreError::from(error).into() }
    })?;
    if let Some(membership) = &invitation.membership {
        users::insert_membership(tx, &session.user, membership, session.created_at).await?;
    }
    // There is a user now: the link for the first one opens nothing any more.
    on!(tx, c => sqlx::query(NO_FIRST).execute(c).await.map_err(StoreError::from)?.rows_affected());
    Ok(())
}
