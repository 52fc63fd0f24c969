//! Reading what a service answers. What is missing is shown as such and is no error: the service may be
//! another version than this command line.

use serde_json::Value;

use super::output;

/// A text, on one line and without what would steer the terminal; `-` for none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).map_or_else(|| "-".to_owned(), output::plain_line)
}

/// A number; 0 for none.
pub(super) fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// The items of an array; none when there is no array.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The texts of an array, as [`text`] shows them.
pub(super) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().map(|item| text(item, "")).collect()
}

/// Whether a flow is active, in a word.
pub(super) fn state(flow: &Value) -> &'static str {
    match flow["active"].as_bool() {
        Some(true) => "active",
        Some(false) => "inactive",
        None => "-",
    }
}

/// A number of things: `1 step`, `2 steps`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}
