//! The fields of a credential, secrets included.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The fields as a JSON object. Holds secrets: without `Debug`, `Display` and `Serialize` on purpose.
#[derive(Clone)]
pub struct Fields(Map<String, Value>);

/// What is wrong with a document, without its values.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) of what is wrong.
    pub pointer: String,
    /// One sentence for a person; never holds a value.
    pub message: String,
}

impl Fields {
    /// Wraps an object.
    pub fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// The object itself. Every call is a place where secrets are opened: the walls test lists them.
    pub fn expose(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The text that is verified and, byte for byte, sealed.
    pub fn to_json(&self) -> Zeroizing<String> {
        Zeroizing::new(Value::Object(self.0.clone()).to_string())
    }
}
