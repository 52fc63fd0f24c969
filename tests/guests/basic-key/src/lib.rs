//! Well behaved: sends both parts of its credential by Basic authentication and judges by the status.

use keystead_plugin::{Failure, Verdict, Verifier, http};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct BasicKey {
    key: String,
    password: String,
    base_url: String,
}

impl Verifier for BasicKey {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "basic-key", "title": "Basic key", "version": "0.1.0",
        "authorization": {"kind": "basic"},
        "schema": {"type": "object", "required": ["key", "password", "baseUrl"], "additionalProperties": false, "properties": {
            "key": {"type": "string", "title": "Key", "minLength": 1, "writeOnly": true},
            "password": {"type": "string", "title": "Password", "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [
            {"name": "key", "from": {"field": "/key"}, "to": [{"rule": "api", "in": "basic", "name": "user"}]},
            {"name": "password", "from": {"field": "/password"}, "to": [{"rule": "api", "in": "basic", "name": "password"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let request = http::get(http::join(&self.base_url, "/me"));
        let response = request.basic(&format!("key-{}", self.key), &self.password).send()?;
        Ok(match response.status() {
            200 => Verdict::valid(),
            401 | 403 => Verdict::invalid("rejected", "Key or password is not accepted.").field("/key"),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

keystead_plugin::export!(BasicKey);
