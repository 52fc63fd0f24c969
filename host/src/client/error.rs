//! What can go wrong in a call to a service. Never holds the token.

use std::error::Error as _;

use reqwest::Url;
use serde_json::Value;

/// A call that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("`{0}` is not the URL of a service; it looks like `https://keystead.example`")]
    Server(String),
    #[error("no API token is given")]
    NoToken,
    #[error("this is not an API token (`kst_…`)")]
    InvalidToken,
    #[error("TLS is not available on this machine")]
    Tls,
    #[error("cannot reach the service at `{server}`: {cause}")]
    Unreachable { server: String, cause: String },
    #[error("what answers at `{0}` is not Keystead")]
    NotKeystead(String),
    /// The service said no.
    #[error("the service answered {}: {}", .0.status, .0.detail)]
    Problem(Box<Problem>),
}

/// Why a service did not do what was asked (RFC 9457).
#[derive(Debug)]
pub struct Problem {
    /// Of HTTP.
    pub status: u16,
    /// The last segment of its `type`, such as `credential-in-use`; empty where it has none.
    pub kind: String,
    /// A sentence, without its full stop.
    pub detail: String,
    /// The whole document: what is listed in it depends on the kind.
    pub document: Value,
}

impl ClientError {
    /// The connection failed, or broke. The innermost cause tells most.
    pub(super) fn unreachable(server: &Url, error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Unreachable { server: server.to_string(), cause: "it took too long".to_owned() };
        }
        let mut cause = error.source();
        while let Some(inner) = cause.and_then(|cause| cause.source()) {
            cause = Some(inner);
        }
        let cause = cause.map_or_else(|| "the connection failed".to_owned(), ToString::to_string);
        Self::Unreachable { server: server.to_string(), cause }
    }

    /// What a problem document says.
    pub(super) fn problem(server: &Url, status: u16, document: Value) -> Self {
        let text = |name: &str| document[name].as_str();
        let Some(detail) = text("detail").or_else(|| text("title")) else {
            return match status {
                500.. => {
                    Self::Unreachable { server: server.to_string(), cause: format!("it answered {status}") }
                }
                _ => Self::NotKeystead(server.to_string()),
            };
        };
        let detail = detail.trim_end_matches('.').to_owned();
        let kind = text("type").and_then(|kind| kind.rsplit('/').next()).unwrap_or_default().to_owned();
        Self::Problem(Box::new(Problem { status, kind, detail, document }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_in_one_line() {
        let server = Url::parse("http://127.0.0.1:8080/").unwrap();
        let document = serde_json::json!({"type": "/problems/unknown-component", "detail": "Not installed."});
        let error = ClientError::problem(&server, 422, document);
        assert_eq!(error.to_string(), "the service answered 422: Not installed");
        assert!(matches!(error, ClientError::Problem(problem) if problem.kind == "unknown-component"));
        let told = ClientError::problem(&server, 404, Value::Null).to_string();
        assert_eq!(told, "what answers at `http://127.0.0.1:8080/` is not Keystead");
        assert!(matches!(ClientError::problem(&server, 502, Value::Null), ClientError::Unreachable { .. }));
    }
}
