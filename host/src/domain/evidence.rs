//! What is kept of a verification: redacted, without values.

use serde::{Deserialize, Serialize};

/// What happened in one verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The release that verified: version and digest.
    pub release: ReleaseRef,
    /// Each exchange, in order; refused ones too.
    pub exchanges: Vec<Exchange>,
    /// Names of sealed values that no answered exchange carried.
    pub unproven: Vec<String>,
    /// The plugin's own log lines, scrubbed.
    pub log: Vec<LogLine>,
    /// `extra` entries of the verdict, scrubbed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    /// Wall time of the whole verification, milliseconds.
    pub duration_ms: u64,
}

/// A release, named by what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRef {
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// One attempt to speak to the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Name of the egress rule that allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    pub method: String,
    /// As the plugin wrote it, sealed tokens shown as `{name}`.
    pub url: String,
    /// Where sealed values were placed.
    pub placements: Vec<Placed>,
    /// Names of the values that were captured from the answer. An undeclared one is named by what it
    /// is: `set-cookie`, `access_token`, `refresh_token` or `id_token`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captured: Vec<String>,
    /// HTTP status, when an answer arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Kind of failure, when none arrived or it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What was refused and which rule would allow it; a sentence for the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why the answer was withheld from the plugin: `reflected` or `capture-failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// Bytes of the answer's body after decoding.
    pub bytes_in: u64,
    pub duration_ms: u64,
}

impl Exchange {
    /// Whether the application answered.
    pub fn is_answered(&self) -> bool {
        self.status.is_some() && self.failure.is_none()
    }
}

/// A sealed value and the place that it went to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Name of the sealed value.
    pub sealed: String,
    /// `header`, `query`, `json`, `form` or `basic`.
    #[serde(rename = "in")]
    pub place: String,
    /// Name of the header, parameter or form member, JSON Pointer, `user` or `password`.
    pub name: String,
}

/// A line of the plugin's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `stdout` or `stderr`.
    pub level: String,
    pub text: String,
}
