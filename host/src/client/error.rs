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
    /// The service said no, in a problem document.
    #[error("the service answered {status}: {detail}")]
    Problem { status: u16, detail: String },
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

    /// What a problem document (RFC 9457) says, in one line.
    pub(super) fn problem(server: &Url, status: u16, problem: &Value) -> Self {
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let Some(mut detail) = text(problem, "detail").or_else(|| text(problem, "title")) else {
            return match status {
                500.. => {
                    Self::Unreachable { server: server.to_string(), cause: format!("it answered {status}") }
                }
                _ => Self::NotKeystead(server.to_string()),
            };
        };
        for error in problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let [pointer, message] = ["pointer", "message"].map(|name| text(error, name).unwrap_or_default());
            detail.push_str(&format!("; {pointer} {message}"));
        }
        Self::Problem { status, detail: detail.trim_end_matches('.').to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_in_one_line() {
        let server = Url::parse("http://127.0.0.1:8080/").unwrap();
        let problem =
            serde_json::json!({"detail": "Not installed.", "errors": [{"pointer": "/a", "message": "b"}]});
        let told = ClientError::problem(&server, 422, &problem).to_string();
        assert_eq!(told, "the service answered 422: Not installed.; /a b");
        let told = ClientError::problem(&server, 404, &Value::Null).to_string();
        assert_eq!(told, "what answers at `http://127.0.0.1:8080/` is not Keystead");
        assert!(matches!(ClientError::problem(&server, 502, &Value::Null), ClientError::Unreachable { .. }));
    }
}
