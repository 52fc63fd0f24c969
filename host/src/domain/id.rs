//! Identifiers. Each kind is a type of its own and carries a prefix in its text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::clock::{Clock, Entropy, random_array};

/// A text that is not an identifier of the expected kind.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

/// Makes a new sortable identifier: 48 bits of milliseconds, 80 random bits, in Crockford's base 32.
fn generate(prefix: &str, clock: &dyn Clock, entropy: &dyn Entropy) -> String {
    let random: [u8; 16] = random_array(entropy);
    let ulid = ulid::Ulid::from_parts(clock.now_ms().unsigned_abs(), u128::from_be_bytes(random));
    format!("{prefix}{}", ulid.to_string().to_lowercase())
}

macro_rules! generated_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new identifier; later ones sort after earlier ones.
            pub fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(generate($prefix, clock, entropy))
            }
            /// The text, with its prefix.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let expected = concat!("an id such as `", $prefix, "01k…`");
                let valid = text.strip_prefix($prefix).is_some_and(|rest| {
                    rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
                });
                if valid { Ok(Self(text.to_owned())) } else { Err(InvalidId { text: cut(text), expected }) }
            }
        }

        id_conversions!($name);
    };
}

macro_rules! named_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { text: cut(text), expected: $expected }) }
            }
        }

        id_conversions!($name);
    };
}

macro_rules! platform_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if is_segment(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { text: cut(text), expected: PLATFORM_ID }) }
            }
        }

        id_conversions!($name);
    };
}

macro_rules! id_conversions {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

generated_id!(
    /// A credential: `cred_…`.
    CredentialId, "cred_"
);
generated_id!(
    /// An API token (not its text): `tok_…`.
    TokenId, "tok_"
);
generated_id!(
    /// One verification of a stored credential: `ver_…`.
    VerificationId, "ver_"
);
generated_id!(
    /// A person who signs in to the web pages: `usr_…`.
    UserId, "usr_"
);
generated_id!(
    /// A session of a person at the web pages (not its cookie): `ses_…`.
    SessionId, "ses_"
);
generated_id!(
    /// An audit record: `aud_…`.
    AuditId, "aud_"
);
named_id!(
    /// A workspace, chosen by the operator, such as `default`.
    WorkspaceId, "a workspace id (1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit)"
);
named_id!(
    /// A component, chosen by its author, such as `petstore`.
    ComponentId, "a component id (1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit)"
);
platform_id!(
    /// A flow, by the platform's own name for it.
    FlowId
);
platform_id!(
    /// A step, by the platform's own name for it within its flow.
    StepId
);

impl WorkspaceId {
    /// The workspace that exists from the first migration on.
    pub fn default_workspace() -> Self {
        Self("default".to_owned())
    }
}

/// Lower-case letters, digits and inner hyphens, 1 to 63 (as a DNS label, RFC 1123).
fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !RESERVED.contains(&text)
}

/// What an id of the platform is, for errors.
pub const PLATFORM_ID: &str = "1 to 200 of A-Z, a-z, 0-9 and `-._~:@`, and not `.` or `..`";

/// A segment of a URL's path (RFC 3986, 3.3) that stands there as it is.
fn is_segment(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:@".contains(&b);
    (1..=200).contains(&text.len()) && text.bytes().all(allowed) && !matches!(text, "." | "..")
}

/// Names that would read as something else in a URL or an error.
const RESERVED: [&str; 5] = ["root", "admin", "system", "null", "undefined"];

/// At most 80 characters of a text that is shown in an error.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
