//! The only place that opens sockets for others. Policy decides where packets may go, sealing
//! replaces tokens by secrets at declared places, and what reflects a secret is withheld.

pub mod body;
pub mod origin;
pub mod policy;
pub mod resolver;
pub mod session;
pub mod settings;
pub mod transport;

pub use session::Session;

/// What a plugin asks to be sent, as in `keystead:plugin/http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Absolute; may hold sealed tokens where a placement says so.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub extra: Vec<(String, String)>,
}

/// What a plugin sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// In order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Decoded; empty where the answer is withheld.
    pub body: Vec<u8>,
    pub extra: Vec<(String, String)>,
}

/// Why a request was not answered. Kinds are those that the contract registers for `http.send`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: &'static str,
    /// A sentence for the author. Never holds a secret.
    pub message: String,
    pub extra: Vec<(String, String)>,
}

impl Failure {
    /// A failure without extra entries.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), extra: Vec::new() }
    }
}
