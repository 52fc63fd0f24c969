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

/// What a merge patch says of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It stays as it is.
    Nothing,
    /// It is removed, or something around it is.
    Removed,
    /// It gets a value, perhaps the one that it has.
    Set,
}

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

    /// Reads the text of an object, such as [`expose_json`](Self::expose_json) made.
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

    /// As [`expose_json`](Self::expose_json), with the members of every object sorted by name: the same
    /// text for the same fields, in whatever order they were sent.
    pub fn expose_sorted_json(&self) -> Zeroizing<String> {
        let mut sorted = self.clone();
        sorted.0.sort_all_objects();
        Zeroizing::new(sorted.0.to_string())
    }

    /// Applies a JSON Merge Patch (RFC 7396): absent members stay, null removes, objects are merged,
    /// everything else replaces. What is replaced or removed is wiped.
    pub fn merge(&mut self, patch: &Self) {
        merge(&mut self.0, &patch.0);
    }

    /// What these fields, as a merge patch, say of the place at a JSON Pointer.
    pub fn says_of(&self, pointer: &str) -> Said {
        let mut at = &self.0;
        for step in pointer.split('/').skip(1) {
            let Value::Object(members) = at else { return Said::Removed };
            match members.get(&step.replace("~1", "/").replace("~0", "~")) {
                Some(next) => at = next,
                None => return Said::Nothing,
            }
        }
        if at.is_null() { Said::Removed } else { Said::Set }
    }

    /// Whether these fields, as a merge patch, change nothing where the public fields are `public` and
    /// secrets stand at `secrets`. A secret that is sent counts as changed: whether it is the stored one
    /// is nobody's business.
    pub fn changes_nothing(&self, public: &Map<String, Value>, secrets: &[String]) -> bool {
        if secrets.iter().any(|pointer| self.says_of(pointer) != Said::Nothing) {
            return false;
        }
        let before = Self::new(public.clone());
        let mut after = before.clone();
        after.merge(self);
        after.0 == before.0
    }

    /// Whether the same stands at a JSON Pointer in both, be it nothing.
    pub fn is_same_at(&self, other: &Self, pointer: &str) -> bool {
        self.0.pointer(pointer) == other.0.pointer(pointer)
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

/// `MergePatch` of RFC 7396, section 2. The depth of both is bounded where they were parsed.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        wipe(target);
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        wipe(target);
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, change) in changes {
        if !change.is_null() {
            merge(members.entry(name.as_str()).or_insert(Value::Null), change);
        } else if let Some(mut removed) = members.shift_remove(name) {
            wipe(&mut removed);
        }
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

    /// The examples of RFC 7396, appendix A, that are objects on both sides of a credential.
    #[test]
    fn patches_merge_as_the_rfc_says() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"a":"********"}"#, r#"{}"#, r#"{"a":"********"}"#),
        ] {
            let mut fields = Fields::parse(target.as_bytes()).unwrap();
            fields.merge(&Fields::parse(patch.as_bytes()).unwrap());
            assert_eq!(*fields.expose_json(), expected, "{target} {patch}");
        }
    }

    #[test]
    fn a_patch_says_what_it_does_to_a_place() {
        let patch = Fields::parse(br#"{"a":"x","b":null,"c":{"d":null,"e":"y"},"f":"x"}"#).unwrap();
        for (pointer, said) in [
            ("/a", Said::Set),
            ("/b", Said::Removed),
            ("/c/d", Said::Removed),
            ("/c/e", Said::Set),
            ("/c/other", Said::Nothing),
            ("/other", Said::Nothing),
            ("/other/x", Said::Nothing),
            ("/b/x", Said::Removed),
            ("/f/x", Said::Removed),
        ] {
            assert_eq!(patch.says_of(pointer), said, "{pointer}");
        }
    }

    #[test]
    fn a_patch_that_changes_nothing_is_told_from_public_fields_alone() {
        let public = Fields::parse(br#"{"url":"u","n":{"x":1}}"#).unwrap();
        let secrets = ["/key".to_owned(), "/n/key".to_owned()];
        for (patch, nothing) in [
            (r#"{}"#, true),
            (r#"{"url":"u"}"#, true),
            (r#"{"n":{"x":1},"gone":null}"#, true),
            (r#"{"url":"v"}"#, false),
            (r#"{"url":null}"#, false),
            (r#"{"key":"k"}"#, false),
            (r#"{"key":null}"#, false),
            (r#"{"n":null}"#, false),
            (r#"{"n":{"key":"k"}}"#, false),
            (r#"{"new":{}}"#, false),
        ] {
            let patch_fields = Fields::parse(patch.as_bytes()).unwrap();
            assert_eq!(patch_fields.changes_nothing(public.expose(), &secrets), nothing, "{patch}");
        }
    }

    #[test]
    fn sorted_text_does_not_depend_on_the_order_of_members() {
        let one = Fields::parse(br#"{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":"x"}"#).unwrap();
        assert_eq!(*one.expose_sorted_json(), r#"{"a":"x","b":{"c":[{"e":2,"f":1}],"d":1}}"#);
    }

    #[test]
    fn wiping_reaches_every_string() {
        let mut value = serde_json::json!({"a": "x", "b": [{"c": "y"}]});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": [{"c": ""}]}));
    }
}
