//! What a plugin says of itself: the descriptor document, read once at installation.

use serde::{Deserialize, Serialize};

use super::id::ComponentId;

/// A descriptor that passed every check of the contract.
#[derive(Clone, Debug)]
pub struct Descriptor {
    pub id: ComponentId,
    pub title: String,
    pub version: String,
    /// A PNG as `data:` URL.
    pub icon: Option<String>,
    /// A page for people who have to find their key.
    pub help: Option<String>,
    pub authorization: Authorization,
    pub schema: FieldSchema,
    pub egress: Vec<EgressRule>,
    pub sealed: Vec<SealedValue>,
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
    /// JSON Pointer of the secret field that it comes from.
    pub field: String,
    pub to: Vec<Placement>,
}

/// One place that a sealed value may travel to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Name of the egress rule.
    pub rule: String,
    pub place: Place,
    /// Header name in lower case, or parameter name.
    pub name: String,
}

/// The kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Header,
    Query,
}

impl Place {
    /// The word of the descriptor.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
        }
    }
}
