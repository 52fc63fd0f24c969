//! A component's fields: what they must be, which of them are secret, what may be shown.

use std::fmt;
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use super::choices::{Choices, When};
use super::dialect::Dependent;
use super::{dialect, wording};
use crate::domain::fields::{Fields, Violation};

/// Largest compiled pattern, in bytes: room for long character classes, none for `a{1000}{1000}`.
const MAX_COMPILED_PATTERN: usize = 256 * 1024;

/// The schema of a component's fields, compiled. Cheap to clone.
#[derive(Clone)]
pub struct FieldSchema(Arc<Compiled>);

struct Compiled {
    document: Value,
    validator: Validator,
    fields: Vec<Field>,
    dependents: Vec<Dependent>,
    secrets: Vec<String>,
}

/// One field of the form: a scalar or a list of scalars, however deep it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// JSON Pointer into the credential's fields.
    pub pointer: String,
    /// The schema's title, else the last part of the pointer.
    pub title: String,
    /// `string`, `integer`, `number`, `boolean` or `array`.
    pub kind: String,
    /// Such as `uri`.
    pub format: Option<String>,
    /// `writeOnly`: only a lease returns it.
    pub secret: bool,
    /// It must stand in the fields, where its choice was made. False inside a nested object that may be absent.
    pub required: bool,
    /// The choice that it belongs to, or the nearest nested object around it does. The deciding field may
    /// belong to another one.
    pub when: Option<When>,
    /// Titles of the nested objects around it, the outermost first; none at the top.
    pub group: Option<String>,
    /// What the schema says of it, as the plugin wrote it: bounds, `default`, `enum`, `description`.
    pub keywords: Map<String, Value>,
}

impl fmt::Debug for FieldSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FieldSchema").field(&self.0.document).finish()
    }
}

impl FieldSchema {
    /// Compiles a schema of the field dialect.
    ///
    /// # Errors
    /// All violations of the dialect, with pointers into the schema.
    pub fn new(document: Value) -> Result<Self, Vec<Violation>> {
        let (fields, dependents) = dialect::check(&document)?;
        let validator = compile(&document).map_err(|violation| vec![violation])?;
        let secrets = fields.iter().filter(|field| field.secret).map(|field| field.pointer.clone()).collect();
        let schema = Self(Arc::new(Compiled { document, validator, fields, dependents, secrets }));
        let violations = schema.check_defaults();
        if violations.is_empty() { Ok(schema) } else { Err(violations) }
    }

    /// The schema itself, as the plugin wrote it.
    pub fn value(&self) -> &Value {
        &self.0.document
    }

    /// The fields, in the order of the form.
    pub fn fields(&self) -> &[Field] {
        &self.0.fields
    }

    /// The field at a JSON Pointer.
    pub fn field(&self, pointer: &str) -> Option<&Field> {
        self.0.fields.iter().find(|field| field.pointer == pointer)
    }

    /// JSON Pointers of the secret fields, in the order of the form.
    pub fn secrets(&self) -> &[String] {
        &self.0.secrets
    }

    /// JSON Pointers of the secret fields that `fields` holds.
    pub fn secrets_in(&self, fields: &Fields) -> Vec<String> {
        self.0.secrets.iter().filter(|pointer| fields.has(pointer)).cloned().collect()
    }

    /// Everything that is wrong with `fields`: JSON Pointers and sentences, never values. Empty when
    /// nothing is. Takes time linear in the size of `fields`.
    pub fn check(&self, fields: &Fields) -> Vec<Violation> {
        let mut found: Vec<Violation> = Vec::new();
        for error in self.0.validator.iter_errors(fields.value()) {
            for violation in self.violations(&error) {
                if !found.contains(&violation) {
                    found.push(violation);
                }
            }
        }
        found
    }

    fn violations(&self, error: &ValidationError<'_>) -> Vec<Violation> {
        // The dialect has `false` at one place only: where a field belongs to a choice that was not made.
        if matches!(error.kind(), ValidationErrorKind::FalseSchema) {
            let at = error.instance_path().as_str();
            if let Some(dependent) = self.dependent(at) {
                return vec![Violation::new(
                    at,
                    format!("belongs to another choice of {}", dependent.decider),
                )];
            }
        }
        wording::violations(error, "a field of this component")
    }

