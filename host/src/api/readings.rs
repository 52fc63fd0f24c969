//! How the errors of other rooms are told: which problem they are, with which members.

use serde_json::{Value, json};

use super::auth::missing_right;
use super::error::Kind;
use super::problem::Problem;
use super::views::EvidenceView;
use crate::catalogue::ExamineError;
use crate::domain::evidence::Evidence;
use crate::domain::fields::Violation;
use crate::domain::json::JsonError;
use crate::domain::rights::Right;
use crate::domain::verdict::{DestinationRefusal, Doubt, Rejection, VerifierFailure};
use crate::install::InstallError;
use crate::sandbox::AdmissionError;
use crate::store::StoreError;
use crate::verify::VerifyError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            return Self::new(
                Kind::Unavailable,
                "The database is out of reach or too busy; try again later.",
            )
            .retry_after(Some(1))
            .caused_by(error);
        }
        Self::internal(error)
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        Self::new(Kind::JsonMalformed, format!("The body is {error}."))
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::UnknownComponent(_) => unknown_component(),
            VerifyError::NotFound => Self::not_found(),
            VerifyError::FieldsInvalid(violations) => Self::new(
                Kind::FieldsInvalid,
                "The fields do not follow the component's schema; correct what `errors` lists.",
            )
            .with_errors(&violations),
            VerifyError::DestinationRefused { refusal, evidence } => {
                destination_refused(refusal, evidence.as_deref())
            }
            VerifyError::Rejected { rejection, evidence } => rejected(rejection, &evidence),
            VerifyError::Undecided { doubt, evidence } => undecided(doubt, &evidence),
            VerifyError::Failed { failure, evidence } => failed(&failure, &evidence),
            VerifyError::DestinationsGrew => Self::new(
                Kind::SecretsMustBeResent,
                "The component's release would send the stored secrets to destinations that they were not saved for; save the credential anew, with its secrets.",
            ),
            VerifyError::SecretsMustBeResent(pointers) => must_be_resent(&pointers),
            VerifyError::MayNotUse => missing_right(
                Right::CredentialsUse,
                " that keeping stored secrets while other fields change needs",
            ),
            VerifyError::Unexpected => unexpected(),
            VerifyError::KeyReused => Self::new(
                Kind::IdempotencyKeyReused,
                "Another request with this `Idempotency-Key` has created a credential; use a new key.",
            ),
            VerifyError::Changed => Self::new(
                Kind::CredentialChanged,
                "The credential was changed or deleted while it was being verified; read it again.",
            ),
            VerifyError::LinkRefused(violation) => Self::new(
                Kind::LinkRefused,
                "`link` names no step that can hold this credential; nothing was verified.",
            )
            .with_errors(&[violation]),
            VerifyError::LinkLost => Self::new(
                Kind::LinkLost,
                "The step to link to went away while the credential was being verified; nothing was saved. Read the flow again.",
            ),
            VerifyError::Busy(busy) => Self::new(
                Kind::TooManyVerifications,
                "The service runs as many verifications as it may, and enough wait already; send the request again after `retry_after` seconds.",
            )
            .retry_after(Some(busy.retry_after)),
            VerifyError::TooManyFailures { host, retry_after } => Self::new(
                Kind::TooManyFailures,
                format!("Too many verifications at `{host}` have failed, so nothing was sent to it; try again after `retry_after` seconds, with a credential that is right."),
            )
            .with("host", host)
            .retry_after(Some(retry_after)),
            VerifyError::TooOften { retry_after } => Self::new(
                Kind::TooManyVerifications,
                "This workspace has had its verifications with this component for this minute; send the request again after `retry_after` seconds.",
            )
            .retry_after(Some(retry_after)),
            VerifyError::Cancelled => Self::new(
                Kind::TookTooLong,
                "The request was given up before the application had answered; nothing was saved.",
            ),
            VerifyError::Store(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

fn must_be_resent(pointers: &[String]) -> Problem {
    let message = "must be sent again or removed with null, since the credential's destinations change";
    let errors: Vec<Violation> = pointers.iter().map(|pointer| Violation::new(pointer, message)).collect();
    let detail = "The credential's destinations change, and stored secrets do not go along; send those that `errors` lists again, or remove them.";
    Problem::new(Kind::SecretsMustBeResent, detail).with_errors(&errors)
}

/// What is to be changed is in another state than the request is meant for.
pub(super) fn unexpected() -> Problem {
    let detail = "It is in none of the states that `If-Match` names; read it again.";
    Problem::new(Kind::PreconditionFailed, detail)
}

/// The component that a draft names is not installed, or could not even be.
pub(super) fn unknown_component() -> Problem {
    let detail = "No component with this id is installed; `GET /v1/components` lists those that are.";
    let error = Violation::new("/component", "names no installed component");
    Problem::new(Kind::UnknownComponent, detail).with_errors(&[error])
}

fn destination_refused(refusal: DestinationRefusal, evidence: Option<&Evidence>) -> Problem {
    let DestinationRefusal { pointer, message } = refusal;
    let problem = Problem::new(Kind::DestinationRefused, message.clone())
        .with("field", pointer.clone())
        .with_errors(&[Violation::new(pointer, message)]);
    match evidence {
        Some(evidence) => problem.with("evidence", told(evidence)),
        None => problem,
    }
}

fn rejected(rejection: Rejection, evidence: &Evidence) -> Problem {
    Problem::new(Kind::CredentialRejected, rejection.message)
        .with("reason", rejection.reason)
        .with("field", rejection.field)
        .with("evidence", told(evidence))
}

fn undecided(doubt: Doubt, evidence: &Evidence) -> Problem {
    Problem::new(Kind::VerificationUndecided, doubt.message)
        .with("reason", doubt.reason)
        .retry_after(doubt.retry_after)
        .with("evidence", told(evidence))
}

fn failed(failure: &VerifierFailure, evidence: &Evidence) -> Problem {
    let kind = if failure.kind.is_timeout() { Kind::VerifierLate } else { Kind::VerifierFailed };
    Problem::new(kind, failure.detail.clone())
        .with("failure", failure.kind.as_str())
        .with("evidence", told(evidence))
}

fn told(evidence: &Evidence) -> Value {
    json!(EvidenceView::from(evidence))
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Examine(ExamineError::Admission(error)) => {
                refused(&error, &admission_errors(&error))
            }
            InstallError::Examine(ExamineError::Descriptor(violations)) => {
                refused(&"its descriptor breaks the contract", &violations)
            }
            InstallError::Examine(ExamineError::Describe(failure)) => {
                refused(&format!("its `describe` failed: {failure}"), &[])
                    .with("failure", failure.kind.as_str())
            }
            InstallError::Conflict { component, digest } => Self::new(
                Kind::ComponentInstalled,
                format!("Component `{component}` is installed already, as another release ({digest})."),
            )
            .with("component", component.as_str())
            .with("digest", digest),
            InstallError::Change(error) => error.into(),
            error @ InstallError::Examine(ExamineError::Interrupted) => Self::internal(error),
        }
    }
}

fn refused(why: &dyn std::fmt::Display, errors: &[Violation]) -> Problem {
    Problem::new(Kind::PluginRefused, format!("The plugin was not installed: {why}.")).with_errors(errors)
}

/// One error for each name, so that an author sees them all.
fn admission_errors(error: &AdmissionError) -> Vec<Violation> {
    let each = |names: &[String], what: &str| {
        names.iter().map(|name| Violation::new("", format!("{what} `{name}`"))).collect()
    };
    match error {
        AdmissionError::UnknownImports(names) => each(names, "imports what no plugin gets:"),
        AdmissionError::MissingExports(names) => each(names, "does not export"),
        other => vec![Violation::new("", other.to_string())],
    }
}
