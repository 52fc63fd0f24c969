//! From what a form posts to fields, and to the changes of stored fields.

use serde_json::{Map, Value};

use super::choice::Held;
use super::posted::forget_name;
use super::value::{read, show, with_line_feeds};
use super::{Posted, Stored};
use crate::domain::descriptor::{Field, FieldSchema};
use crate::domain::fields::{Fields, Violation};

/// The fields of a new credential. Empty texts, and fields whose choice was not made, are absent; a nested
/// object that may be absent is, unless something but defaults stands in it. The fields are not checked
/// against the schema yet.
///
/// # Errors
/// Names that are no field's or came twice, and texts that are no number; beside them everything else that
/// the schema finds wrong, so that a person is told at once.
pub fn read_new(schema: &FieldSchema, posted: &Posted) -> Result<Fields, Vec<Violation>> {
    let (fields, mut violations) = read_all(schema, &Stored::nothing(), posted, true);
    if violations.is_empty() {
        return Ok(fields);
    }
    let mut checked = fields;
    schema.apply_defaults(&mut checked);
    for violation in schema.check(&checked) {
        // What could not be read is absent; that it is required would be said of the wrong thing.
        if !violations.iter().any(|known| known.pointer == violation.pointer) {
            violations.push(violation);
        }
    }
    Err(violations)
}

/// What changes of stored fields, as JSON Merge Patch (RFC 7396): empty where nothing does. A control that
/// was not posted, or holds what it showed, changes nothing; an emptied one removes its field; an empty
/// secret stays as it is stored, unless the box of [`Control::forget`](super::Control::forget) is ticked.
/// A field whose choice is no longer made is removed.
///
/// # Errors
/// Names that are no field's or came twice, and texts that are no number.
pub fn read_patch(
    schema: &FieldSchema,
    stored: &Stored<'_>,
    posted: &Posted,
) -> Result<Fields, Vec<Violation>> {
    let (patch, violations) = read_all(schema, stored, posted, false);
    if violations.is_empty() { Ok(patch) } else { Err(violations) }
}

fn read_all(
    schema: &FieldSchema,
    stored: &Stored<'_>,
    posted: &Posted,
    is_new: bool,
) -> (Fields, Vec<Violation>) {
    let held = Held { schema, stored, posted: Some(posted) };
    let mut reading = Reading { held, posted, is_new, violations: posted.check_names(schema) };
    let object = reading.members(schema.value(), "");
    (Fields::new(object.changes), reading.violations)
}

struct Reading<'a> {
    held: Held<'a>,
    posted: &'a Posted,
    /// Whether nothing is stored yet of the object that is being read.
    is_new: bool,
    violations: Vec<Violation>,
}

/// What becomes of a property.
struct Outcome {
    /// Its member of the patch, or of the new fields.
    change: Option<Value>,
    /// Whether afterwards something stands there that is no default.
    stands: bool,
}

impl Outcome {
    const NOTHING: Self = Self { change: None, stands: false };

    fn set(value: Value) -> Self {
        Self { change: Some(value), stands: true }
    }

    /// It goes, where it is stored.
    fn removed(is_stored: bool) -> Self {
        Self { change: is_stored.then_some(Value::Null), stands: false }
    }
}

struct Members {
    changes: Map<String, Value>,
    stands: bool,
}

