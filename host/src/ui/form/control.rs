//! From a field to its control.

use serde_json::Value;

use super::choice::Held;
use super::posted::forget_name;
use super::value::show;
use super::{Choice, Condition, Control, Form, Kind, Posted, Stored};
use crate::domain::descriptor::{Field, FieldSchema};

/// A text that may be longer gets a text area.
const ONE_LINE: u64 = 500;

/// The form of a schema with what is stored, or with what was posted.
pub(super) fn form(schema: &FieldSchema, stored: &Stored<'_>, posted: Option<&Posted>) -> Form {
    let held = Held { schema, stored, posted };
    let mut group = None;
    let mut controls = Vec::new();
    for field in schema.fields().iter().filter(|field| !field.keywords.contains_key("const")) {
        let mut control = control(field, &held);
        if field.group != group {
            group.clone_from(&field.group);
            control.group.clone_from(&field.group);
        }
        controls.push(control);
    }
    Form { controls }
}

fn control(field: &Field, held: &Held<'_>) -> Control {
    let text = |name: &str| field.keywords.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| field.keywords.get(name).filter(|value| value.is_number()).map(show);
    let value = if field.secret { String::new() } else { value(field, held) };
    let kind = kind(field, &value);
    let is_checkbox = kind == Kind::Checkbox;
    let [min, max, step] = bounds(field);
    Control {
        pointer: field.pointer.clone(),
        id: id(&field.pointer),
        title: field.title.clone(),
        help: text("description"),
        group: None,
        is_grouped: field.group.is_some(),
        kind,
        required: field.required && !is_checkbox,
        secret: field.secret,
        stored: held.stored.has_secret(&field.pointer),
        forgets: held.posted.is_some_and(|posted| posted.has(&forget_name(&field.pointer))),
        checked: is_checkbox && held.is_checked(field),
        choices: if kind == Kind::Select { choices(field, &value) } else { Vec::new() },
        placeholder: placeholder(field, kind),
        min,
        max,
        step,
        min_length: number("minLength"),
        max_length: number("maxLength"),
        errors: Vec::new(),
        when: field
            .when
            .as_ref()
            .map(|when| Condition { control: when.pointer.clone(), values: when.values.clone() }),
        active: held.is_made(field.when.as_ref()),
        value: if is_checkbox { String::new() } else { value },
    }
}

/// An example; a time has a form that nobody guesses.
fn placeholder(field: &Field, kind: Kind) -> Option<String> {
    let example = field.keywords.get("examples").and_then(|examples| examples.get(0)).map(show);
    example.or_else(|| (kind == Kind::DateTime).then(|| "2026-01-31T12:00:00Z".to_owned()))
}

fn value(field: &Field, held: &Held<'_>) -> String {
    match held.posted.and_then(|posted| posted.text(&field.pointer)) {
        Some(typed) => typed.to_string(),
        None => held.before(field).as_ref().map(show).unwrap_or_default(),
    }
}

fn kind(field: &Field, value: &str) -> Kind {
    let is_long = field.keywords.get("maxLength").and_then(Value::as_u64).is_some_and(|most| most > ONE_LINE);
    match (field.kind.as_str(), field.format.as_deref()) {
        ("boolean", _) => Kind::Checkbox,
        ("array", _) => Kind::List,
        _ if field.keywords.contains_key("enum") => Kind::Select,
        ("integer" | "number", _) => Kind::Number,
        (_, None) if field.secret && is_long => Kind::SecretArea,
        _ if field.secret => Kind::Secret,
        (_, Some("uri")) => Kind::Url,
        (_, Some("email")) => Kind::Email,
        (_, Some("date")) => Kind::Date,
        (_, Some("date-time")) => Kind::DateTime,
        // A box of one line would drop the line ends of what is stored.
        (_, None) if is_long || value.contains(['\r', '\n']) => Kind::Area,
        _ => Kind::Text,
    }
}

fn choices(field: &Field, value: &str) -> Vec<Choice> {
    let options = field.keywords.get("enum").and_then(Value::as_array);
    let mut values: Vec<String> =
        options.into_iter().flatten().map(show).filter(|option| !option.is_empty()).collect();
    // What an older release allowed is not changed by looking at it.
    if !values.iter().any(|option| option == value) {
        values.insert(0, value.to_owned());
    }
    if !field.required && !values.iter().any(String::is_empty) {
        values.insert(0, String::new());
    }
    let choice = |text: String| Choice { selected: text == value, label: text.clone(), value: text };
    values.into_iter().map(choice).collect()
}

/// HTML's `min`, `max` and `step` of a number.
fn bounds(field: &Field) -> [Option<String>; 3] {
    let bound = |name: &str| field.keywords.get(name).filter(|value| value.is_number());
    let is_whole = match field.kind.as_str() {
        "integer" => true,
        "number" => false,
        _ => return [None, None, None],
    };
    // HTML has no exclusive bounds. Of whole numbers the next one is the bound.
    let beside = |name: &str, by: i64| {
        let bound = bound(name)?.as_i64().filter(|_| is_whole)?;
        Some(Value::from(bound.checked_add(by)?))
    };
    let min = bound("minimum").cloned().or_else(|| beside("exclusiveMinimum", 1));
    let max = bound("maximum").cloned().or_else(|| beside("exclusiveMaximum", -1));
    let step = match bound("multipleOf") {
        None if is_whole => "1".to_owned(),
        // Browsers count steps from `min`, JSON Schema from zero.
        Some(of) if min.as_ref().is_none_or(|min| is_multiple(min, of)) => show(of),
        _ => "any".to_owned(),
    };
    [min.as_ref().map(show), max.as_ref().map(show), Some(step)]
}

fn is_multiple(number: &Value, of: &Value) -> bool {
    match (number.as_i64(), of.as_i64()) {
        (Some(number), Some(of)) => of != 0 && number % of == 0,
        _ => number.as_f64() == Some(0.0),
    }
}

/// Steps of a pointer begin with a letter or `_`, so an odd number of `-` ends with a `/`.
fn id(pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(|step| step.replace('-', "--")).collect();
    format!("field-{}", steps.join("-"))
}
