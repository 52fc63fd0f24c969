//! Forms made from a component's fields: what a page shows, and from what it posts back to fields. Pure:
//! it knows neither HTTP nor HTML, only the pairs of names and texts that a form posts.

mod choice;
mod control;
mod errors;
mod posted;
mod read;
mod value;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::domain::credential::Credential;
use crate::domain::descriptor::FieldSchema;
use crate::domain::fields::Violation;

pub use errors::summary;
pub use posted::Posted;
pub use read::{read_new, read_patch};

/// The controls, in the order of the schema. Those of a nested object stand together as a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub controls: Vec<Control>,
}

/// One field as a person sees it. A field with `const` has none: there is nothing to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// JSON Pointer of the field, and the name under which the control posts its text.
    pub pointer: String,
    /// For `id` and `for` in HTML; each field of a schema has its own.
    pub id: String,
    pub title: String,
    /// The field's `description`.
    pub help: Option<String>,
    /// Titles of the nested objects around it, such as `Proxy › Login`. Set on the first control of a run.
    pub group: Option<String>,
    /// Whether it stands in a nested object. A control without ends the group before it.
    pub is_grouped: bool,
    pub kind: Kind,
    /// It must be filled in while it is `active`. A page that works without script must not repeat this as
    /// HTML's `required` where `when` is set: another choice would then not be postable.
    pub required: bool,
    pub secret: bool,
    /// A secret is stored and stays unless it is typed anew.
    pub stored: bool,
    /// The box "remove the stored secret" is ticked; see [`Control::forget`].
    pub forgets: bool,
    /// Never that of a secret.
    pub value: String,
    /// Of a [`Kind::Checkbox`].
    pub checked: bool,
    /// Of a [`Kind::Select`]. The first has an empty value and label where nothing needs to be chosen.
    pub choices: Vec<Choice>,
    /// The first of `examples`.
    pub placeholder: Option<String>,
    /// Least number.
    pub min: Option<String>,
    /// Greatest number.
    pub max: Option<String>,
    /// HTML's `step` of a number.
    pub step: Option<String>,
    /// In characters (Unicode scalar values; HTML counts UTF-16 units, and cuts what is pasted).
    pub min_length: Option<String>,
    /// In characters, as `min_length`.
    pub max_length: Option<String>,
    /// What is wrong, each a sentence without the field's name, such as "Must not be empty".
    pub errors: Vec<String>,
    pub when: Option<Condition>,
    /// The condition, and those of the deciding fields, hold with what the form shows now.
    pub active: bool,
}

/// How a control is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A text that is not shown while it is typed.
    Secret,
    /// A secret of many lines, such as a private key.
    SecretArea,
    /// A text of many lines.
    Area,
    Url,
    Email,
    Number,
    Checkbox,
    Select,
    Date,
    /// An RFC 3339 time such as `2026-01-31T12:00:00Z`: a text box. What HTML's `datetime-local` posts is
    /// read as UTC.
    DateTime,
    /// A text area with one item on each line.
    List,
}

impl Kind {
    /// HTML's `type` of an `input`.
    pub fn input_type(self) -> &'static str {
        match self {
            Self::Secret => "password",
            Self::Url => "url",
            Self::Email => "email",
            Self::Number => "number",
            Self::Checkbox => "checkbox",
            Self::Date => "date",
            _ => "text",
        }
    }
}

/// One option of a [`Kind::Select`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

/// What another control must hold for this one to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Pointer of the deciding control.
    pub control: String,
    /// Values of a [`Kind::Select`]; `true` or `false` of a [`Kind::Checkbox`].
    pub values: Vec<String>,
}

/// What is stored already, without the secrets themselves.
#[derive(Clone, Copy, Default)]
pub struct Stored<'a> {
    public: Option<&'a Map<String, Value>>,
    /// JSON Pointers.
    secrets: &'a [String],
}

impl<'a> Stored<'a> {
    /// For a credential that is being made.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The public fields, and the JSON Pointers of the stored secrets.
    pub fn new(public: &'a Map<String, Value>, secrets: &'a [String]) -> Self {
        Self { public: Some(public), secrets }
    }

    /// The public value at a JSON Pointer whose steps need no escapes.
    fn value(&self, pointer: &str) -> Option<&'a Value> {
        let mut steps = pointer.split('/').skip(1);
        let first = self.public?.get(steps.next()?)?;
        steps.try_fold(first, |at, step| at.get(step))
    }

    fn has_secret(&self, pointer: &str) -> bool {
        self.secrets.iter().any(|secret| secret == pointer)
    }

    /// Whether anything, secrets included, stands at a JSON Pointer or below it.
    fn has_below(&self, pointer: &str) -> bool {
        let is_below = |secret: &String| {
            secret.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.value(pointer).is_some() || self.secrets.iter().any(is_below)
    }
}

impl<'a> From<&'a Credential> for Stored<'a> {
    fn from(credential: &'a Credential) -> Self {
        Self::new(&credential.public_fields, &credential.secrets)
    }
}

impl Form {
    /// An empty form, with the defaults filled in.
    pub fn blank(schema: &FieldSchema) -> Self {
        control::form(schema, &Stored::nothing(), None)
    }

    /// The form of a stored credential. What is absent shows its default: an edit would fill it in.
    pub fn stored(schema: &FieldSchema, stored: &Stored<'_>) -> Self {
        control::form(schema, stored, None)
    }

    /// What was posted, with the secrets left empty, and what is wrong with it. Also returns the violations
    /// that belong to no control.
    pub fn posted(
        schema: &FieldSchema,
        stored: &Stored<'_>,
        posted: &Posted,
        violations: &[Violation],
    ) -> (Self, Vec<Violation>) {
        let mut form = control::form(schema, stored, Some(posted));
        let leftovers = errors::attach(&mut form, violations);
        (form, leftovers)
    }

    /// The control of the field at a JSON Pointer.
    pub fn control(&self, pointer: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.pointer == pointer)
    }
}

impl Control {
    /// Name of the checkbox that removes a stored secret; none where nothing is stored or it is required.
    pub fn forget(&self) -> Option<String> {
        (self.stored && !self.required).then(|| posted::forget_name(&self.pointer))
    }
}
