//! From descriptor and fields to what one verification may do: concrete rules, sealed values, tokens.

use crate::domain::clock::Entropy;
use crate::domain::descriptor::{
    CaptureFrom, Descriptor, OriginSource, Place, Placement, SealedSource, SealedValue,
};
use crate::domain::fields::{Fields, Violation};
use crate::domain::secret::Secret;
use crate::domain::verdict::DestinationRefusal;

use super::origin::Origin;
use super::policy::Policy;
use super::tokens::token;

/// An egress rule with its origin known.
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) origin: Origin,
    /// Path that every URL under this rule begins with, without a trailing slash; empty for none.
    pub(super) path_prefix: String,
    pub(super) methods: Vec<String>,
    /// JSON Pointer of the field that the origin came from.
    pub(super) field: Option<String>,
}

/// A secret, the token that stands for it and where it may travel.
pub(super) struct Sealed {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) secret: Secret,
    pub(super) to: Vec<Placement>,
    /// Whether an answer brought it. It is no secret of the credential then, and proves nothing.
    pub(super) is_captured: bool,
}

/// What is taken out of the answers under a rule.
pub(super) struct Capture {
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) from: CaptureFrom,
    pub(super) to: Vec<Placement>,
}

/// What one verification may do.
pub(super) struct Plan {
    pub(super) rules: Vec<Rule>,
    /// Those of the fields; captured ones come to it while the verification runs.
    pub(super) sealed: Vec<Sealed>,
    pub(super) captures: Vec<Capture>,
}

/// Fields that cannot be verified as they are.
#[derive(Debug)]
pub enum PlanError {
    /// A destination field names a place that must not be contacted.
    Destination(DestinationRefusal),
    /// Secrets that do not fit the places that they have to travel to.
    Fields(Vec<Violation>),
    /// The secrets are too large to be searched for in answers.
    TooLarge(super::reflection::ScannerError),
}

/// Longest secret that may travel in a header, bytes.
const HEADER_SECRET_BYTES: usize = 8 * 1024;
/// Longest secret that may travel in a query, bytes.
const QUERY_SECRET_BYTES: usize = 4 * 1024;
/// Longest secret that may travel in a body, bytes.
const BODY_SECRET_BYTES: usize = 64 * 1024;

/// Makes the plan for these fields.
///
/// # Errors
/// [`PlanError`], before anything is sent.
pub(super) fn plan(
    descriptor: &Descriptor,
    fields: &Fields,
    policy: &Policy,
    entropy: &dyn Entropy,
) -> Result<Plan, PlanError> {
    let rules = rules(descriptor, fields, policy)?;
    let mut sealed = Vec::new();
    let mut violations = Vec::new();
    let mut captures = Vec::new();
    for value in &descriptor.sealed {
        let (name, to) = (value.name.clone(), value.to.clone());
        let field = match &value.source {
            SealedSource::Field(field) => field,
            SealedSource::Capture(capture) => {
                captures.push(Capture { name, rule: capture.rule.clone(), from: capture.from.clone(), to });
                continue;
            }
        };
        let Some(secret) = fields.secret(field) else { continue };
        for message in to.iter().filter_map(|placement| misfit(&secret, placement)) {
            violations.push(Violation { pointer: field.clone(), message });
        }
        sealed.push(Sealed { name, token: token(entropy), secret, to, is_captured: false });
    }
    violations.dedup();
    if violations.is_empty() {
        Ok(Plan { rules, sealed, captures })
    } else {
        Err(PlanError::Fields(violations))
    }
}

