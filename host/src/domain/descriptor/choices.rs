//! Fields that depend on a choice: the one shape of `allOf`, `if`, `then` and `else` that the field
//! dialect has. It is plain JSON Schema, so every validator agrees with what is read here.

mod check;

use serde_json::{Map, Value};

use crate::domain::json::escape_step;

pub(super) use check::check;

/// The choice that a field belongs to: it may stand only where the deciding field has one of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// JSON Pointer of the deciding field.
    pub pointer: String,
    /// Its values: texts as they are, else `true` or `false`.
    pub values: Vec<String>,
}

impl When {
    /// Whether the deciding field's value makes this choice.
    pub fn is_made_by(&self, value: &Value) -> bool {
        self.values.iter().any(|one| match value {
            Value::String(text) => text == one,
            Value::Bool(true) => one == "true",
            Value::Bool(false) => one == "false",
            _ => false,
        })
    }
}

/// One condition of an object.
pub(super) struct Choice<'a> {
    pub(super) decider: &'a str,
    values: Vec<&'a Value>,
    dependents: Vec<&'a str>,
    required: Vec<&'a str>,
}

/// The conditions of one object of a schema that is known to be of the dialect.
#[derive(Default)]
pub(super) struct Choices<'a>(Vec<Choice<'a>>);

impl<'a> Choices<'a> {
    /// Reads those of an object; what has another shape is passed over.
    pub(super) fn of(schema: &'a Value) -> Self {
        let conditions = schema.get("allOf").and_then(Value::as_array);
        Self(conditions.into_iter().flatten().filter_map(read).collect())
    }

    /// The condition that a property of the object belongs to.
    pub(super) fn on(&self, name: &str) -> Option<&Choice<'a>> {
        self.0.iter().find(|choice| choice.dependents.contains(&name))
    }

    /// Whether a property may stand beside `members`.
    pub(super) fn let_stand(&self, name: &str, members: &Map<String, Value>) -> bool {
        self.on(name)
            .is_none_or(|choice| members.get(choice.decider).is_some_and(|v| choice.values.contains(&v)))
    }

    /// On how many choices a property depends, one above the other. Deciding fields have less than those
    /// that they decide about.
    pub(super) fn depth(&self, name: &str) -> usize {
        let mut at = name;
        let up = self.0.iter().position(|_| match self.on(at) {
            Some(choice) => {
                at = choice.decider;
                false
            }
            None => true,
        });
        up.unwrap_or(self.0.len())
    }
}

impl Choice<'_> {
    /// The condition, for an object at a JSON Pointer of the fields.
    pub(super) fn when(&self, object: &str) -> When {
        let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        When {
            pointer: format!("{object}/{}", escape_step(self.decider)),
            values: self.values.iter().map(text).collect(),
        }
    }

    /// Whether a property must stand where the choice is made.
    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.contains(&name)
    }
}

fn read(condition: &Value) -> Option<Choice<'_>> {
    let (decider, test) = condition.pointer("/if/properties")?.as_object()?.iter().next()?;
    let values = match (test.get("enum"), test.get("const")) {
        (Some(values), _) => values.as_array()?.iter().collect(),
        (None, value) => vec![value?],
    };
    let dependents = condition.pointer("/else/properties")?.as_object()?.keys().map(String::as_str).collect();
    let required = condition.pointer("/then/required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str).collect();
    Some(Choice { decider, values, dependents, required })
}
