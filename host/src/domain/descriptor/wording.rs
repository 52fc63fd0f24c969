//! Sentences for what JSON Schema finds wrong. The library's own texts quote the instance, which may
//! be a secret; these are made from the schema alone.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::domain::fields::Violation;
use crate::domain::json::escape_step;

/// Whose members an unknown member is compared with, such as "a field of this component".
pub(super) type Noun = &'static str;

/// One violation for each thing that `error` says; several where it names several members.
pub(super) fn violations(error: &ValidationError<'_>, noun: Noun) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| Violation::new(format!("{at}/{}", escape_step(name)), format!("is not {noun}")))
            .collect(),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Violation::new(format!("{at}/{}", escape_step(name)), "is required")]
        }
        kind => vec![Violation::new(at, sentence(kind))],
    }
}

fn sentence(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => format!("must be {}", with_article(*kind)),
        Kind::Type { .. } => "has the wrong type".into(),
        Kind::MinLength { limit: 1 } => "must not be empty".into(),
        Kind::MinLength { limit } => format!("must be at least {limit} characters long"),
        Kind::MaxLength { limit } => format!("must be at most {limit} characters long"),
        Kind::Pattern { .. } => "does not have the expected form".into(),
        Kind::Format { format } => format!("must be {}", format_in_words(format)),
        Kind::Enum { options } => format!("must be one of {}", choices(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::UniqueItems => "must not have the same item twice".into(),
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } | Kind::AnyOf { .. } => {
            "has none of the allowed forms".into()
        }
        _ => "is not valid".into(),
    }
}

fn with_article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn format_in_words(format: &str) -> String {
    match format {
        "uri" => "an absolute URL, such as https://api.example.com".into(),
        "email" => "an e-mail address".into(),
        "hostname" => "a host name".into(),
        "ipv4" => "an IPv4 address".into(),
        "ipv6" => "an IPv6 address".into(),
        "uuid" => "a UUID".into(),
        "date" => "a date, such as 2026-01-31".into(),
        "date-time" => "a time, such as 2026-01-31T12:00:00Z".into(),
        other => format!("of format {other}"),
    }
}

/// The allowed values; they stand in the schema, so they are no secrets.
fn choices(options: &Value) -> String {
    let options: Vec<String> = options.as_array().into_iter().flatten().map(Value::to_string).collect();
    options.join(", ")
}
