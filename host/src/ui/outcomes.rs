//! What a verification ended with, in sentences for the person who typed the credential.

use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::texts::{TEXTS, fill};
use crate::api::Problem;
use crate::domain::fields::Violation;
use crate::domain::verdict::{Outcome as Found, Verdict};
use crate::sandbox::Busy;
use crate::verify::{Verification, VerifyError};

/// The note on top of a form or a credential's page.
pub(super) struct Outcome {
    /// Name in the style sheet.
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    /// The id of a control where there is one, and a sentence.
    pub(super) errors: Vec<(Option<String>, String)>,
}

/// Why something was not saved.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// Seconds, where the service itself asks to wait.
    pub(super) retry_after: Option<u32>,
    pub(super) outcome: Outcome,
    /// What belongs to a field.
    pub(super) violations: Vec<Violation>,
    /// Nobody could say: it may be saved all the same.
    pub(super) is_doubtful: bool,
}

impl Outcome {
    fn bad(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: "bad", sign: "✕", title: title.into(), text: text.into(), errors: Vec::new() }
    }

    fn doubtful(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: "warn", sign: "?", ..Self::bad(title, text) }
    }
}

/// Tells why a credential was not saved.
///
/// # Errors
/// What no form can tell: the credential or the component is gone, or the fault is ours.
pub(super) fn refuse(error: VerifyError, component: &str) -> Result<Refused, Problem> {
    let named = |text| fill(text, &[("component", &component)]);
    let mut violations = Vec::new();
    let mut is_doubtful = false;
    let title = match &error {
        VerifyError::FieldsInvalid(found) => {
            violations.clone_from(found);
            TEXTS.outcome_fields.to_owned()
        }
        VerifyError::DestinationRefused { refusal, .. } => {
            violations.push(Violation::new(&refusal.pointer, &refusal.message));
            TEXTS.outcome_fields.to_owned()
        }
        VerifyError::SecretsMustBeResent(pointers) => {
            violations = pointers.iter().map(|at| Violation::new(at, TEXTS.resend_secret)).collect();
            TEXTS.outcome_fields.to_owned()
        }
        VerifyError::Rejected { rejection, .. } => {
            violations = rejection.field.iter().map(|at| Violation::new(at, &rejection.message)).collect();
            named(TEXTS.outcome_rejected)
        }
        VerifyError::Undecided { .. } => {
            is_doubtful = true;
            named(TEXTS.outcome_undecided)
        }
        VerifyError::Failed { .. } => TEXTS.outcome_failed.to_owned(),
        VerifyError::Busy(_) | VerifyError::TooOften { .. } => TEXTS.outcome_busy.to_owned(),
        VerifyError::TooManyFailures { .. } => TEXTS.outcome_too_many_failures.to_owned(),
        VerifyError::UnknownComponent(_)
        | VerifyError::NotFound
        | VerifyError::Keyring(_)
        | VerifyError::Store(_)
        | VerifyError::Cancelled => return Err(error.into()),
        _ => TEXTS.outcome_refused.to_owned(),
    };
    let is_about_fields = title == TEXTS.outcome_fields;
    let changed = matches!(error, VerifyError::Unexpected | VerifyError::Changed);
    let text_of_wait = match &error {
        VerifyError::Busy(Busy { retry_after }) | VerifyError::TooOften { retry_after } => {
            Some(fill(TEXTS.outcome_busy_text, &[("wait", &in_words(*retry_after))]))
        }
        VerifyError::TooManyFailures { host, retry_after } => Some(fill(
            TEXTS.outcome_too_many_failures_text,
            &[("host", host), ("wait", &in_words(*retry_after))],
        )),
        _ => None,
    };
    let is_busy = text_of_wait.is_some();
    let problem = Problem::from(error);
    let retry_after = problem.seconds_to_wait().filter(|_| is_busy);
    let text = match problem.detail() {
        // It is told with its field.
        _ if !violations.is_empty() || is_about_fields => String::new(),
        _ if changed => TEXTS.changed_meanwhile.to_owned(),
        _ if is_busy => text_of_wait.unwrap_or_default(),
        detail if is_doubtful => fill(TEXTS.outcome_undecided_text, &[("reason", &detail)]),
        detail => detail.to_owned(),
    };
    let outcome =
        if is_doubtful || is_busy { Outcome::doubtful(title, text) } else { Outcome::bad(title, text) };
    Ok(Refused { status: problem.kind().row().status, retry_after, outcome, violations, is_doubtful })
}

/// A page that says when to come again, to programs too.
pub(super) fn with_wait(mut page: Response, retry_after: Option<u32>) -> Response {
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    page
}

/// A time to wait, rounded up.
fn in_words(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Tells what a verification of a stored credential found; none where it is as it should be.
pub(super) fn tell(verification: &Verification, component: &str) -> Option<Outcome> {
    let named = |text| fill(text, &[("component", &component)]);
    match &verification.outcome {
        Found::Verdict(Verdict::Valid(_)) => None,
        Found::Verdict(Verdict::Invalid(rejection)) => {
            Some(Outcome::bad(named(TEXTS.now_invalid), &rejection.message))
        }
        Found::Verdict(Verdict::Undecided(doubt)) => {
            let text = fill(TEXTS.outcome_undecided_stored, &[("reason", &doubt.message)]);
            Some(Outcome::doubtful(named(TEXTS.outcome_undecided), text))
        }
        Found::DestinationRefused(refusal) => {
            Some(Outcome::bad(TEXTS.outcome_not_verified, &refusal.message))
        }
        Found::Failure(failure) => Some(Outcome::bad(TEXTS.outcome_failed, &failure.detail)),
    }
}
