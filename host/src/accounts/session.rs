//! Sessions: a cookie opens one, only its hash is stored.

use jiff::SignedDuration;
use serde_json::json;

use super::ticket::{self, Ticket};
use crate::app::{Actor, App};
use crate::domain::id::{SessionId, UserId};
use crate::domain::secret::Secret;
use crate::domain::user::{Session, SessionView};
use crate::store::{NewSession, StoreError};

/// A session ends when it was not in use for so long.
pub const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// A session ends after so long even if it is in use.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How exactly the time of the last use is kept: not every page that is read writes.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

/// A session that has just begun.
pub struct SignedIn {
    /// 256 random bits as text, to be set as the cookie; nowhere else from now on.
    pub cookie: Secret,
    pub session: Session,
}

impl Session {
    /// Who acts, for the audit.
    pub fn actor(&self) -> Actor {
        Actor::User(self.user.clone())
    }
}

/// A session to be stored, and its cookie.
pub(super) fn prepare(app: &App, user: &UserId) -> (Ticket, NewSession) {
    let ticket = Ticket::generate(&*app.entropy);
    let now = app.clock.now();
    let session = NewSession {
        id: SessionId::generate(&*app.clock, &*app.entropy),
        user: user.clone(),
        hash: ticket.hash,
        created_at: now,
        expires_at: now + LIFETIME,
    };
    (ticket, session)
}

/// The session that was stored; none when its user has been removed at once.
pub(super) async fn begin(app: &App, ticket: Ticket) -> Result<Option<SignedIn>, StoreError> {
    let session = app.store.find_session(&ticket.hash, app.clock.now(), IDLE).await?;
    Ok(session.map(|session| SignedIn { cookie: ticket.text, session }))
}

/// Whose session a cookie opens; none when it is unknown or over. Notes the use, at most once a minute.
pub async fn find_session(app: &App, cookie: &str) -> Result<Option<Session>, StoreError> {
    let Some(hash) = ticket::parse(cookie) else { return Ok(None) };
    let now = app.clock.now();
    let found = app.store.find_session(&hash, now, IDLE).await?;
    if let Some(session) = &found
        && session.last_seen_at <= now - PRECISION
    {
        app.store.touch_session(&session.id, now, now - PRECISION).await?;
    }
    Ok(found)
}

/// Ends a session.
pub async fn sign_out(app: &App, session: &Session) -> Result<(), StoreError> {
    let detail = json!({ "session": session.id.as_str() });
    let record = app.audit_record(
        &session.actor(),
        None,
        "user.sign-out",
        session.user.as_str(),
        "signed-out",
        detail,
    );
    app.store.end_session(&session.id, record).await
}

/// Ends all sessions of a session's person, this one too; how many there were.
pub async fn sign_out_everywhere(app: &App, session: &Session) -> Result<u64, StoreError> {
    let user = session.user.as_str();
    let record = app.audit_record(&session.actor(), None, "user.sign-out", user, "everywhere", json!({}));
    app.store.end_sessions(&session.user, record).await
}

/// The sessions of a session's person, the newest first; the present one is that with the same id.
pub async fn list_sessions(app: &App, session: &Session) -> Result<Vec<SessionView>, StoreError> {
    app.store.list_sessions(&session.user, app.clock.now(), IDLE).await
}
