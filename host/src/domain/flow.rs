//! The platform's flows: which component each step talks to, and with which credential.

use jiff::Timestamp;

use super::id::{ComponentId, CredentialId, FlowId, StepId, WorkspaceId};

/// A flow with its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub id: FlowId,
    pub workspace: WorkspaceId,
    pub name: String,
    /// Whether the platform runs it. Then every step that needs a credential has one.
    pub active: bool,
    /// In the order that the platform gave.
    pub steps: Vec<Step>,
    /// Grows by one with each change of anything.
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub id: StepId,
    pub component: ComponentId,
    /// Follows from the component.
    pub needs_credential: bool,
    /// One of the same workspace and component.
    pub credential: Option<CredentialId>,
}

/// A flow as an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSummary {
    pub id: FlowId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub active: bool,
    pub step_count: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A step that holds a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub flow: FlowId,
    /// The flow's name.
    pub name: String,
    pub step: StepId,
    /// Whether the flow is active.
    pub active: bool,
}

/// The first of many usages, by flow and step, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageExcerpt {
    pub first: Vec<Usage>,
    pub total: u64,
}

/// Usages that an excerpt holds at most.
pub const EXCERPT: u32 = 20;

/// A step because of which its flow cannot be active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadyStep {
    pub id: StepId,
    pub component: ComponentId,
    pub credential: Option<CredentialId>,
    pub reason: Unready,
}

/// Why a step cannot do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// Its component needs a credential, and it has none.
    CredentialMissing,
    /// The application refused its credential.
    Rejected,
    /// A person has to authorize its credential again.
    ReauthorizationRequired,
}

impl Unready {
    /// The text used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialMissing => "credential-missing",
            Self::Rejected => "rejected",
            Self::ReauthorizationRequired => "reauthorization_required",
        }
    }
}

/// The step that a new credential is to be linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub flow: FlowId,
    pub step: StepId,
}
