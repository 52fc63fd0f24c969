//! The field dialect: JSON Schema 2020-12, narrowed until a form can show it, a secret can be found in
//! it by its pointer, and checking it takes bounded time. `wit/v1/fields.md` documents it.

use serde_json::{Map, Value};

use super::choices::{self, Choices, When};
use super::schema::Field;
use crate::domain::fields::Violation;
use crate::domain::json::escape_step;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Objects inside each other, the outermost included.
const MAX_DEPTH: usize = 5;
const MAX_FIELDS: usize = 100;
const MAX_PATTERN: usize = 500;

const ANNOTATIONS: [&str; 2] = ["title", "description"];
const OBJECT: [&str; 4] = ["properties", "required", "additionalProperties", "allOf"];
const ARRAY: [&str; 4] = ["items", "minItems", "maxItems", "uniqueItems"];
const STRING: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];
const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
/// Keywords that put values into the schema. Not for secrets: the schema is public.
const VALUES: [&str; 4] = ["default", "enum", "const", "examples"];
const FORMATS: [&str; 8] = ["uri", "email", "hostname", "ipv4", "ipv6", "uuid", "date", "date-time"];

/// Checks that `schema` stays inside the dialect and lists its fields in the order of the form.
///
/// # Errors
/// All violations, with pointers into the schema.
pub(super) fn check(schema: &Value) -> Result<(Vec<Field>, Vec<Dependent>), Vec<Violation>> {
    let mut walk = Walk { fields: Vec::new(), dependents: Vec::new(), violations: Vec::new() };
    if let Some(dialect) = schema.get("$schema")
        && dialect != DIALECT
    {
        walk.refuse("/$schema", format!("must be {DIALECT}"));
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "object" => walk.object(schema, "", &Place::root(), 1),
        _ => walk.refuse("/type", "must be \"object\": the fields are the members of one object"),
    }
    if walk.fields.len() > MAX_FIELDS {
        walk.refuse("/properties", format!("must not hold more than {MAX_FIELDS} fields"));
    }
    if walk.violations.is_empty() { Ok((walk.fields, walk.dependents)) } else { Err(walk.violations) }
}

/// A property, perhaps a nested object, that belongs to a choice of the object that it stands in.
pub(super) struct Dependent {
    /// JSON Pointer into the fields.
    pub(super) pointer: String,
    /// Title of the deciding field.
    pub(super) decider: String,
    pub(super) when: When,
}

/// Where in the fields a property stands, and what holds for everything below it.
struct Place {
    /// JSON Pointer.
    pointer: String,
    /// Titles of the nested objects around it.
    group: Option<String>,
    required: bool,
    when: Option<When>,
}

impl Place {
    fn root() -> Self {
        Self { pointer: String::new(), group: None, required: true, when: None }
    }
}

struct Walk {
    fields: Vec<Field>,
    dependents: Vec<Dependent>,
    violations: Vec<Violation>,
}

impl Walk {
    fn refuse(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.violations.push(Violation::new(at, message));
    }

