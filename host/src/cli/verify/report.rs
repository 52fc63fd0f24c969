//! What a dry run found, for people and for machines. Everything in it is redacted already.

use std::io;

use serde_json::{Value, json};

use super::super::{Exit, output};
use crate::catalogue::Examined;
use crate::domain::evidence::{Evidence, Exchange};
use crate::domain::verdict::{FailureKind, Outcome, Verdict};
use crate::sandbox::Call;
use crate::verify::{Verification, VerifyError};

/// One run.
pub(super) struct Finding {
    pub(super) result: Result<Verification, VerifyError>,
    pub(super) transcript: Vec<Call>,
    pub(super) control: Option<Control>,
}

/// What the run with wrong secrets showed.
pub(super) enum Control {
    /// They were refused, as they must be.
    Refused,
    /// They were accepted: the verifier does not check.
    Accepted,
    /// It did not come to a verdict; the word says how it ended.
    Undecided(&'static str),
    /// There is no secret that could be wrong.
    NoSecrets,
    /// The run with the right secrets was not valid.
    NotRun,
}

impl Control {
    /// What a run with wrong secrets shows.
    pub(super) fn of(finding: &Finding) -> Self {
        match (&finding.result, finding.exit()) {
            (Ok(_), Exit::Done) => Self::Accepted,
            (Ok(Verification { outcome: Outcome::Verdict(Verdict::Invalid(_)), .. }), _) => Self::Refused,
            _ => Self::Undecided(finding.outcome()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Refused | Self::NoSecrets | Self::NotRun => Exit::Done,
            Self::Accepted => Exit::PluginFault,
            Self::Undecided(_) => Exit::Undecided,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Undecided(_) => "undecided",
            Self::NoSecrets => "no-secrets",
            Self::NotRun => "not-run",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Refused => "wrong secrets were refused, as they must be".to_owned(),
            Self::Accepted => "wrong secrets were accepted too: this verifier does not check them".to_owned(),
            Self::Undecided(how) => {
                format!("nothing is shown, the run with wrong secrets ended with `{how}`")
            }
            Self::NoSecrets => "the credential holds no secret that could be wrong".to_owned(),
            Self::NotRun => "did not run, since it repeats only a run that is valid".to_owned(),
        }
    }
}

impl Finding {
    /// How the command ends.
    pub(super) fn exit(&self) -> Exit {
        let first = match &self.result {
            Ok(verification) => exit_of(&verification.outcome),
            Err(VerifyError::Failed { .. }) => Exit::PluginFault,
            Err(_) => Exit::Refused,
        };
        match (&self.control, first) {
            (Some(control), Exit::Done) => control.exit(),
            _ => first,
        }
    }

    /// The outcome of the command as a whole: a control that failed precedes what it controls.
    fn headline(&self) -> &'static str {
        match &self.control {
            Some(Control::Accepted) => "control-failed",
            Some(Control::Undecided(_)) => "control-undecided",
            _ => self.outcome(),
        }
    }

    /// Whether an allowance could change the outcome.
    pub(super) fn is_refused_by_policy(&self) -> bool {
        matches!(self.outcome(), "destination-refused" | "address-refused") && self.exit() == Exit::Refused
    }

    fn outcome(&self) -> &'static str {
        match &self.result {
            Ok(verification) => verification.outcome_name(),
            Err(error) => error.outcome_name(),
        }
    }

    fn evidence(&self) -> Option<&Evidence> {
        match &self.result {
            Ok(verification) => Some(&verification.evidence),
            Err(VerifyError::DestinationRefused { evidence, .. }) => evidence.as_deref(),
            Err(_) => None,
        }
    }
}

fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Verdict(Verdict::Valid(_)) => Exit::Done,
        Outcome::Verdict(Verdict::Invalid(_)) | Outcome::DestinationRefused(_) => Exit::Refused,
        Outcome::Verdict(Verdict::Undecided(_)) => Exit::Undecided,
        // The operator's policy refused an address; that is not for the plugin to mend.
        Outcome::Failure(failure) if failure.kind == FailureKind::AddressRefused => Exit::Refused,
        Outcome::Failure(_) => Exit::PluginFault,
    }
}

/// The finding as one JSON object.
pub(super) fn document(finding: &Finding) -> Value {
    let mut document = json!({ "outcome": finding.headline() });
    for (name, value) in details(finding) {
        document[name] = value;
    }
    document["evidence"] = json!(finding.evidence());
    document["transcript"] = json!(finding.transcript);
    if let Some(control) = &finding.control {
        document["control"] = json!({
            "outcome": control.word(), "message": control.sentence(), "controlled": finding.outcome(),
        });
    }
    document
}

