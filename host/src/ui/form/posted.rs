//! What a form posts.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::value::with_line_feeds;
use crate::domain::descriptor::FieldSchema;
use crate::domain::fields::Violation;
use crate::domain::json::{escape_step, is_pointer};

const FORGET: &str = "forget:";

/// Pairs of name and text, in the order in which they came. Some texts are secrets: without `Debug`, and
/// wiped when dropped.
pub struct Posted(Vec<(String, Zeroizing<String>)>);

/// Name of the checkbox that removes the stored secret at a JSON Pointer.
pub(super) fn forget_name(pointer: &str) -> String {
    format!("{FORGET}{pointer}")
}

impl Posted {
    /// Takes the pairs of a form post.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, text)| (name, Zeroizing::new(text))).collect())
    }

    /// Takes out the first pair with this name: one that belongs to the page and to no field, such as the
    /// credential's name. What is left is read as fields.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        let (_, mut text) = self.0.remove(at);
        Some(std::mem::take(&mut *text))
    }

    /// What a control posted, with line feeds alone between lines; none where it posted nothing.
    pub(super) fn text(&self, pointer: &str) -> Option<Zeroizing<String>> {
        let (_, text) = self.0.iter().find(|(name, _)| name == pointer)?;
        Some(with_line_feeds(text))
    }

    /// Whether there is a pair with this name, as there is of a checkbox that is ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// Names that are no field's, and names that came twice.
    pub(super) fn check_names(&self, schema: &FieldSchema) -> Vec<Violation> {
        let mut seen = HashSet::new();
        let mut violations = Vec::new();
        for (name, _) in &self.0 {
            let (pointer, forgets) = match name.strip_prefix(FORGET) {
                Some(pointer) => (pointer, true),
                None => (name.as_str(), false),
            };
            let is_known = schema.field(pointer).is_some_and(|field| {
                if forgets { field.secret } else { !field.keywords.contains_key("const") }
            });
            let message = match is_known {
                false => "is not a field of this component",
                true if !seen.insert(name) => "was sent more than once",
                true => continue,
            };
            let violation = Violation::new(place(pointer), message);
            if !violations.contains(&violation) {
                violations.push(violation);
            }
        }
        violations
    }
}

/// A JSON Pointer that a posted name can be told by, whatever it holds.
fn place(name: &str) -> String {
    let is_short = name.len() <= 200 && !name.chars().any(char::is_control);
    if is_short && name.starts_with('/') && is_pointer(name) {
        name.to_owned()
    } else {
        format!("/{}", escape_step(name))
    }
}
