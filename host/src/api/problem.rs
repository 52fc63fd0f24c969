//! Problem documents (RFC 9457).
//!
//! Handlers return [`Problem`]; the errors of other rooms become one in `readings`, once. What is our
//! own fault is told as a constant text, and its cause goes to the log alone, with the request's id.

use std::fmt;

use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::error::Kind;
use crate::domain::clock::{Entropy, random_array};
use crate::domain::fields::Violation;

/// An answer that says why there is no other.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    detail: String,
    members: Map<String, Value>,
    /// Seconds, for the header `Retry-After`.
    retry_after: Option<u32>,
    /// For the log alone.
    cause: Option<String>,
}

/// Most entries of `errors`; `errors_total` tells how many there were.
const ERRORS: usize = 100;

impl Problem {
    /// A problem; `detail` is a sentence that a person can act on.
    pub(crate) fn new(kind: Kind, detail: impl AsRef<str>) -> Self {
        let (members, retry_after, cause) = (Map::new(), None, None);
        let detail = sentence(detail.as_ref(), kind.row().explanation);
        Self(Box::new(Parts { kind, detail, members, retry_after, cause }))
    }

    /// The answer to a path or an id that does not exist or is somebody else's: always the same.
    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "Nothing is known under this address; check the path and the id.")
    }

    /// A fault of ours. The cause is logged and never told.
    pub(crate) fn internal(cause: impl ToString) -> Self {
        let detail = "The service made a mistake. Its log has the cause under this request's id.";
        Self::new(Kind::Internal, detail).caused_by(cause)
    }

    /// The service waits for its own work no longer.
    pub(crate) fn took_too_long() -> Self {
        let detail = "The service stopped waiting for its own work, which may still finish; look at the outcome before sending the request again.";
        Self::new(Kind::TookTooLong, detail)
    }

    /// With one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// With everything that is wrong, by JSON Pointer.
    pub(crate) fn with_errors(self, errors: &[Violation]) -> Self {
        let told = self.with("errors", json!(&errors[..errors.len().min(ERRORS)]));
        if errors.len() > ERRORS { told.with("errors_total", json!(errors.len())) } else { told }
    }

    /// With `Retry-After`, in seconds.
    pub(crate) fn retry_after(mut self, seconds: Option<u32>) -> Self {
        self.0.retry_after = seconds;
        self.with("retry_after", seconds)
    }

    /// With a cause for the log.
    pub(crate) fn caused_by(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The sentence that a person can act on.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// A member beside those that every document has.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    pub(crate) fn seconds_to_wait(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// The document, for the request with this id.
    pub(crate) fn document(&self, request_id: impl fmt::Display) -> Value {
        let row = self.0.kind.row();
        let mut document = json!({
            "type": format!("/problems/{}", row.slug),
            "title": row.title,
            "status": row.status.as_u16(),
            "detail": self.0.detail,
            "request_id": request_id.to_string(),
        });
        if let Some(members) = document.as_object_mut() {
            members.extend(self.0.members.clone());
        }
        document
    }
}

/// Names one request in answers and in the log. What a client sends under this name is not looked at.
#[derive(Clone, Default)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(random_array(entropy))))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Errors of other rooms, and plugins, write sentences without their ends, or none at all.
fn sentence(text: &str, otherwise: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    match characters.next() {
        None => otherwise.to_owned(),
        Some(first) => {
            let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
            first.to_uppercase().chain(characters).chain(end.chars()).collect()
        }
    }
}

impl IntoResponse for Problem {
    /// The status alone: the envelope knows the request's id and writes the document.
    fn into_response(self) -> Response {
        let mut response = self.0.kind.row().status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_members_in_order() {
        let problem = Problem::not_found().with("right", "x");
        let names: Vec<String> = problem.document("0").as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["type", "title", "status", "detail", "request_id", "right"]);
    }

    #[test]
    fn details_are_whole_sentences() {
        for (text, expected) in
            [("port 1 is closed", "Port 1 is closed."), ("Why?", "Why?"), (" ", "Otherwise.")]
        {
            assert_eq!(sentence(text, "Otherwise."), expected);
        }
    }

    #[test]
    fn our_own_faults_are_told_as_a_constant() {
        let (a, b) = (Problem::internal("table a"), Problem::internal("table b"));
        assert_eq!(a.document("0"), b.document("0"));
        assert_eq!(b.cause(), Some("table b"));
    }
}
