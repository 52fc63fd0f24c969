//! Well behaved: sends its key as query parameter `key` and judges by the status.

use keystead_plugin::{Failure, Verdict, Verifier, http};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryKey {
    api_key: String,
    base_url: String,
}

impl Verifier for QueryKey {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "query-key", "title": "Query key", "version": "0.1.0",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "required": ["apiKey", "baseUrl"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": [{"rule": "api", "in": "query", "name": "key"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let response = http::get(http::join(&self.base_url, "/query")).query("key", &self.api_key).send()?;
        Ok(match response.status() {
            200 => Verdict::valid(),
            401 | 403 => Verdict::invalid("rejected", "The key is not accepted.").field("/apiKey"),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

keystead_plugin::export!(QueryKey);
