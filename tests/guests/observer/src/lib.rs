//! Logs everything that a plugin can observe, as hashes where a token could stand, so that two runs
//! with different secrets can be compared line by line. Ends with `valid`.
//!
//! Field `mode`: absent or `plain` for exchanges that the descriptor allows; `refused` to add some that
//! it does not; `reflect` to add endpoints that repeat the secret.

use keystead_plugin::http::{self, Request};
use keystead_plugin::{Failure, Verdict, Verifier, clock, log, random};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Observer {
    api_key: String,
    base_url: String,
    #[serde(default)]
    mode: String,
}

impl Verifier for Observer {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "observer", "title": "Observer", "version": "0.1.0",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "required": ["apiKey", "baseUrl"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"},
            "mode": {"type": "string", "title": "Mode", "enum": ["plain", "refused", "reflect"]}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": [
            {"rule": "api", "in": "header", "name": "api_key"}, {"rule": "api", "in": "query", "name": "key"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let at = |path: &str| http::get(http::join(&self.base_url, path));
        log::info(&format!("token {} bytes, {}", self.api_key.len(), hash(self.api_key.as_bytes())));
        log::info(&format!("clock {}, random {}", clock::now(), hash(&random::bytes(32))));
        observe("header", at("/store/inventory").header("api_key", &self.api_key));
        observe("query", at("/query").query("key", &self.api_key));
        observe("both", at("/store/inventory").header("api_key", &self.api_key).query("key", &self.api_key));
        observe(
            "inside a header",
            at("/store/inventory").header("api_key", &format!("Key {}", self.api_key)),
        );
        observe("without", at("/store/inventory"));
        if self.mode == "refused" {
            observe("path", at(&format!("/{}", self.api_key)));
            observe("undeclared header", at("/store/inventory").header("x-other", &self.api_key));
            observe("method", Request::new("DELETE", http::join(&self.base_url, "/store/inventory")));
        }
        if self.mode == "reflect" {
            observe("reflect", at("/reflect").header("api_key", &self.api_key));
            observe("after reflect", at("/store/inventory").header("api_key", &self.api_key));
        }
        log::info(&format!("clock {}, random {}", clock::now(), hash(&random::bytes(256))));
        Ok(Verdict::valid())
    }
}

fn observe(name: &str, request: Request) {
    match request.send() {
        Ok(response) => {
            log::info(&format!("{name}: status {}, extra {:?}", response.status(), response.withheld()));
            for (header, value) in response.headers() {
                log::info(&format!(
                    "{name}: header {header}, {} bytes, {}",
                    value.len(),
                    hash(value.as_bytes())
                ));
            }
            log::info(&format!("{name}: body {} bytes, {}", response.body().len(), hash(response.body())));
        }
        Err(failure) => log::info(&format!(
            "{name}: failed with {}, {} bytes, {}, extra {}",
            failure.kind,
            failure.message.len(),
            hash(failure.message.as_bytes()),
            failure.extra.len()
        )),
    }
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("hash {hash:016x}")
}

keystead_plugin::export!(Observer);
