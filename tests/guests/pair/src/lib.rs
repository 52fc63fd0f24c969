//! Well behaved, with several secrets: two for one address, and one more for an address of its own.

use keystead_plugin::{Failure, Verdict, Verifier, http};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    api_key: String,
    api_secret: Option<String>,
    hook_key: Option<String>,
    base_url: String,
    hooks_url: Option<String>,
}

impl Verifier for Pair {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "pair", "title": "Pair", "version": "0.1.0",
        "authorization": {"kind": "custom"},
        "schema": {"type": "object", "required": ["apiKey", "baseUrl"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "apiSecret": {"type": "string", "title": "API secret", "minLength": 1, "writeOnly": true},
            "hookKey": {"type": "string", "title": "Hook key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"},
            "hooksUrl": {"type": "string", "title": "Hooks URL", "format": "uri"},
            "note": {"type": "string", "title": "Note"}}},
        "egress": [
            {"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]},
            {"name": "hooks", "origin": {"field": "/hooksUrl"}, "methods": ["GET"]}],
        "sealed": [
            {"name": "apiKey", "from": {"field": "/apiKey"}, "to": [{"rule": "api", "in": "header", "name": "api_key"}]},
            {"name": "apiSecret", "from": {"field": "/apiSecret"}, "to": [{"rule": "api", "in": "header", "name": "api_secret"}]},
            {"name": "hookKey", "from": {"field": "/hookKey"}, "to": [{"rule": "hooks", "in": "header", "name": "hook_key"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let mut request = http::get(http::join(&self.base_url, "/pair")).header("api_key", &self.api_key);
        if let Some(secret) = &self.api_secret {
            request = request.header("api_secret", secret);
        }
        let mut status = request.send()?.status();
        if let (200, Some(url), Some(key)) = (status, &self.hooks_url, &self.hook_key) {
            status = http::get(http::join(url, "/hooks")).header("hook_key", key).send()?.status();
        }
        Ok(match status {
            200 => Verdict::valid(),
            401 => Verdict::invalid("rejected", "The keys are not accepted."),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

keystead_plugin::export!(Pair);
