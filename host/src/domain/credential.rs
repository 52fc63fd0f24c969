//! The public view of a credential.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::evidence::ReleaseRef;
use super::id::{ComponentId, CredentialId, WorkspaceId};
use super::verdict::Account;

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
    /// Grows by one with each change of the fields.
    pub version: i64,
    /// The release that verified it last, or that it was saved under.
    pub release: ReleaseRef,
    pub verified_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
