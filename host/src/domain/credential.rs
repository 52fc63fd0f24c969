//! The public view of a credential.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::evidence::ReleaseRef;
use super::id::{ComponentId, CredentialId, WorkspaceId};
use super::verdict::Account;

/// Longest name of a credential or a flow, in characters.
pub const NAME: usize = 200;

/// Whether a text can be a name: 1 to 200 characters, no control characters, not only spaces.
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME && !text.chars().any(char::is_control)
}

/// Whether the real system accepted a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The real system accepted it.
    Verified,
    /// Nobody could say when it was saved.
    Unverified,
    /// The real system refused it at a later verification.
    Rejected,
    /// A person has to authorize again (OAuth2).
    ReauthorizationRequired,
}

impl Status {
    /// The text used in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Rejected => "rejected",
            Self::ReauthorizationRequired => "reauthorization_required",
        }
    }

    /// The status with this text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Verified, Self::Unverified, Self::Rejected, Self::ReauthorizationRequired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Which state of a credential or a flow a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is when the change is made.
    Anything,
    /// Whatever it is, if it is there.
    Present,
    /// None: it is not there yet.
    Absent,
    /// One of these revisions; with none of them, no state at all.
    Revisions(Vec<i64>),
}

impl Expected {
    /// Whether a credential of this revision is meant.
    pub fn holds(&self, revision: i64) -> bool {
        match self {
            Self::Anything | Self::Present => true,
            Self::Absent => false,
            Self::Revisions(revisions) => revisions.contains(&revision),
        }
    }

    /// The revision that the credential must still have when the change is written, of those that it may
    /// have had when it was read.
    pub fn pin(&self, revision: i64) -> Option<i64> {
        matches!(self, Self::Revisions(_)).then_some(revision)
    }
}

/// The longest key of a request that may be sent again, in characters.
pub const IDEMPOTENCY_KEY: usize = 255;

/// A client's name for a request that it may send again: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key with this text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=IDEMPOTENCY_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many steps hold a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCount {
    /// Steps of active flows.
    pub active: u64,
    /// Steps of inactive flows.
    pub inactive: u64,
    /// Active flows that those steps belong to.
    pub active_flows: u64,
}

/// A stored credential without its secrets.
#[derive(Clone, Debug)]
pub struct Credential {
    pub id: CredentialId,
    pub workspace: WorkspaceId,
    pub component: ComponentId,
    pub name: String,
    pub status: Status,
    pub account: Option<Account>,
    /// The fields that the schema does not mark as secret.
    pub public_fields: Map<String, Value>,
    /// JSON Pointers of the secret fields that are stored.
    pub secrets: Vec<String>,
    /// The origins that its secrets may travel to, sorted.
    pub destinations: Vec<String>,
    /// Grows by one with each change of the fields, which are sealed with it.
    pub version: i64,
    /// Grows by one with each change of its own: name, fields, what a verification found; not with its use.
    pub revision: i64,
    /// The release that verified it last, or that it was saved under.
    pub release: ReleaseRef,
    pub usage: UsageCount,
    pub verified_at: Option<Timestamp>,
    /// When a flow was given its fields last, to the minute.
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
