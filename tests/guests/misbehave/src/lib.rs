//! Does what field `mode` says; see [`Misbehave::verify`].

use keystead_plugin::http::{self, Request};
use keystead_plugin::{Failure, Verdict, Verifier, log, random};

mod memory;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Misbehave {
    api_key: String,
    base_url: String,
    mode: String,
    /// How many or how much, where the mode counts.
    #[serde(default)]
    count: u32,
}

impl Verifier for Misbehave {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "misbehave", "title": "Misbehave", "version": "0.1.0",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "required": ["apiKey", "baseUrl", "mode"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"},
            "mode": {"type": "string", "title": "Mode"},
            "count": {"type": "integer", "title": "Count", "minimum": 0, "maximum": 100000000}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET", "POST"], "reason": "sends large bodies"}],
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": [{"rule": "api", "in": "header", "name": "api_key"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        match self.mode.as_str() {
            // `valid` without asking anybody.
            "liar" => {}
            // `valid` after an exchange that carried no secret.
            "liar-exchange" => drop(self.at("/store/inventory").send()),
            // `valid`, whatever the application says.
            "gullible" => drop(self.ask()),
            "trap" => panic!("the guest panics"),
            "unreachable" => memory::trap(),
            "spin" => loop {
                std::hint::black_box(());
            },
            "recurse" => drop(std::hint::black_box(recurse(u64::MAX))),
            // Takes `count` KiB of memory, or all that there is.
            "hungry" => memory::eat(self.count),
            // Writes `count` log lines, then asks properly.
            "log" => {
                (0..self.count).for_each(|line| log::info(&format!("line {line}")));
                self.ask()?;
            }
            // Writes one log line of `count` bytes, then asks properly.
            "long-log" => {
                log::info(&"x".repeat(self.count as usize));
                self.ask()?;
            }
            // Asks properly `count` times; stops at the first failure.
            "exchanges" => {
                for _ in 0..self.count {
                    self.ask()?;
                }
            }
            // Sends `count` bytes.
            "upload" => {
                let body = vec![b'x'; self.count as usize];
                let url = http::join(&self.base_url, "/upload");
                Request::new("POST", url).header("api_key", &self.api_key).body(body).send()?;
            }
            // Asks for `count` bytes; the contract allows 256.
            "random" => {
                log::info(&format!("{} random bytes", random::bytes(self.count).len()));
                self.ask()?;
            }
            // A verdict with `count` bytes of message.
            "long-verdict" => return Ok(Verdict::invalid("rejected", "x".repeat(self.count as usize))),
            // A verdict that no person can use.
            "odd-verdict" => return Ok(Verdict::invalid("made-up", "").field("/nowhere")),
            // Leaves a mark in all of its memory; another run looks for it.
            "stain" => {
                memory::stain();
                self.ask()?;
            }
            // Proves that the search finds what is there.
            "stain-and-look" => {
                memory::stain();
                return Ok(Verdict::undecided("provider-error", memory::look()));
            }
            "look" => return Ok(Verdict::undecided("provider-error", memory::look())),
            // Asks `{baseUrl}/slow`, which answers late or never.
            "slow" => drop(self.at("/slow").header("api_key", &self.api_key).send()?),
            _ => drop(self.ask()?),
        }
        Ok(Verdict::valid())
    }
}

impl Misbehave {
    fn at(&self, path: &str) -> Request {
        http::get(http::join(&self.base_url, path))
    }

    fn ask(&self) -> Result<http::Response, Failure> {
        self.at("/store/inventory").header("api_key", &self.api_key).send()
    }
}

#[expect(unconditional_recursion, reason = "that is the misbehaviour")]
fn recurse(depth: u64) -> u64 {
    std::hint::black_box(recurse(std::hint::black_box(depth) - 1)) + 1
}

keystead_plugin::export!(Misbehave);
