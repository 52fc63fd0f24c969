//! JSON as it arrives from strangers: bounded in depth and count, without duplicate members.
//!
//! `serde_json` alone keeps the last of two members with one name. Two readers of one document could
//! then see two different credentials, so a duplicate is an error here (RFC 8259, section 4).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How large a document may be, beside its bytes, which the caller bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Objects and arrays inside each other.
    pub depth: usize,
    /// Values of any kind, counted over the whole document.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 32, values: 10_000 }
    }
}

/// A text that is not acceptable JSON. Says where and why, never which value stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not acceptable JSON at line {line}, column {column}{near}: {problem}", near = near(.pointer))]
pub struct JsonError {
    /// JSON Pointer (RFC 6901) of the value being read; empty for the whole document.
    pub pointer: String,
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// What is wrong, for a person.
    pub problem: String,
}

fn near(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(", at `{pointer}`") }
}

/// Reads one JSON value with the default [`Limits`].
///
/// # Errors
/// As [`parse_within`].
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    parse_within(bytes, Limits::default())
}

/// Reads one JSON object with the default [`Limits`].
///
/// # Errors
/// As [`parse_within`], and when the document is not an object.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match parse(bytes)? {
        Value::Object(object) => Ok(object),
        _ => {
            Err(JsonError { pointer: String::new(), line: 1, column: 1, problem: "must be an object".into() })
        }
    }
}

/// Reads one JSON value within `limits`.
///
/// # Errors
/// When the bytes are not UTF-8 or not JSON, when something follows the value, when an object has two
/// members with one name, or when a limit is passed.
pub fn parse_within(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let mut reading = Reading { limits, values: 0, path: Vec::new() };
    let mut json = serde_json::Deserializer::from_str(text);
    // serde_json's own limit of 128 levels stays on below ours.
    let result = Reader(&mut reading).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    result.map_err(|error| {
        let text = error.to_string();
        let problem = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        JsonError {
            pointer: reading.pointer(),
            line: error.line().max(1),
            column: error.column().max(1),
            problem: problem.to_owned(),
        }
    })
}

fn not_utf8(bytes: &[u8], at: usize) -> JsonError {
    let before = &bytes[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = at - before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1) + 1;
    JsonError { pointer: String::new(), line, column, problem: "the text is not UTF-8".into() }
}

/// One step of a JSON Pointer, escaped (RFC 6901) and cut so that an error stays short.
pub fn escape_step(name: &str) -> String {
    let short: String = name.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    short.replace('~', "~0").replace('/', "~1")
}

/// One step of a JSON Pointer in full (RFC 6901, section 3), to be compared with declared pointers.
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether the text is a JSON Pointer (RFC 6901, section 3).
pub fn is_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/')) && escapes.into_iter().all(|rest| rest.starts_with(['0', '1']))
}

/// Where the reader is and what it has counted.
struct Reading {
    limits: Limits,
    values: usize,
    /// Steps to the value being read. Left as it is when an error ends the reading.
    path: Vec<String>,
}

impl Reading {
    fn pointer(&self) -> String {
        self.path.iter().map(|step| format!("/{}", escape_step(step))).collect()
    }

    fn count<E: Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(E::custom(format_args!("more than {} values", self.limits.values)));
        }
        Ok(())
    }

    fn enter<E: Error>(&self) -> Result<(), E> {
        if self.path.len() >= self.limits.depth {
            return Err(E::custom(format_args!("nested deeper than {} levels", self.limits.depth)));
        }
        Ok(())
    }
}

struct Reader<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut array = Vec::new();
        self.0.path.push("0".to_owned());
        while let Some(item) = items.next_element_seed(Reader(self.0))? {
            array.push(item);
            self.0.path.pop();
            self.0.path.push(array.len().to_string());
        }
        self.0.path.pop();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.path.push(name.clone());
            if object.contains_key(&name) {
                return Err(A::Error::custom("the member appears twice"));
            }
            let value = members.next_value_seed(Reader(self.0))?;
            object.insert(name, value);
            self.0.path.pop();
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &[u8], pointer: &str, problem: &str) {
        let error = parse_within(text, Limits { depth: 3, values: 8 }).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error}");
        assert!(error.problem.contains(problem), "{error}");
    }

    #[test]
    fn ordinary_documents_keep_order_and_numbers() {
        let text = r#"{"z":1,"a":[true,null,-2,1.5],"m":{"s":"\u00e9"}}"#;
        assert_eq!(
            parse(text.as_bytes()).unwrap().to_string(),
            r#"{"z":1,"a":[true,null,-2,1.5],"m":{"s":"é"}}"#
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        refused(br#"{"a":1,"a":2}"#, "/a", "appears twice");
        refused(br#"{"a":{"b/c":1,"b\u002fc":2}}"#, "/a/b~1c", "appears twice");
        refused(b"{} {}", "", "trailing");
        refused(b"\xff", "", "UTF-8");
        refused(b"\n\"\xff\"", "", "UTF-8");
        refused(b"", "", "EOF");
        refused(b"{\"a\":[1,}", "/a/1", "expected value");
        refused(b"NaN", "", "expected");
        refused(b"1e999", "", "out of range");
        refused(b"{'a':1}", "", "key must be a string");
    }

    #[test]
    fn depth_and_count_are_bounded() {
        parse_within(b"[[[]]]", Limits { depth: 3, values: 8 }).unwrap();
        refused(b"[[[[]]]]", "/0/0/0", "deeper than 3");
        refused(b"[1,2,3,4,5,6,7,8]", "/7", "more than 8");
        let bomb = "[".repeat(100_000);
        assert!(parse(bomb.as_bytes()).unwrap_err().problem.contains("deeper than 32"));
    }

    #[test]
    fn errors_never_show_values() {
        let error = parse(br#"{"apiKey":"s3cret","apiKey":"s3cret"}"#).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        let error = parse(br#"{"apiKey":"s3cret" "x""#).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }

    #[test]
    fn pointers_are_recognised_and_their_steps_escaped() {
        for (text, expected) in
            [("", true), ("/a/b~0~1", true), ("/", true), ("a", false), ("/a~", false), ("/a~2", false)]
        {
            assert_eq!(is_pointer(text), expected, "{text}");
        }
        assert_eq!(pointer_step("a/b~c"), "a~1b~0c");
    }

    #[test]
    fn only_objects_pass_as_objects() {
        assert_eq!(parse_object(b"[]").unwrap_err().problem, "must be an object");
        assert!(parse_object(b"{}").unwrap().is_empty());
    }
}
