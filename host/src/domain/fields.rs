//! The fields of a credential, secrets included.

use std::fmt;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use super::json::{self, JsonError};
use super::secret::Secret;

/// The fields as a JSON object. Holds secrets: without `Debug`, `Display` and `Serialize` on purpose;
/// its strings are wiped when it is dropped.
#[derive(Clone)]
pub struct Fields(Value);

/// What is wrong with a document, without its values.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) of what is wrong.
    pub pointer: String,
    /// One sentence for a person; never holds a value.
    pub message: String,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(f, "{pointer} {}", self.message)
    }
}

static NO_FIELDS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl Fields {
    /// Wraps an object.
    pub fn new(object: Map<String, Value>) -> Self {
        Self(Value::Object(object))
    }

    /// Reads the text of an object, such as [`to_json`](Self::to_json) made.
    ///
    /// # Errors
    /// When the text is no acceptable JSON object (see [`json::parse_object`]).
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        json::parse_object(bytes).map(Self::new)
    }

    /// The object itself. Every call is a place where secrets are opened: the walls test lists them.
    pub fn expose(&self) -> &Map<String, Value> {
        self.0.as_object().unwrap_or(&NO_FIELDS)
    }

    /// The text that is verified and, byte for byte, sealed.
    pub fn expose_json(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string())
    }

    /// The secret at a JSON Pointer; none when it is absent or no string.
    pub fn secret(&self, pointer: &str) -> Option<Secret> {
        self.text(pointer).map(Secret::new)
    }

    /// The text at a JSON Pointer, for fields that are not secret, such as destinations.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// Whether anything stands at a JSON Pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.pointer(pointer).is_some()
    }

    /// Puts `text` in the place of the string at a JSON Pointer and wipes what stood there.
    /// Returns false, and changes nothing, where no string stands.
    pub fn replace(&mut self, pointer: &str, text: String) -> bool {
        match self.0.pointer_mut(pointer) {
            Some(Value::String(old)) => {
                std::mem::replace(old, text).zeroize();
                true
            }
            _ => false,
        }
    }

    /// The whole as a value, for the schema's checks and defaults.
    pub(in crate::domain) fn value(&self) -> &Value {
        &self.0
    }

    /// The members, for the schema's defaults.
    pub(in crate::domain) fn members_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.as_object_mut()
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Overwrites every string below `value`.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields::parse(br#"{"apiKey":"k","nested":{"password":"p"},"port":1}"#).unwrap()
    }

    #[test]
    fn texts_are_read_and_replaced_by_pointer() {
        let mut fields = fields();
        assert_eq!(fields.text("/nested/password"), Some("p"));
        assert!(fields.replace("/nested/password", "token".into()));
        assert_eq!(fields.secret("/nested/password").unwrap().expose(), "token");
        assert_eq!(*fields.expose_json(), r#"{"apiKey":"k","nested":{"password":"token"},"port":1}"#);
    }

    #[test]
    fn what_is_no_string_is_neither_read_nor_replaced() {
        let mut fields = fields();
        assert!(fields.text("/port").is_none() && fields.secret("/missing").is_none());
        assert!(!fields.replace("/port", "x".into()) && !fields.replace("/missing", "x".into()));
        assert!(fields.has("/port") && !fields.has("/missing"));
    }

    #[test]
    fn wiping_reaches_every_string() {
        let mut value = serde_json::json!({"a": "x", "b": [{"c": "y"}]});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": [{"c": ""}]}));
    }
}
