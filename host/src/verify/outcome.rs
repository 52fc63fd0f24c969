//! What the job ends with: a verdict with evidence, or one of the ways in which there is none.

use crate::domain::credential::{Credential, Expected, Status, UsageCount};
use crate::domain::evidence::Evidence;
use crate::domain::fields::Violation;
use crate::domain::id::ComponentId;
use crate::domain::verdict::{
    Account, DestinationRefusal, Doubt, Outcome, Rejection, Verdict, VerifierFailure,
};
use crate::keyring::KeyringError;
use crate::sandbox::Busy;
use crate::store::StoreError;

/// What one verification found, with its evidence.
#[derive(Clone, Debug)]
pub struct Verification {
    pub outcome: Outcome,
    pub evidence: Evidence,
}

/// A saved credential and what saved it.
#[derive(Clone, Debug)]
pub struct Saved {
    pub credential: Credential,
    pub verification: Verification,
}

/// A stored credential after it was verified again.
#[derive(Clone, Debug)]
pub struct Reverified {
    pub credential: Credential,
    pub verification: Verification,
}

/// A credential after it was edited.
#[derive(Clone, Debug)]
pub struct Edited {
    pub credential: Credential,
    /// None where no field changed.
    pub verification: Option<Verification>,
}

/// What an edit would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// None where no field would change.
    pub verification: Option<Verification>,
    pub changes: Changes,
    /// How many steps and flows it touches.
    pub usage: UsageCount,
}

/// What an edit changes: places, never values. A secret that is sent anew counts as changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changes {
    pub name: bool,
    /// JSON Pointers into the fields, in the order of the form.
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    /// Whether the set of destinations of the secrets is another one.
    pub destinations: bool,
}

/// Why there is no verdict, or none that lets a credential be saved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("no component `{0}` is installed")]
    UnknownComponent(ComponentId),
    #[error("no such credential")]
    NotFound,
    #[error("the fields do not follow the component's schema")]
    FieldsInvalid(Vec<Violation>),
    /// The person's destination is not allowed; before anything was sent there is no evidence.
    #[error("{}", .refusal.message)]
    DestinationRefused { refusal: DestinationRefusal, evidence: Option<Box<Evidence>> },
    #[error("the application refused the credential: {}", .rejection.message)]
    Rejected { rejection: Rejection, evidence: Box<Evidence> },
    #[error("the application could not be asked: {}", .doubt.message)]
    Undecided { doubt: Doubt, evidence: Box<Evidence> },
    #[error("the verifier failed: {failure}")]
    Failed { failure: VerifierFailure, evidence: Box<Evidence> },
    /// The stored secrets would travel further than when they were saved.
    #[error(
        "the component's release would send the stored secrets to destinations that they were not saved for"
    )]
    DestinationsGrew,
    /// The edit would take these stored secrets to destinations that they were not saved for. JSON Pointers.
    #[error("the destinations change: every stored secret has to be sent again or removed")]
    SecretsMustBeResent(Vec<String>),
    /// The edit keeps stored secrets, and who asks for it must not use them.
    #[error("stored secrets must not be used")]
    MayNotUse,
    /// The credential is not in the state that the change is meant for.
    #[error("the credential is not in the expected state")]
    Unexpected,
    /// The request's key came with another request before.
    #[error("the key of the request was used for another request")]
    KeyReused,
    /// The credential was changed or deleted while it was verified.
    #[error("the credential was changed while it was being verified")]
    Changed,
    /// The step that is to hold the credential cannot. Nothing was verified.
    #[error("the credential cannot be linked: {0}")]
    LinkRefused(Violation),
    /// The step that was to hold the credential went away while it was verified.
    #[error("the step to link to went away while the credential was being verified")]
    LinkLost,
    /// Nothing has run: our own limits are reached.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// So many verifications of this destination host failed that nothing was sent to it.
    #[error("too many verifications at `{host}` have failed; try again in {retry_after} s")]
    TooManyFailures { host: String, retry_after: u32 },
    /// The workspace has had its verifications with this component for this minute; nothing has run.
    #[error("too many verifications in one minute; try again in {retry_after} s")]
    TooOften { retry_after: u32 },
    /// Nobody waits for the outcome any more; the run was dropped.
    #[error("the caller went away before there was an outcome")]
    Cancelled,
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VerifyError {
    /// A failure before anything ran.
    pub(super) fn faulty(failure: VerifierFailure) -> Self {
        Self::Failed { failure, evidence: Box::default() }
    }

    /// What to tell where the credential changed or went away while it was verified.
    pub(super) fn moved(expected: &Expected) -> Self {
        match expected {
            Expected::Anything | Expected::Present => Self::Changed,
            Expected::Absent | Expected::Revisions(_) => Self::Unexpected,
        }
    }

    /// Whether a budget of the workspace refused it.
    pub(super) fn is_of_budget(&self) -> bool {
        matches!(self, Self::TooManyFailures { .. } | Self::TooOften { .. })
    }

    /// The stable name of the outcome, for the audit.
    pub fn outcome_name(&self) -> &'static str {
        match self {
            Self::UnknownComponent(_) => "unknown-component",
            Self::NotFound => "not-found",
            Self::FieldsInvalid(_) => "fields-invalid",
            Self::DestinationRefused { .. } => "destination-refused",
            Self::Rejected { .. } => "invalid",
            Self::Undecided { .. } => "undecided",
            Self::Failed { failure, .. } => failure.kind.as_str(),
            Self::LinkRefused(_) => "link-refused",
            Self::LinkLost => "link-lost",
            Self::DestinationsGrew => "destinations-grew",
            Self::SecretsMustBeResent(_) => "secrets-must-be-resent",
            Self::MayNotUse => "missing-right",
            Self::Unexpected => "precondition-failed",
            Self::KeyReused => "idempotency-key-reused",
            Self::Changed => "changed",
            Self::Busy(_) => "busy",
            Self::TooManyFailures { .. } => "budget",
            Self::TooOften { .. } => "rate",
            Self::Cancelled => "cancelled",
            Self::Keyring(_) | Self::Store(_) => "internal",
        }
    }
}

