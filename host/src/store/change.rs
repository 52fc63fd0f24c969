//! Why a change was not made: what was asked does not fit what is stored. Nothing was written then.

use super::error::StoreError;
use super::transaction::MayContend;
use crate::domain::credential::Status;
use crate::domain::flow::{UnreadyStep, UsageExcerpt};

/// A change that was refused, or that the database could not make.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The workspace has none such.
    #[error("what was to be changed is not there")]
    NotFound,
    /// It is in none of the states that the change is meant for.
    #[error("what was to be changed is not in the expected state")]
    Unexpected,
    /// Steps, by their place, that name a component which is not installed, or a credential which is none
    /// of the workspace and the step's component.
    #[error("components or credentials are named that are not there")]
    UnknownNames { components: Vec<usize>, credentials: Vec<usize> },
    /// The flow cannot be active with these steps as they are.
    #[error("steps are not ready for an active flow")]
    Unready(Vec<UnreadyStep>),
    /// Another request with the same key has created a credential.
    #[error("the key of the request is taken")]
    RequestTaken,
    /// The step that a new credential was to be linked to is there no more.
    #[error("the step to link to is there no more")]
    LinkLost,
    /// Steps of active flows hold the credential.
    #[error("active flows use the credential")]
    InUse(UsageExcerpt),
    /// The credential is not verified.
    #[error("the credential is `{}`", .0.as_str())]
    NotVerified(Status),
    /// Flows, by their place, that do not use the credential.
    #[error("flows are named that do not use the credential")]
    Unused(Vec<usize>),
    /// The flow is not active.
    #[error("the flow is not active")]
    Inactive,
    /// The step holds no credential.
    #[error("the step holds no credential")]
    NoCredential,
    /// Credentials or steps, of any workspace, refer to the component.
    #[error("{credentials} credentials and {steps} steps refer to the component")]
    ComponentInUse { credentials: u64, steps: u64 },
    /// The component is installed with another release; empty when none is active.
    #[error("the component is installed as another release ({digest})")]
    Installed { digest: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MayContend for ChangeError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
