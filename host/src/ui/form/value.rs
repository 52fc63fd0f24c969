//! From a JSON value to the text in a control, and back.

use serde_json::{Number, Value};
use zeroize::Zeroizing;

use crate::domain::descriptor::Field;
use crate::domain::fields::Violation;

/// What a control shows of a value.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Object(_) => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// HTML posts every line end as CR LF (WHATWG HTML, section 4.10.21.4), whatever was stored.
pub(super) fn with_line_feeds(text: &str) -> Zeroizing<String> {
    // Room for all of it, so that no copy of a secret is left behind by growing.
    let mut lines = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
        }
        lines.push(if c == '\r' { '\n' } else { c });
    }
    lines
}

/// The value that a text means in a field. Never called with an empty text.
///
/// # Errors
/// What it is not.
pub(super) fn read(field: &Field, text: &str) -> Result<Value, Vec<Violation>> {
    if field.kind == "array" {
        return items(field, text);
    }
    let options = field.keywords.get("enum").and_then(Value::as_array);
    if let Some(option) = options.into_iter().flatten().find(|option| show(option) == text) {
        return Ok(option.clone());
    }
    scalar(&field.kind, field.format.as_deref(), text)
        .map_err(|message| vec![Violation::new(&field.pointer, message)])
}

/// One item on each line; blank lines are none.
fn items(field: &Field, text: &str) -> Result<Value, Vec<Violation>> {
    let of = field.keywords.get("items");
    let keyword = |name: &str| of.and_then(|of| of.get(name)).and_then(Value::as_str);
    let kind = keyword("type").unwrap_or("string");
    let mut items = Vec::new();
    let mut violations = Vec::new();
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    for (index, line) in lines.enumerate() {
        match scalar(kind, keyword("format"), line) {
            Ok(item) => items.push(item),
            Err(message) => violations.push(Violation::new(format!("{}/{index}", field.pointer), message)),
        }
    }
    if violations.is_empty() { Ok(Value::Array(items)) } else { Err(violations) }
}

fn scalar(kind: &str, format: Option<&str>, text: &str) -> Result<Value, &'static str> {
    match (kind, format) {
        ("integer", _) => match number(text.trim()) {
            Some(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
                Ok(Value::Number(number))
            }
            _ => Err("must be a whole number"),
        },
        ("number", _) => number(text.trim()).map(Value::Number).ok_or("must be a number"),
        ("boolean", _) => match text.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("must be true or false"),
        },
        (_, Some("date-time")) => Ok(Value::String(with_offset(text.trim()))),
        // No text of these formats has a blank at an end; one that was pasted along is no part of it.
        (_, Some(_)) => Ok(Value::String(text.trim().to_owned())),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// What people and browsers write for a number: `7`, `+7`, `-1.5`, `.5`, `1e3`. No sign for thousands, and a
/// point for decimals.
fn number(text: &str) -> Option<Number> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

/// `datetime-local` posts a time without offset, and without seconds when they are none.
fn with_offset(text: &str) -> String {
    let is_local = text.is_ascii() && matches!(text.len(), 16 | 19..=23) && text.as_bytes()[10] == b'T';
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte));
    match text.get(11..) {
        Some(time) if is_local && digits(time) => {
            format!("{text}{}", if time.len() == 5 { ":00Z" } else { "Z" })
        }
        _ => text.to_owned(),
    }
}
