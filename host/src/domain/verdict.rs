//! What a verification found. Three things stay apart: a verdict (about the credential), a verifier
//! failure (about the plugin) and a refusal of what the person typed as destination.

use serde::{Deserialize, Serialize};

/// What the plugin found out about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The application accepted the credential.
    Valid(Acceptance),
    /// The application refused it; trying again unchanged is useless.
    Invalid(Rejection),
    /// Nobody can say; trying again later may help.
    Undecided(Doubt),
}

/// Who the credential turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    pub account: Option<Account>,
    /// Granted scopes, in the application's own words.
    pub scopes: Vec<String>,
    /// Scopes that the descriptor wants and that are not granted.
    pub missing_scopes: Vec<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub expires_at: Option<u64>,
    pub extra: Vec<(String, String)>,
}

/// The account behind a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Stable identifier at the application.
    pub id: String,
    /// For people.
    pub label: String,
}

/// Why the application refused the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// A registered reason; unknown ones are shown as `rejected`.
    pub reason: String,
    /// One sentence for the person who typed the credential.
    pub message: String,
    /// JSON Pointer (RFC 6901) of the field to correct.
    pub field: Option<String>,
    pub extra: Vec<(String, String)>,
}

/// Why nobody can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// A registered reason; unknown ones are shown as `provider-error`.
    pub reason: String,
    pub message: String,
    /// Seconds.
    pub retry_after: Option<u32>,
    pub extra: Vec<(String, String)>,
}

/// What a verification ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The plugin answered and its answer counts.
    Verdict(Verdict),
    /// The destination that the person typed is not allowed. Never saved.
    DestinationRefused(DestinationRefusal),
    /// The plugin trapped, lied or ran out of its limits. Never a success.
    Failure(VerifierFailure),
}

/// A destination field whose value must not be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRefusal {
    /// JSON Pointer of the destination field.
    pub pointer: String,
    /// What was refused and what to do, for the person who typed it.
    pub message: String,
}

/// A fault of the plugin, never of the credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct VerifierFailure {
    pub kind: FailureKind,
    /// A sentence for the operator and the author; scrubbed of secrets.
    pub detail: String,
}

impl VerifierFailure {
    /// A failure of the given kind.
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// How a verifier failed. The text is stable and part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The guest trapped: panic, unreachable, stack overflow, bad memory access.
    Trapped,
    /// The CPU budget was used up.
    CpuLimit,
    /// The wall-clock limit passed.
    Deadline,
    /// The memory, table, instance or resource limit was hit.
    MemoryLimit,
    /// More host calls, log lines or bytes than allowed.
    CallLimit,
    /// What the plugin returned is not an answer of the contract.
    BadOutput,
    /// `valid` although no answered exchange carried a sealed value of this credential.
    Unproven,
    /// A destination that the descriptor does not declare.
    DestinationRefused,
    /// A method that the rule does not declare.
    MethodRefused,
    /// A sealed token at a place that the descriptor does not declare, or a header that is the host's.
    PlacementRefused,
    /// A declared destination whose address policy refuses; an operator's allowance decides.
    AddressRefused,
    /// The component's release is faulty and cannot run.
    Faulty,
}

impl FailureKind {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::CpuLimit => "cpu-limit",
            Self::Deadline => "deadline",
            Self::MemoryLimit => "memory-limit",
            Self::CallLimit => "call-limit",
            Self::BadOutput => "bad-output",
            Self::Unproven => "unproven",
            Self::DestinationRefused => "destination-refused",
            Self::MethodRefused => "method-refused",
            Self::PlacementRefused => "placement-refused",
            Self::AddressRefused => "address-refused",
            Self::Faulty => "faulty",
        }
    }

    /// Whether the plugin ran out of time, which an HTTP client is told as 504.
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::CpuLimit | Self::Deadline)
    }
}