/// The rules whose origin is known. A rule whose field is absent allows nothing.
pub(super) fn rules(
    descriptor: &Descriptor,
    fields: &Fields,
    policy: &Policy,
) -> Result<Vec<Rule>, PlanError> {
    let mut rules = Vec::new();
    for rule in &descriptor.egress {
        let (text, field) = match &rule.origin {
            OriginSource::Exact(origin) => (origin.as_str(), None),
            OriginSource::Field(pointer) => match fields.text(pointer) {
                Some(text) => (text, Some(pointer.clone())),
                None => continue,
            },
        };
        let refused = |message: String| {
            let pointer = field.clone().unwrap_or_default();
            PlanError::Destination(DestinationRefusal { pointer, message })
        };
        let (origin, url) = Origin::of_url(text).map_err(|refusal| refused(refusal.message))?;
        if url.query().is_some() {
            return Err(refused("the address must not have a query (`?…`); leave it out".to_owned()));
        }
        if field.is_some() {
            policy.check_origin(&origin).map_err(|refusal| refused(refusal.message))?;
        }
        rules.push(Rule {
            name: rule.name.clone(),
            origin,
            path_prefix: url.path().trim_end_matches('/').to_owned(),
            methods: rule.methods.clone(),
            field,
        });
    }
    Ok(rules)
}

/// The origins of all rules, sorted, without duplicates.
///
/// # Errors
/// As for a verification of the same fields.
pub(super) fn origins(
    descriptor: &Descriptor,
    fields: &Fields,
    policy: &Policy,
) -> Result<Vec<Origin>, PlanError> {
    let rules = rules(descriptor, fields, policy)?;
    let mut origins: Vec<Origin> = rules.into_iter().map(|rule| rule.origin).collect();
    origins.sort_unstable();
    origins.dedup();
    Ok(origins)
}

/// The destination set of a credential: `name origin` for each sealed value and each origin that it
/// may travel to, sorted, without duplicates.
///
/// # Errors
/// As for a verification of the same fields.
pub(super) fn destinations(
    descriptor: &Descriptor,
    fields: &Fields,
    policy: &Policy,
) -> Result<Vec<String>, PlanError> {
    let rules = rules(descriptor, fields, policy)?;
    let mut set: Vec<String> = Vec::new();
    let is_present = |value: &&SealedValue| value.field().is_some_and(|field| fields.secret(field).is_some());
    // What answers bring was got by stored secrets: a session that goes elsewhere is as good as the password.
    let holds_secrets = descriptor.sealed.iter().any(|value| is_present(&value));
    let travels =
        |value: &&SealedValue| if value.field().is_none() { holds_secrets } else { is_present(value) };
    for value in descriptor.sealed.iter().filter(travels) {
        for rule in rules.iter().filter(|rule| value.to.iter().any(|to| to.rule == rule.name)) {
            set.push(format!("{} {}", value.name, rule.origin));
        }
    }
    set.sort();
    set.dedup();
    Ok(set)
}

/// Why a secret cannot stand at a place, so that nothing later depends on its characters or length.
pub(super) fn misfit(secret: &Secret, to: &Placement) -> Option<String> {
    let text = secret.expose();
    let (limit, sent) = match to.place {
        Place::Header => (HEADER_SECRET_BYTES, "in a header"),
        Place::Basic => (HEADER_SECRET_BYTES, "by Basic authentication"),
        Place::Query => (QUERY_SECRET_BYTES, "in a query"),
        Place::Json => (BODY_SECRET_BYTES, "in a JSON body"),
        Place::Form => (BODY_SECRET_BYTES, "in a form"),
    };
    if text.len() > limit {
        return Some(format!("must be at most {limit} bytes long to be sent {sent}"));
    }
    let demand = match to.place {
        // RFC 9110, section 5.5: visible characters and inner blanks; others are not portable.
        Place::Header
            if text.bytes().any(|byte| !matches!(byte, 0x20..=0x7e)) || text != text.trim_matches(' ') =>
        {
            "must consist of printable ASCII characters without a blank at either end"
        }
        Place::Query if text.contains('\0') => "must not hold a NUL character",
        // RFC 7617, section 2.
        Place::Basic if text.chars().any(char::is_control) => "must not hold control characters",
        Place::Basic if to.name == "user" && text.contains(':') => "must not hold a colon",
        _ => return None,
    };
    Some(format!("{demand}, since it is sent {sent}"))
}

#[cfg(test)]
mod tests;
