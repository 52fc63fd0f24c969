//! What a plugin says of itself: the descriptor document, read once at installation.

mod check;
mod choices;
mod dialect;
mod document;
mod headers;
mod icon;
mod schema;
mod sealed;
mod sentences;
mod wording;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::fields::Violation;
use super::id::ComponentId;

pub use choices::When;
pub use headers::{is_header_name, is_host_header};
pub use icon::Icon;
pub use schema::{Field, FieldSchema};

/// Longest descriptor, in bytes: an icon of 64 KiB as base64 and a generous schema.
pub const MAX_BYTES: usize = 256 * 1024;

/// A descriptor that passed every check of the contract.
#[derive(Clone, Debug)]
pub struct Descriptor {
    pub id: ComponentId,
    pub title: String,
    pub version: String,
    pub icon: Option<Icon>,
    /// A page for people who have to find their key.
    pub help: Option<String>,
    pub authorization: Authorization,
    pub schema: FieldSchema,
    pub egress: Vec<EgressRule>,
    pub sealed: Vec<SealedValue>,
}

/// Everything that is wrong with a descriptor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the descriptor breaks the contract: {}", list(.violations))]
pub struct DescriptorError {
    pub violations: Vec<Violation>,
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}

impl Descriptor {
    /// Reads the text that a plugin's `describe` returned.
    ///
    /// # Errors
    /// All violations of the contract at once: of JSON, of `descriptor.schema.json`, of the field
    /// dialect, and of what one part of the descriptor demands of another.
    pub fn parse(text: &str) -> Result<Self, DescriptorError> {
        document::read(text).map_err(|violations| DescriptorError { violations })
    }

    /// Whether a step that uses this component needs a credential.
    pub fn needs_credential(&self) -> bool {
        self.authorization.kind != "none" && !self.schema.fields().is_empty()
    }

    /// What the plugin may do, in plain words, for the operator who consents.
    pub fn sentences(&self) -> Vec<String> {
        sentences::write(self)
    }

    /// The rule with this name.
    pub fn rule(&self, name: &str) -> Option<&EgressRule> {
        self.egress.iter().find(|rule| rule.name == name)
    }

    /// JSON Pointers of the fields that name destinations, each once.
    pub fn destination_fields(&self) -> Vec<&str> {
        let mut pointers = Vec::new();
        for rule in &self.egress {
            if let OriginSource::Field(pointer) = &rule.origin
                && !pointers.contains(&pointer.as_str())
            {
                pointers.push(pointer.as_str());
            }
        }
        pointers
    }
}

/// How the application authenticates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// `api-key`, `basic`, `bearer`, `custom` or `none`.
    pub kind: String,
}

/// One named destination that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressRule {
    pub name: String,
    pub origin: OriginSource,
    /// Upper case; GET, HEAD and OPTIONS unless a reason is given.
    pub methods: Vec<String>,
    /// Why another method than GET, HEAD and OPTIONS is needed.
    pub reason: Option<String>,
}

/// Where a rule's origin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginSource {
    /// Always this origin, such as `https://api.example.com`.
    Exact(String),
    /// The scheme, host and port of the field at this JSON Pointer.
    Field(String),
}

/// A secret that the sandbox handles by a token, and where it may travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    pub name: String,
    pub source: SealedSource,
    /// Empty when it may travel nowhere.
    pub to: Vec<Placement>,
}

impl SealedValue {
    /// JSON Pointer of the secret field that it comes from; none for what an answer brings.
    pub fn field(&self) -> Option<&str> {
        match &self.source {
            SealedSource::Field(pointer) => Some(pointer),
            SealedSource::Capture(_) => None,
        }
    }
}

/// Where a sealed value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedSource {
    /// The secret field at this JSON Pointer.
    Field(String),
    /// An answer of the application.
    Capture(Capture),
}

/// What is taken out of each answer under a rule before the plugin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Name of the egress rule.
    pub rule: String,
    pub from: CaptureFrom,
}

/// Where in an answer a captured value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureFrom {
    /// The string at this JSON Pointer of the body.
    Json(String),
    /// The value of the header with this name, in lower case.
    Header(String),
    /// The value of the cookie with this name, in a `Set-Cookie` header.
    Cookie(String),
}

/// One place that a sealed value may travel to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Name of the egress rule.
    pub rule: String,
    pub place: Place,
    /// Header name in lower case, parameter or form member name, JSON Pointer, `user` or `password`.
    pub name: String,
}

/// The kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Header,
    Query,
    /// A string at a JSON Pointer of a JSON body.
    Json,
    /// A member of a form body (`application/x-www-form-urlencoded`).
    Form,
    /// User or password of `Authorization: Basic` (RFC 7617).
    Basic,
}

impl Place {
    /// The word of the descriptor.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
            Self::Json => "json",
            Self::Form => "form",
            Self::Basic => "basic",
        }
    }
}
