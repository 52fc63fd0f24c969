//! Which fields count with what a form holds.

use serde_json::Value;

use super::value::show;
use super::{Posted, Stored};
use crate::domain::descriptor::{Field, FieldSchema, When};

/// What a form holds: what was posted, else what is stored, else the defaults.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) schema: &'a FieldSchema,
    pub(super) stored: &'a Stored<'a>,
    pub(super) posted: Option<&'a Posted>,
}

impl Held<'_> {
    /// What the control of a field shows before anybody types: what is stored, else the default.
    pub(super) fn before(&self, field: &Field) -> Option<Value> {
        self.stored.value(&field.pointer).or_else(|| field.keywords.get("default")).cloned()
    }

    /// Whether a checkbox is ticked.
    pub(super) fn is_checked(&self, field: &Field) -> bool {
        match self.posted {
            Some(posted) => posted.has(&field.pointer),
            None => self.before(field) == Some(Value::Bool(true)),
        }
    }

    /// Whether a choice is made, and those made that the deciding field belongs to.
    pub(super) fn is_made(&self, when: Option<&When>) -> bool {
        let Some(when) = when else { return true };
        let Some(decider) = self.schema.field(&when.pointer) else { return false };
        when.is_made_by(&self.decision(decider)) && self.is_made(decider.when.as_ref())
    }

    fn decision(&self, decider: &Field) -> Value {
        if decider.kind == "boolean" {
            return Value::Bool(self.is_checked(decider));
        }
        let typed = self.posted.and_then(|posted| posted.text(&decider.pointer));
        match typed {
            Some(typed) if !typed.is_empty() => Value::String(typed.to_string()),
            // Where it is left empty, its default is filled in.
            Some(_) => decider.keywords.get("default").cloned().unwrap_or_default(),
            None => Value::String(self.before(decider).as_ref().map(show).unwrap_or_default()),
        }
    }

    /// Whether something depends on a boolean being false: then absent and false are not the same.
    pub(super) fn decides_by_false(&self, field: &Field) -> bool {
        self.schema
            .fields()
            .iter()
            .filter_map(|other| other.when.as_ref())
            .any(|when| when.pointer == field.pointer && when.is_made_by(&Value::Bool(false)))
    }
}
