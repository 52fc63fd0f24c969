//! The contract's imports: http, clock, random, log.

use rand_core::Rng;
use serde_json::json;

use super::bindings::keystead::plugin::{clock, http, log, random, types};
use super::failure::Stop;
use super::state::State;
use super::transcript::{self, Call};
use crate::domain::verdict::FailureKind;
use crate::egress;

/// Bytes that one call of `random.bytes` may ask for.
const RANDOM_BYTES: u32 = 256;

impl types::Host for State {}

impl http::Host for State {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, types::Failure>> {
        self.count_call("http.send")?;
        let arguments = self.transcript.is_some().then(|| transcript::request(&request));
        let request = egress::Request {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
            extra: request.extra,
        };
        let answer = self.hatch.ask(request).await;
        if let Some(arguments) = arguments {
            self.record(|| Call { name: "http.send", arguments, result: transcript::answer(&answer) });
        }
        Ok(match answer {
            Ok(response) => Ok(http::Response {
                status: response.status,
                headers: response.headers,
                body: response.body,
                extra: response.extra,
            }),
            Err(failure) => Err(types::Failure {
                kind: failure.kind.to_owned(),
                message: failure.message,
                extra: failure.extra,
            }),
        })
    }
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.count_call("clock.now")?;
        let now = self.now_ms;
        self.record(|| Call { name: "clock.now", arguments: json!([]), result: json!(now) });
        Ok(now)
    }
}

impl random::Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count_call("random.bytes")?;
        if count > RANDOM_BYTES {
            let sentence = format!("random.bytes was asked for {count} bytes; at most {RANDOM_BYTES}");
            return Err(Stop::new(FailureKind::CallLimit, sentence).into());
        }
        let mut bytes = vec![0; count as usize];
        self.random.fill_bytes(&mut bytes);
        self.record(|| Call {
            name: "random.bytes",
            arguments: json!([count]),
            result: transcript::bytes(&bytes),
        });
        Ok(bytes)
    }
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        self.count_call("log.write")?;
        let level = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
        };
        self.log().write(level, &text);
        self.record(|| Call { name: "log.write", arguments: json!([level, text]), result: json!(null) });
        Ok(())
    }
}
