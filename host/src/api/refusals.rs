//! How refused changes are told. Which pointers the refused names stand at, the handler knows.

use serde_json::{Value, json};

use super::error::Kind;
use super::problem::Problem;
use super::readings::unexpected;
use super::usage_views::group;
use crate::domain::fields::Violation;
use crate::domain::flow::{Unready, UnreadyStep, UsageExcerpt};
use crate::lease::LeaseError;
use crate::store::ChangeError;

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::not_found(),
            ChangeError::Unexpected => unexpected(),
            ChangeError::Unready(steps) => unready(&steps),
            ChangeError::InUse(usages) => in_use(&usages),
            ChangeError::NotVerified(status) => Self::new(
                Kind::CredentialNotVerified,
                format!(
                    "The credential that is to take over is `{}`; verify it first, or send `accept_unverified`.",
                    status.as_str()
                ),
            )
            .with("credential_status", status.as_str()),
            ChangeError::Inactive => Self::new(
                Kind::FlowInactive,
                "The flow is not active; credentials are leased to active flows alone.",
            ),
            ChangeError::NoCredential => {
                Self::new(Kind::StepWithoutCredential, "The step holds no credential that could be leased.")
            }
            ChangeError::ComponentInUse { credentials, steps } => Self::new(
                Kind::ComponentInUse,
                format!(
                    "{} and {} refer to the component; delete them first.",
                    count(credentials, "credential"),
                    count(steps, "step")
                ),
            )
            .with("credentials", credentials)
            .with("steps", steps),
            ChangeError::Store(error) => error.into(),
            // The handlers that can meet these read them before.
            error @ (ChangeError::UnknownNames { .. }
            | ChangeError::Unused(_)
            | ChangeError::LinkLost
            | ChangeError::RequestTaken
            | ChangeError::Installed { .. }) => Self::internal(error),
        }
    }
}

impl From<LeaseError> for Problem {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Refused(error) => error.into(),
            LeaseError::Unreadable(error) => error.into(),
        }
    }
}

/// Credentials that are none of the workspace and the component.
pub(super) fn unknown_credentials(pointers: impl IntoIterator<Item = String>) -> Problem {
    let message = "names no credential of this component";
    let errors: Vec<_> = pointers.into_iter().map(|at| Violation::new(at, message)).collect();
    let detail =
        "A step holds a credential of its own component and workspace; `errors` lists what names none such.";
    Problem::new(Kind::UnknownCredential, detail).with_errors(&errors)
}

/// Components that are not installed, and perhaps credentials that are not there.
pub(super) fn unknown_components(
    components: impl IntoIterator<Item = String>,
    credentials: impl IntoIterator<Item = String>,
) -> Problem {
    let component = |at| Violation::new(at, "names no installed component");
    let credential = |at| Violation::new(at, "names no credential of this component");
    let errors: Vec<_> =
        components.into_iter().map(component).chain(credentials.into_iter().map(credential)).collect();
    let detail = "A step's component must be installed; `GET /v1/components` lists those that are.";
    Problem::new(Kind::UnknownComponent, detail).with_errors(&errors)
}

fn in_use(usages: &UsageExcerpt) -> Problem {
    let steps = count(usages.total, "step");
    let detail = format!(
        "{steps} of active flows use{} the credential: {}. Give them another one, or deactivate or delete the flows; then delete it.",
        if usages.total == 1 { "s" } else { "" },
        in_words(usages)
    );
    Problem::new(Kind::CredentialInUse, detail)
        .with("flows", json!(group(&usages.first)))
        .with("total", usages.total)
}

/// At most five flows in a sentence; the document lists more.
fn in_words(usages: &UsageExcerpt) -> String {
    let groups = group(&usages.first);
    let named: Vec<String> = groups.iter().take(5).map(|flow| flow.in_words()).collect();
    let shown: usize = groups.iter().take(5).map(|flow| flow.steps()).sum();
    let more = usages.total.saturating_sub(shown as u64);
    let rest = if more == 0 { String::new() } else { format!(", and {} more", count(more, "step")) };
    named.join(", ") + &rest
}

fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn unready(steps: &[UnreadyStep]) -> Problem {
    let in_words = |step: &UnreadyStep| {
        let why = match step.reason {
            Unready::CredentialMissing => "has no credential",
            Unready::Rejected => "holds a credential that the application refused",
            Unready::ReauthorizationRequired => "holds a credential that a person has to authorize again",
        };
        format!("step `{}` {why}", step.id)
    };
    let mut words: Vec<String> = steps.iter().take(5).map(in_words).collect();
    if steps.len() > words.len() {
        words.push(format!("{} more are not ready", steps.len() - words.len()));
    }
    let listed: Vec<Value> = steps
        .iter()
        .map(|step| {
            json!({
                "id": step.id, "component": step.component, "credential": step.credential,
                "reason": step.reason.as_str(),
            })
        })
        .collect();
    let detail = format!("The flow cannot be active: {}. Choose credentials for them.", words.join(", "));
    Problem::new(Kind::FlowNotReady, detail).with("steps", listed)
}
