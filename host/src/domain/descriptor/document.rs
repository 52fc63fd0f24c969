//! From the descriptor's text to the type, collecting everything that is wrong on the way.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::Value;

use super::schema::compile;
use super::{Authorization, Descriptor, FieldSchema, MAX_BYTES, Place, check, wording};
use crate::domain::fields::Violation;
use crate::domain::json;

/// The published schema of descriptors.
const SCHEMA: &str = include_str!("../../../../wit/v1/descriptor.schema.json");

static VALIDATOR: LazyLock<Result<Validator, Violation>> = LazyLock::new(|| {
    let schema = json::parse(SCHEMA.as_bytes()).map_err(|error| {
        Violation::new("", format!("cannot be checked, Keystead's own schema is broken: {error}"))
    })?;
    compile(&schema)
});

/// A descriptor as it is written.
#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) icon: Option<String>,
    pub(super) help: Option<String>,
    pub(super) authorization: Authorization,
    #[serde(default)]
    pub(super) egress: Vec<Rule>,
    #[serde(default)]
    pub(super) sealed: Vec<Sealed>,
}

#[derive(Deserialize)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) methods: Vec<String>,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Origin {
    Exact(String),
    Field { field: String },
}

#[derive(Deserialize)]
pub(super) struct Sealed {
    pub(super) name: String,
    pub(super) from: From,
    pub(super) to: Vec<To>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum From {
    Field { field: String },
    Capture { capture: Capture },
}

/// Exactly one of the three places is given; the published schema sees to it.
#[derive(Deserialize)]
pub(super) struct Capture {
    pub(super) rule: String,
    pub(super) json: Option<String>,
    pub(super) header: Option<String>,
    pub(super) cookie: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct To {
    pub(super) rule: String,
    #[serde(rename = "in")]
    pub(super) place: Place,
    pub(super) name: String,
}

/// Reads and checks a descriptor.
pub(super) fn read(text: &str) -> Result<Descriptor, Vec<Violation>> {
    if text.len() > MAX_BYTES {
        return Err(vec![Violation::new("", format!("must not be larger than {} KiB", MAX_BYTES / 1024))]);
    }
    let value = json::parse(text.as_bytes())
        .map_err(|error| vec![Violation::new(error.pointer.clone(), format!("is {error}"))])?;
    let mut violations = check_document(&value);
    // A schema that is no object was reported just now.
    let schema = match value.get("schema") {
        Some(schema @ Value::Object(_)) => FieldSchema::new(schema.clone())
            .map_err(|found| {
                violations.extend(found.into_iter().map(|violation| Violation {
                    pointer: format!("/schema{}", violation.pointer),
                    ..violation
                }));
            })
            .ok(),
        _ => None,
    };
    // What does not even have the form was reported too.
    let Ok(document) = serde_json::from_value::<Document>(value) else { return Err(violations) };
    let descriptor = check::check(document, schema, &mut violations);
    match descriptor {
        Some(descriptor) if violations.is_empty() => Ok(descriptor),
        _ => Err(violations),
    }
}

fn check_document(value: &Value) -> Vec<Violation> {
    match &*VALIDATOR {
        Ok(validator) => validator
            .iter_errors(value)
            .flat_map(|error| wording::violations(&error, "a member that descriptor 1 has here"))
            .collect(),
        Err(broken) => vec![broken.clone()],
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_schema_compiles() {
        assert!(super::VALIDATOR.is_ok());
    }
}
