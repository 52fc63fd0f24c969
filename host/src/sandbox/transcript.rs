//! What a guest asked of the contract's imports and what it observed.

use serde::Serialize;
use serde_json::{Value, json};

use super::bindings::keystead::plugin::http;
use crate::egress::{Failure, Response};

/// One call from guest to host. Holds sealed tokens, never secrets: it is what the guest saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// For example `http.send`.
    pub name: &'static str,
    pub arguments: Value,
    pub result: Value,
}

/// A request as the guest made it.
pub(super) fn request(request: &http::Request) -> Value {
    json!({
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "body": request.body.as_deref().map(bytes),
        "extra": request.extra,
    })
}

/// An exchange's end as the guest saw it.
pub(super) fn answer(answer: &Result<Response, Failure>) -> Value {
    match answer {
        Ok(response) => json!({
            "status": response.status,
            "headers": response.headers,
            "body": bytes(&response.body),
            "extra": response.extra,
        }),
        Err(failure) => json!({
            "failure": failure.kind,
            "message": failure.message,
            "extra": failure.extra,
        }),
    }
}

/// Text where the bytes are text, else an object with their base64.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    use base64::Engine;
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }),
    }
}