/// What is known beside the outcome's name, in the API's words.
fn details(finding: &Finding) -> Vec<(&'static str, Value)> {
    let refused = |refusal: &crate::domain::verdict::DestinationRefusal| {
        vec![("field", json!(refusal.pointer)), ("message", json!(refusal.message))]
    };
    match &finding.result {
        Ok(verification) => match &verification.outcome {
            Outcome::Verdict(Verdict::Valid(acceptance)) => vec![
                ("account", json!(acceptance.account)),
                ("scopes", json!(acceptance.scopes)),
                ("missing_scopes", json!(acceptance.missing_scopes)),
                ("expires_at_ms", json!(acceptance.expires_at)),
            ],
            Outcome::Verdict(Verdict::Invalid(rejection)) => vec![
                ("reason", json!(rejection.reason)),
                ("field", json!(rejection.field)),
                ("message", json!(rejection.message)),
            ],
            Outcome::Verdict(Verdict::Undecided(doubt)) => vec![
                ("reason", json!(doubt.reason)),
                ("retry_after", json!(doubt.retry_after)),
                ("message", json!(doubt.message)),
            ],
            Outcome::DestinationRefused(refusal) => refused(refusal),
            Outcome::Failure(failure) => vec![("message", json!(failure.detail))],
        },
        Err(VerifyError::FieldsInvalid(violations)) => vec![("errors", json!(violations))],
        Err(VerifyError::DestinationRefused { refusal, .. }) => refused(refusal),
        Err(error) => vec![("message", json!(error.to_string()))],
    }
}

/// The finding for a person.
///
/// # Errors
/// When nobody reads any more.
pub(super) fn print(release: &Examined, finding: &Finding) -> io::Result<()> {
    let descriptor = &release.descriptor;
    let (headline, outcome) = (finding.headline(), finding.outcome());
    let of_itself =
        if headline == outcome { String::new() } else { format!(" (the run before the control: {outcome})") };
    let version = output::plain(&descriptor.version);
    output::result(format_args!("{} {version}: {headline}{of_itself}", descriptor.id))?;
    for (name, value) in details(finding) {
        print_detail(name, &value)?;
    }
    if let Some(evidence) = finding.evidence() {
        print_evidence(evidence)?;
    }
    if let Some(control) = &finding.control {
        output::result(format_args!("  control: {}", control.sentence()))?;
    }
    Ok(())
}

fn print_detail(name: &str, value: &Value) -> io::Result<()> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) if items.is_empty() => Ok(()),
        Value::Array(items) => items.iter().try_for_each(|item| match (&item["pointer"], &item["message"]) {
            (Value::String(pointer), Value::String(message)) => {
                let pointer = if pointer.is_empty() { "the whole" } else { pointer };
                output::result(format_args!("  {} {}", output::plain(pointer), output::plain(message)))
            }
            _ => output::result(format_args!("  {name}: {}", show(item))),
        }),
        value => output::result(format_args!("  {name}: {}", show(value))),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => output::plain(text),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name} {}", show(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

fn print_evidence(evidence: &Evidence) -> io::Result<()> {
    for (index, exchange) in evidence.exchanges.iter().enumerate() {
        output::result(format_args!("  exchange {}: {}", index + 1, describe(exchange)))?;
        for placed in &exchange.placements {
            let line = format!("    {} in {} `{}`", placed.sealed, placed.place, placed.name);
            output::result(output::plain(&line))?;
        }
        if !exchange.captured.is_empty() {
            let line = format!("    captured from the answer: {}", exchange.captured.join(", "));
            output::result(output::plain(&line))?;
        }
        if let Some(message) = &exchange.message {
            output::result(format_args!("    {}", output::plain(message)))?;
        }
        if let Some(reason) = &exchange.withheld {
            output::result(format_args!("    the answer was withheld from the plugin: {reason}"))?;
        }
    }
    if evidence.exchanges.is_empty() {
        output::result("  no exchange was made")?;
    }
    for name in &evidence.unproven {
        output::result(format_args!("  unproven: no answered exchange carried `{}`", output::plain(name)))?;
    }
    for line in &evidence.log {
        output::result(format_args!("  log {}: {}", line.level, output::plain(&line.text)))?;
    }
    output::result(format_args!("  took {} ms", evidence.duration_ms))
}

fn describe(exchange: &Exchange) -> String {
    let end = match (&exchange.failure, exchange.status) {
        (Some(failure), _) => format!("failed with `{failure}`"),
        (None, Some(status)) => format!("{status}, {} bytes", exchange.bytes_in),
        (None, None) => "not answered".to_owned(),
    };
    output::plain(&format!("{} {} -> {end}, {} ms", exchange.method, exchange.url, exchange.duration_ms))
}