    fn dependent(&self, pointer: &str) -> Option<&Dependent> {
        self.0.dependents.iter().find(|dependent| dependent.pointer == pointer)
    }

    /// The choice that the field or nested object at a JSON Pointer itself belongs to.
    pub fn when(&self, pointer: &str) -> Option<&When> {
        self.dependent(pointer).map(|dependent| &dependent.when)
    }

    /// Fills in the defaults of absent fields, those that others depend on first. Inside a nested object only
    /// where that object is present; of a choice only where it was made.
    pub fn apply_defaults(&self, fields: &mut Fields) {
        if let Some(members) = fields.members_mut() {
            fill(&self.0.document, members);
        }
    }

    /// What may be shown of `fields`. Default-deny: only what the schema declares, with the declared
    /// type, and not as a secret.
    pub fn public_copy(&self, fields: &Fields) -> Map<String, Value> {
        copy_public(&self.0.document, fields.expose())
    }

    /// A default is checked as if it were the only thing that a person had typed.
    fn check_defaults(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        visit_properties(&self.0.document, "", &mut |at, property| {
            if let (Some(default), Ok(validator)) = (property.get("default"), options().build(property))
                && let Some(error) = validator.iter_errors(default).next()
            {
                let sentence = wording::violations(&error, "a field").pop();
                let sentence =
                    sentence.map_or_else(|| "is not valid".to_owned(), |violation| violation.message);
                violations.push(Violation::new(format!("{at}/default"), sentence));
            }
        });
        violations
    }
}

fn options<'a>() -> jsonschema::ValidationOptions<'a> {
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).with_pattern_options(
        PatternOptions::regex().size_limit(MAX_COMPILED_PATTERN).dfa_size_limit(MAX_COMPILED_PATTERN),
    )
}

/// Compiles a JSON Schema with a regular-expression engine that takes linear time, without resolving
/// any reference.
///
/// # Errors
/// What is wrong with the schema, at its pointer.
pub(super) fn compile(document: &Value) -> Result<Validator, Violation> {
    options().build(document).map_err(|error| {
        let at = match error.instance_path().as_str() {
            "" => error.schema_path().as_str(),
            at => at,
        };
        let message = if at.ends_with("/pattern") {
            "must be a regular expression without look-around and back-references, and not too large"
        } else {
            "is not valid in JSON Schema 2020-12"
        };
        Violation::new(at, message)
    })
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn visit_properties(schema: &Value, at: &str, visit: &mut impl FnMut(&str, &Value)) {
    for (name, property) in properties(schema) {
        let at = format!("{at}/properties/{name}");
        visit(&at, property);
        visit_properties(property, &at, visit);
    }
}

fn fill(schema: &Value, members: &mut Map<String, Value>) {
    let choices = Choices::of(schema);
    let mut ordered: Vec<(&String, &Value)> = properties(schema).collect();
    ordered.sort_by_key(|(name, _)| choices.depth(name));
    for (name, property) in ordered {
        if !choices.let_stand(name, members) {
            continue;
        }
        match (members.get_mut(name), property.get("default")) {
            (None, Some(default)) => {
                members.insert(name.clone(), default.clone());
            }
            (Some(Value::Object(inner)), _) => fill(property, inner),
            _ => {}
        }
    }
}

fn copy_public(schema: &Value, members: &Map<String, Value>) -> Map<String, Value> {
    let mut copy = Map::new();
    for (name, property) in properties(schema) {
        let Some(value) = members.get(name) else { continue };
        if let Some(value) = public_value(property, value) {
            copy.insert(name.clone(), value);
        }
    }
    copy
}

fn public_value(schema: &Value, value: &Value) -> Option<Value> {
    // Anything but an absent or false `writeOnly` hides.
    if !matches!(schema.get("writeOnly"), None | Some(Value::Bool(false))) {
        return None;
    }
    match (schema.get("type")?.as_str()?, value) {
        ("object", Value::Object(members)) => Some(Value::Object(copy_public(schema, members))),
        ("array", Value::Array(items)) => {
            let of = schema.get("items")?;
            Some(items.iter().filter_map(|item| public_value(of, item)).collect())
        }
        ("string", Value::String(_))
        | ("integer" | "number", Value::Number(_))
        | ("boolean", Value::Bool(_)) => Some(value.clone()),
        _ => None,
    }
}