impl Reading<'_> {
    fn members(&mut self, object: &Value, pointer: &str) -> Members {
        let mut members = Members { changes: Map::new(), stands: false };
        let schema = self.held.schema;
        for (name, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let pointer = format!("{pointer}/{name}");
            let is_required = is_required(object, name);
            let outcome = match schema.field(&pointer) {
                Some(field) => self.field(field, is_required),
                None => self.object(property, &pointer, is_required),
            };
            members.stands |= outcome.stands;
            if let Some(change) = outcome.change {
                members.changes.insert(name.clone(), change);
            }
        }
        members
    }

    fn object(&mut self, object: &Value, pointer: &str, is_required: bool) -> Outcome {
        let is_stored = self.held.stored.has_below(pointer);
        if !self.held.is_made(self.held.schema.when(pointer)) {
            return Outcome::removed(is_stored);
        }
        // In an object that is not there yet everything is new.
        let is_outer_new = self.is_new;
        self.is_new |= !is_stored;
        let Members { changes, stands } = self.members(object, pointer);
        self.is_new = is_outer_new;
        match (stands || is_required, changes.is_empty()) {
            (true, true) if is_stored || !is_required => Outcome { change: None, stands },
            (true, _) => Outcome { change: Some(Value::Object(changes)), stands },
            // Nothing is left in it.
            (false, false) => Outcome::removed(is_stored),
            (false, true) => Outcome::NOTHING,
        }
    }

    fn field(&mut self, field: &Field, is_required: bool) -> Outcome {
        let stored = self.held.stored.value(&field.pointer);
        let has_secret = self.held.stored.has_secret(&field.pointer);
        if !self.held.is_made(field.when.as_ref()) {
            return Outcome::removed(stored.is_some() || has_secret);
        }
        if let Some(fixed) = field.keywords.get("const") {
            let is_set = stored != Some(fixed) && (self.is_new || is_required);
            return Outcome { change: is_set.then(|| fixed.clone()), stands: false };
        }
        match field.kind.as_str() {
            _ if field.secret => self.secret(field, has_secret),
            "boolean" => self.checkbox(field, stored, is_required),
            _ => self.text(field, stored, is_required),
        }
    }

    fn secret(&mut self, field: &Field, is_stored: bool) -> Outcome {
        let typed = self.posted.text(&field.pointer).filter(|typed| !typed.is_empty());
        let forgets = self.posted.has(&forget_name(&field.pointer));
        match (typed, forgets) {
            (Some(_), true) => {
                let message = "must either be typed anew or be removed, not both";
                self.violations.push(Violation::new(&field.pointer, message));
                Outcome::NOTHING
            }
            (Some(typed), false) => self.read(field, &typed),
            (None, true) => Outcome::removed(is_stored),
            (None, false) => Outcome { change: None, stands: is_stored },
        }
    }

    fn checkbox(&self, field: &Field, stored: Option<&Value>, is_required: bool) -> Outcome {
        let is_ticked = self.posted.has(&field.pointer);
        let was_ticked = self.held.before(field) == Some(Value::Bool(true));
        let is_default = field.keywords.get("default") == Some(&Value::Bool(true));
        let decides = self.held.decides_by_false(field);
        let stands = is_ticked != is_default;
        let must_say = stored.is_none() && (decides || is_required);
        if !self.is_new && is_ticked == was_ticked && !must_say {
            Outcome { change: None, stands }
        } else if is_ticked || is_default || is_required || decides {
            Outcome { change: Some(Value::Bool(is_ticked)), stands }
        } else {
            Outcome::removed(stored.is_some())
        }
    }

    fn text(&mut self, field: &Field, stored: Option<&Value>, is_required: bool) -> Outcome {
        let typed = self.posted.text(&field.pointer);
        let default = field.keywords.get("default");
        let before = self.held.before(field).as_ref().map(show).unwrap_or_default();
        let is_as_before = typed.as_ref().is_none_or(|typed| *typed == with_line_feeds(&before));
        let must_say = stored.is_none() && is_required && before.is_empty();
        if is_as_before && !self.is_new && !must_say {
            return Outcome { change: None, stands: stored.is_some() && stored != default };
        }
        match typed.filter(|typed| !typed.trim().is_empty()) {
            Some(typed) => {
                let outcome = self.read(field, &typed);
                let is_default = outcome.change.is_some() && outcome.change.as_ref() == default;
                Outcome { stands: !is_default, ..outcome }
            }
            // How many items a list needs is told by its own bounds.
            None if field.kind == "array" && is_required => {
                Outcome { change: Some(Value::Array(Vec::new())), stands: false }
            }
            None => Outcome::removed(stored.is_some()),
        }
    }

    fn read(&mut self, field: &Field, typed: &str) -> Outcome {
        match read(field, typed) {
            Ok(value) => Outcome::set(value),
            Err(violations) => {
                self.violations.extend(violations);
                // It stands all the same, so that an object around it is not taken for empty.
                Outcome { change: None, stands: true }
            }
        }
    }
}

/// Whether a property has to stand in its object, where its choice is made.
fn is_required(object: &Value, name: &str) -> bool {
    let conditions = object.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let of_choices = conditions.filter_map(|condition| condition.pointer("/then/required"));
    let lists = object.get("required").into_iter().chain(of_choices).filter_map(Value::as_array);
    lists.flatten().any(|required| required == name)
}