impl Verification {
    /// The verification if it ended with a verdict.
    ///
    /// # Errors
    /// The refused destination or the failure.
    pub(super) fn into_verdict(self) -> Result<Self, VerifyError> {
        match self.outcome {
            Outcome::Verdict(_) => Ok(self),
            Outcome::DestinationRefused(refusal) => {
                Err(VerifyError::DestinationRefused { refusal, evidence: Some(Box::new(self.evidence)) })
            }
            Outcome::Failure(failure) => {
                Err(VerifyError::Failed { failure, evidence: Box::new(self.evidence) })
            }
        }
    }

    /// Under which status a draft with this outcome is saved.
    ///
    /// # Errors
    /// It must not be saved.
    pub(super) fn status_to_save(&self, accept_unverified: bool) -> Result<Status, VerifyError> {
        let evidence = || Box::new(self.evidence.clone());
        match &self.outcome {
            Outcome::Verdict(Verdict::Valid(_)) => Ok(Status::Verified),
            Outcome::Verdict(Verdict::Undecided(_)) if accept_unverified => Ok(Status::Unverified),
            Outcome::Verdict(Verdict::Invalid(rejection)) => {
                Err(VerifyError::Rejected { rejection: rejection.clone(), evidence: evidence() })
            }
            Outcome::Verdict(Verdict::Undecided(doubt)) => {
                Err(VerifyError::Undecided { doubt: doubt.clone(), evidence: evidence() })
            }
            Outcome::DestinationRefused(_) | Outcome::Failure(_) => match self.clone().into_verdict() {
                Ok(_) => Err(VerifyError::Changed),
                Err(error) => Err(error),
            },
        }
    }

    /// Who the credential turned out to be.
    pub fn account(&self) -> Option<Account> {
        match &self.outcome {
            Outcome::Verdict(Verdict::Valid(acceptance)) => acceptance.account.clone(),
            _ => None,
        }
    }

    /// Whether the application accepted the credential.
    pub fn is_valid(&self) -> bool {
        matches!(self.outcome, Outcome::Verdict(Verdict::Valid(_)))
    }

    /// The stable name of the outcome.
    pub fn outcome_name(&self) -> &'static str {
        match &self.outcome {
            Outcome::Verdict(Verdict::Valid(_)) => "valid",
            Outcome::Verdict(Verdict::Invalid(_)) => "invalid",
            Outcome::Verdict(Verdict::Undecided(_)) => "undecided",
            Outcome::DestinationRefused(_) => "destination-refused",
            Outcome::Failure(failure) => failure.kind.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::{Acceptance, FailureKind};

    fn status(outcome: Outcome, accept_unverified: bool) -> Result<Status, &'static str> {
        let verification = Verification { outcome, evidence: Evidence::default() };
        verification.status_to_save(accept_unverified).map_err(|error| error.outcome_name())
    }

    #[test]
    fn only_what_was_accepted_or_could_not_be_asked_is_saved() {
        let doubt = || Doubt {
            reason: "unreachable".into(),
            message: String::new(),
            retry_after: None,
            extra: Vec::new(),
        };
        let rejection = || Rejection {
            reason: "rejected".into(),
            message: String::new(),
            field: None,
            extra: Vec::new(),
        };
        let refusal = || DestinationRefusal { pointer: "/baseUrl".into(), message: String::new() };
        let failure = || VerifierFailure::new(FailureKind::Unproven, "");
        for accept in [false, true] {
            let undecided = if accept { Ok(Status::Unverified) } else { Err("undecided") };
            assert_eq!(
                status(Outcome::Verdict(Verdict::Valid(Acceptance::default())), accept),
                Ok(Status::Verified)
            );
            assert_eq!(status(Outcome::Verdict(Verdict::Undecided(doubt())), accept), undecided);
            assert_eq!(status(Outcome::Verdict(Verdict::Invalid(rejection())), accept), Err("invalid"));
            assert_eq!(status(Outcome::DestinationRefused(refusal()), accept), Err("destination-refused"));
            assert_eq!(status(Outcome::Failure(failure()), accept), Err("unproven"));
        }
    }
}
