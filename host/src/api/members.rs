//! The members of a JSON body, taken out one by one. Everything that is wrong is noted, by JSON Pointer
//! and without values.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::domain::credential::NAME;
use crate::domain::fields::Violation;
use crate::domain::json;

/// The members of a body, taken out one by one. What is left over in the end is unknown.
pub(super) struct Members {
    object: Map<String, Value>,
    /// JSON Pointer of the object.
    at: String,
    errors: Vec<Violation>,
}

impl Members {
    /// The members of a whole body.
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { object, at: String::new(), errors: Vec::new() }
    }

    /// Notes that something is wrong with a member.
    pub(super) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        let pointer = self.pointer(name);
        self.errors.push(Violation::new(pointer, message));
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str) -> String {
        self.required(name);
        self.optional_text(name).unwrap_or_default()
    }

    /// A text that may be absent or null.
    pub(super) fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => self.refuse_type(name, "a string", &other),
        }
    }

    /// A flag; absent or null is false.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(other) => self.refuse_type(name, "true or false", &other).unwrap_or_default(),
        }
    }

    /// An object that must be there.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        self.required(name);
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            Some(other) => self.refuse_type(name, "an object", &other).unwrap_or_default(),
        }
    }

    /// An object that may be absent, but not null.
    pub(super) fn optional_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.refuse_null(name);
        match self.take(name)? {
            Value::Object(object) => Some(object),
            other => self.refuse_type(name, "an object", &other),
        }
    }

    /// What a text that must be there is read as.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        self.required(name);
        self.optional_parsed(name, expected)
    }

    /// What a text that may be absent or null is read as.
    pub(super) fn optional_parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let parsed = self.optional_text(name)?.parse().ok();
        if parsed.is_none() {
            self.refuse(name, format!("must be {expected}"));
        }
        parsed
    }

    /// What is read of an object that may be absent or null.
    pub(super) fn nested<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        match self.take(name)? {
            Value::Object(object) => self.within(self.pointer(name), object, read),
            other => self.refuse_type(name, "an object", &other),
        }
    }

    /// What is read of the objects of an array that must be there.
    pub(super) fn each<T>(
        &mut self,
        name: &str,
        most: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Vec<T> {
        self.required(name);
        let mut found = Vec::new();
        for (place, item) in self.array(name, most).unwrap_or_default().into_iter().enumerate() {
            let at = format!("{}/{place}", self.pointer(name));
            match item {
                Value::Object(object) => found.extend(self.within(at, object, &mut read)),
                other => self.errors.push(wrong_type(&at, "an object", &other)),
            }
        }
        found
    }

    /// What the texts of an array that may be absent or null are read as.
    pub(super) fn optional_texts<T: FromStr>(
        &mut self,
        name: &str,
        most: usize,
        expected: &str,
    ) -> Option<Vec<T>> {
        let mut found = Vec::new();
        for (place, item) in self.array(name, most)?.into_iter().enumerate() {
            let at = format!("{}/{place}", self.pointer(name));
            match item {
                Value::String(text) => match text.parse() {
                    Ok(one) => found.push(one),
                    Err(_) => self.errors.push(Violation::new(at, format!("must be {expected}"))),
                },
                other => self.errors.push(wrong_type(&at, "a string", &other)),
            }
        }
        Some(found)
    }

    fn array(&mut self, name: &str, most: usize) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(items) if items.len() <= most => Some(items),
            Value::Array(items) => {
                self.refuse(name, format!("must have at most {most} items, not {}", items.len()));
                None
            }
            other => self.refuse_type(name, "an array", &other),
        }
    }

    fn within<T>(
        &mut self,
        at: String,
        object: Map<String, Value>,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let mut members = Self { object, at, errors: Vec::new() };
        let found = read(&mut members);
        self.errors.extend(members.finish());
        found
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}/{}", self.at, json::escape_step(name))
    }

    /// Notes it where a member is null, which would ask to remove it.
    pub(super) fn refuse_null(&mut self, name: &str) {
        if self.object.get(name).is_some_and(Value::is_null) {
            self.refuse(name, "cannot be removed");
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.object.shift_remove(name).filter(|value| !value.is_null())
    }

    /// A name for people, without spaces around it, that may be absent or null.
    pub(super) fn optional_name(&mut self, member: &str) -> Option<String> {
        let name = self.optional_text(member)?.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME {
            self.refuse(member, format!("must have 1 to {NAME} characters, beside spaces around it"));
        } else if name.chars().any(char::is_control) {
            self.refuse(member, "must not hold control characters");
        }
        Some(name)
    }

    /// A name that must be there.
    pub(super) fn name(&mut self, member: &str) -> String {
        self.required(member);
        self.optional_name(member).unwrap_or_default()
    }

    /// Notes it where a member that may be null is absent.
    pub(super) fn refuse_absence(&mut self, name: &str) {
        if !self.object.contains_key(name) {
            self.refuse(name, "is missing; it may be null");
        }
    }

    fn required(&mut self, name: &str) {
        if self.object.get(name).is_none_or(Value::is_null) {
            self.refuse(name, "is missing");
        }
    }

    fn refuse_type<T>(&mut self, name: &str, expected: &str, found: &Value) -> Option<T> {
        let pointer = self.pointer(name);
        self.errors.push(wrong_type(&pointer, expected, found));
        None
    }

    /// Everything that was wrong; what is left over is unknown.
    pub(super) fn finish(mut self) -> Vec<Violation> {
        let pointers = self.object.keys().map(|name| self.pointer(name));
        let unknown: Vec<_> = pointers.map(|at| Violation::new(at, "is not known here")).collect();
        self.errors.extend(unknown);
        self.errors
    }
}

/// A value that is of another type than expected.
pub(super) fn wrong_type(pointer: &str, expected: &str, found: &Value) -> Violation {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Violation::new(pointer, format!("must be {expected}, not {found}"))
}
