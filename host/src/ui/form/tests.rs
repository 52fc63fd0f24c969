mod controls;
mod hostile;
mod patches;
mod reading;
mod round_trips;

use serde_json::{Map, Value, json};

use super::*;
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Fields;

/// A schema with these properties.
fn schema_of(properties: Value, more: Value) -> FieldSchema {
    let mut document = json!({"type": "object", "additionalProperties": false, "properties": properties});
    for (keyword, value) in more.as_object().unwrap() {
        document[keyword] = value.clone();
    }
    FieldSchema::new(document).unwrap()
}

/// The guest whose descriptor has every kind of field.
fn kitchen() -> FieldSchema {
    let text = include_str!("../../../../tests/guests/kitchen/descriptor.json");
    Descriptor::parse(text).unwrap().schema
}

fn posted(pairs: &[(&str, &str)]) -> Posted {
    Posted::new(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

/// What a browser posts of a form that nobody touched: every control, ticked boxes alone, CR LF.
fn untouched(form: &Form) -> Vec<(String, String)> {
    let is_posted = |control: &&Control| control.kind != Kind::Checkbox || control.checked;
    let text = |control: &Control| match control.kind {
        Kind::Checkbox => "on".to_owned(),
        _ => control.value.replace("\r\n", "\n").replace(['\r', '\n'], "\r\n"),
    };
    form.controls.iter().filter(is_posted).map(|control| (control.pointer.clone(), text(control))).collect()
}

/// The untouched pairs with some of them changed; none takes a pair away.
fn touched(form: &Form, changes: &[(&str, Option<&str>)]) -> Posted {
    let mut pairs = untouched(form);
    for (name, text) in changes {
        pairs.retain(|(other, _)| other != name);
        if let Some(text) = text {
            pairs.push(((*name).to_owned(), (*text).to_owned()));
        }
    }
    Posted::new(pairs)
}

fn json_of(fields: &Fields) -> Value {
    serde_json::from_str(&fields.expose_json()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn lines(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(Violation::to_string).collect()
}