    /// `at` points into the schema, `place` into the fields.
    fn object(&mut self, schema: &Value, at: &str, place: &Place, depth: usize) {
        let root: &[&str] = if depth == 1 { &["$schema"] } else { &[] };
        self.keywords(schema, at, &[&["type"], &ANNOTATIONS, &OBJECT, root]);
        if depth > MAX_DEPTH {
            return self.refuse(at, format!("must not nest objects deeper than {MAX_DEPTH}"));
        }
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            self.refuse(format!("{at}/additionalProperties"), "must be present and false");
        }
        let none = Map::new();
        let properties = match schema.get("properties") {
            Some(Value::Object(properties)) => properties,
            Some(_) => return self.refuse(format!("{at}/properties"), "must be an object"),
            None => &none,
        };
        self.required(schema.get("required"), properties, at);
        choices::check(schema, properties, at, &mut |at, message| self.refuse(at, message));
        let choices = Choices::of(schema);
        for (name, property) in properties {
            let at = format!("{at}/properties/{}", escape_step(name));
            if !is_field_name(name) {
                self.refuse(
                    &at,
                    "must be named with 1 to 64 letters, digits, `_`, `-` or `.`, a letter or `_` first",
                );
            }
            let place = self.enter(schema, &choices, name, place);
            self.property(property, &at, place, depth);
        }
    }

    /// The place of a property of the object at `place`.
    fn enter(&mut self, schema: &Value, choices: &Choices<'_>, name: &str, place: &Place) -> Place {
        let pointer = format!("{}/{}", place.pointer, escape_step(name));
        let choice = choices.on(name);
        let names = schema.get("required").and_then(Value::as_array);
        let is_required = choice.is_some_and(|choice| choice.requires(name))
            || names.is_some_and(|names| names.iter().any(|required| required == name));
        let when = choice.map(|choice| choice.when(&place.pointer));
        if let (Some(choice), Some(when)) = (choice, &when) {
            let property = schema.get("properties").and_then(|all| all.get(choice.decider));
            let decider = property.and_then(|property| text(property, "title"));
            let decider = decider.unwrap_or_else(|| choice.decider.to_owned());
            self.dependents.push(Dependent { pointer: pointer.clone(), decider, when: when.clone() });
        }
        Place {
            pointer,
            group: place.group.clone(),
            required: place.required && is_required,
            // The deciding field depends on what the object depends on, so the nearest choice is enough.
            when: when.or_else(|| place.when.clone()),
        }
    }

    fn required(&mut self, required: Option<&Value>, properties: &Map<String, Value>, at: &str) {
        let names = match required {
            None => return,
            Some(Value::Array(names)) => names,
            Some(_) => return self.refuse(format!("{at}/required"), "must be a list of property names"),
        };
        for (index, name) in names.iter().enumerate() {
            if !name.as_str().is_some_and(|name| properties.contains_key(name)) {
                self.refuse(format!("{at}/required/{index}"), "must name one of the properties");
            }
        }
    }

    fn property(&mut self, schema: &Value, at: &str, place: Place, depth: usize) {
        if !schema.is_object() {
            return self.refuse(at, "must be an object");
        }
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let name = || place.pointer.rsplit('/').next().unwrap_or_default().to_owned();
        let title = text(schema, "title").unwrap_or_else(name);
        match kind {
            "object" => {
                let group = place.group.as_ref().map_or(title.clone(), |outer| format!("{outer} › {title}"));
                return self.object(schema, at, &Place { group: Some(group), ..place }, depth + 1);
            }
            "array" => self.array(schema, at),
            _ => self.scalar(schema, at, true),
        }
        self.fields.push(Field {
            title,
            kind: kind.to_owned(),
            format: text(schema, "format"),
            secret: schema.get("writeOnly") == Some(&Value::Bool(true)),
            required: place.required,
            when: place.when,
            group: place.group,
            pointer: place.pointer,
            keywords: schema.as_object().cloned().unwrap_or_default(),
        });
    }

    fn array(&mut self, schema: &Value, at: &str) {
        self.keywords(schema, at, &[&["type"], &ANNOTATIONS, &ARRAY]);
        let at = format!("{at}/items");
        match schema.get("items") {
            Some(items @ Value::Object(_)) => self.scalar(items, &at, false),
            _ => self.refuse(at, "must be present and describe text, numbers or true and false"),
        }
    }

    fn scalar(&mut self, schema: &Value, at: &str, through_properties: bool) {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let own: &[&str] = match kind {
            "string" => &STRING,
            "integer" | "number" => &NUMBER,
            "boolean" => &[],
            "object" | "array" => {
                return self.refuse(format!("{at}/type"), "must not be a list or an object inside a list");
            }
            _ => {
                let message =
                    "must be one of \"string\", \"integer\", \"number\", \"boolean\", \"array\", \"object\"";
                return self.refuse(format!("{at}/type"), message);
            }
        };
        let secret = self.is_secret(schema, at, kind, through_properties);
        let values: &[&str] = if secret { &[] } else { &VALUES };
        if secret {
            for keyword in VALUES.iter().filter(|keyword| schema.get(**keyword).is_some()) {
                self.refuse(format!("{at}/{keyword}"), "must not stand at a secret: the schema is public");
            }
        }
        let known_for_all: &[&str] = if secret { &VALUES } else { &[] };
        self.keywords(schema, at, &[&["type", "writeOnly"], &ANNOTATIONS, own, values, known_for_all]);
        if !through_properties && schema.get("default").is_some() {
            self.refuse(format!("{at}/default"), "must not stand at the items of a list");
        }
        self.string_keywords(schema, at);
    }

    fn is_secret(&mut self, schema: &Value, at: &str, kind: &str, through_properties: bool) -> bool {
        let at = format!("{at}/writeOnly");
        match schema.get("writeOnly") {
            None | Some(Value::Bool(false)) => return false,
            Some(Value::Bool(true)) if kind == "string" && through_properties => {}
            Some(Value::Bool(true)) if kind == "string" => self.refuse(at, "must not stand inside a list"),
            Some(Value::Bool(true)) => self.refuse(at, "must stand at a string: only text can be a secret"),
            Some(_) => self.refuse(at, "must be true or false"),
        }
        true
    }

    fn string_keywords(&mut self, schema: &Value, at: &str) {
        if let Some(format) = schema.get("format")
            && !format.as_str().is_some_and(|format| FORMATS.contains(&format))
        {
            self.refuse(format!("{at}/format"), format!("must be one of {}", FORMATS.join(", ")));
        }
        if let Some(Value::String(pattern)) = schema.get("pattern")
            && pattern.len() > MAX_PATTERN
        {
            self.refuse(format!("{at}/pattern"), format!("must be at most {MAX_PATTERN} bytes long"));
        }
    }

    /// Refuses every keyword that is not in one of the lists, by name; checks what titles hold.
    fn keywords(&mut self, schema: &Value, at: &str, allowed: &[&[&str]]) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            let at = format!("{at}/{}", escape_step(keyword));
            if !allowed.iter().any(|list| list.contains(&keyword.as_str())) {
                self.refuse(&at, "is a keyword that the field dialect does not have here");
            } else if ANNOTATIONS.contains(&keyword.as_str()) {
                match value.as_str() {
                    Some(text) if is_readable(text) && text.chars().count() <= 500 => {}
                    _ => self.refuse(at, "must be a text of 1 to 500 visible characters"),
                }
            }
        }
    }
}

fn text(schema: &Value, keyword: &str) -> Option<String> {
    schema.get(keyword)?.as_str().map(str::to_owned)
}

fn is_field_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && name.len() <= 64
}

/// Whether a text shows what it holds: no control characters, and none that reorder or hide others.
pub(super) fn is_readable(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.chars().any(|c| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        })
}
