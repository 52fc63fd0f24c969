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

/// Bytes of JSON that a transcript may grow to; a guest can pass some megabytes in each call.
const ROOM: usize = 8 << 20;

/// The calls of one run, bounded.
pub(super) struct Transcript {
    calls: Vec<Call>,
    room: usize,
}

impl Transcript {
    /// An empty transcript.
    pub(super) fn new() -> Self {
        Self { calls: Vec::new(), room: ROOM }
    }

    /// Adds a call. One that no longer fits is kept by name only, as are all that follow.
    pub(super) fn push(&mut self, call: Call) {
        let size = call.name.len() + call.arguments.to_string().len() + call.result.to_string().len();
        if size <= self.room {
            self.room -= size;
            self.calls.push(call);
        } else {
            self.room = 0;
            let cut = || json!("…");
            self.calls.push(Call { name: call.name, arguments: cut(), result: cut() });
        }
    }

    /// The calls in order.
    pub(super) fn into_calls(self) -> Vec<Call> {
        self.calls
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_do_not_fit_are_kept_by_name() {
        let mut transcript = Transcript::new();
        let call = |text: String| Call { name: "log.write", arguments: json!([text]), result: json!(null) };
        transcript.push(call("short".to_owned()));
        transcript.push(call("a".repeat(ROOM)));
        transcript.push(call("short".to_owned()));
        let calls = transcript.into_calls();
        assert_eq!(calls.len(), 3);
        assert_eq!(calls[0].arguments, json!(["short"]));
        assert_eq!((&calls[1].arguments, &calls[2].arguments), (&json!("…"), &json!("…")));
    }
}
