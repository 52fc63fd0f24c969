//! From descriptor and fields to what one verification may do: concrete rules, sealed values, tokens.

use crate::domain::clock::{Entropy, random_array};
use crate::domain::descriptor::{Descriptor, OriginSource, Place, Placement};
use crate::domain::fields::{Fields, Violation};
use crate::domain::secret::Secret;
use crate::domain::verdict::DestinationRefusal;

use super::origin::Origin;
use super::policy::Policy;

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
}

/// What one verification may do.
pub(super) struct Plan {
    pub(super) rules: Vec<Rule>,
    pub(super) sealed: Vec<Sealed>,
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
    for value in &descriptor.sealed {
        let Some(secret) = fields.secret(&value.field) else { continue };
        for placement in &value.to {
            if let Some(message) = misfit(&secret, placement.place) {
                violations.push(Violation { pointer: value.field.clone(), message });
            }
        }
        let (name, to) = (value.name.clone(), value.to.clone());
        sealed.push(Sealed { name, token: token(entropy), secret, to });
    }
    violations.dedup();
    if violations.is_empty() { Ok(Plan { rules, sealed }) } else { Err(PlanError::Fields(violations)) }
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
    for value in descriptor.sealed.iter().filter(|value| fields.secret(&value.field).is_some()) {
        for rule in rules.iter().filter(|rule| value.to.iter().any(|to| to.rule == rule.name)) {
            set.push(format!("{} {}", value.name, rule.origin));
        }
    }
    set.sort();
    set.dedup();
    Ok(set)
}

/// Why a secret cannot stand at a place, so that nothing later depends on its characters or length.
fn misfit(secret: &Secret, place: Place) -> Option<String> {
    let text = secret.expose();
    let (limit, fits) = match place {
        // RFC 9110, section 5.5: visible characters and inner blanks; others are not portable.
        Place::Header => (
            HEADER_SECRET_BYTES,
            text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) && text == text.trim_matches(' '),
        ),
        Place::Query => (QUERY_SECRET_BYTES, !text.contains('\0')),
    };
    if text.len() > limit {
        return Some(format!("must be at most {limit} bytes long to be sent in a {}", place.as_str()));
    }
    match place {
        _ if fits => None,
        Place::Header => Some(
            "must consist of printable ASCII characters without a blank at either end, since it is sent in a header"
                .to_owned(),
        ),
        Place::Query => Some("must not hold a NUL character, since it is sent in a query".to_owned()),
    }
}

/// A fresh sealed token: 36 lower-case letters and digits, 160 random bits, the same length for every
/// secret. Lower case, so that it survives where a URL's host is folded to lower case and is found there.
fn token(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let random: [u8; 32] = random_array(entropy);
    let body = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    "kst0".chars().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str, place: Place) -> bool {
        misfit(&Secret::new(text), place).is_none()
    }

    #[test]
    fn a_secret_must_fit_each_place_in_characters_and_length() {
        for text in ["", "k", "with inner blank", "\"'{}\r".trim_end(), &"x".repeat(HEADER_SECRET_BYTES)] {
            assert!(fits(text, Place::Header), "{text}");
        }
        for text in [
            " k",
            "k ",
            "a\rb",
            "a\nb",
            "a\tb",
            "a\0b",
            "a\u{7f}b",
            "é",
            &"x".repeat(HEADER_SECRET_BYTES + 1),
        ] {
            assert!(!fits(text, Place::Header), "{text:?}");
        }
        for text in ["", " k ", "a\r\nb", "é", "日本語", &"x".repeat(QUERY_SECRET_BYTES)] {
            assert!(fits(text, Place::Query), "{text:?}");
        }
        for text in ["a\0b", &"x".repeat(QUERY_SECRET_BYTES + 1)] {
            assert!(!fits(text, Place::Query), "{text:?}");
        }
    }
}
