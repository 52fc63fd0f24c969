//! OAuth 2.0 client credentials (RFC 6749, section 4.4): the secret travels in a form, the access token
//! of the answer in `authorization`.

use keystead_plugin::serde_json::Value;
use keystead_plugin::{Failure, Verdict, Verifier, http};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormLogin {
    client_id: String,
    client_secret: String,
    base_url: String,
}

impl Verifier for FormLogin {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "form-login", "title": "Form login", "version": "0.1.0",
        "authorization": {"kind": "custom"},
        "schema": {"type": "object", "required": ["clientId", "clientSecret", "baseUrl"], "additionalProperties": false, "properties": {
            "clientId": {"type": "string", "title": "Client id", "minLength": 1},
            "clientSecret": {"type": "string", "title": "Client secret", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET", "POST"], "reason": "A token is asked for by POST."}],
        "sealed": [
            {"name": "clientSecret", "from": {"field": "/clientSecret"}, "to": [{"rule": "api", "in": "form", "name": "client_secret"}]},
            {"name": "accessToken", "from": {"capture": {"rule": "api", "json": "/access_token"}}, "to": [
                {"rule": "api", "in": "header", "name": "authorization"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let members = [
            ("grant_type", "client_credentials"),
            ("client_id", &*self.client_id),
            ("client_secret", &*self.client_secret),
            ("scope", "read write"),
        ];
        let answer = http::post(http::join(&self.base_url, "/token")).form(&members).send()?;
        let document: Value = answer.json().unwrap_or_default();
        let Some(token) = document["access_token"].as_str() else {
            return Ok(Verdict::invalid("rejected", "The client is not accepted.").field("/clientSecret"));
        };
        let me = http::get(http::join(&self.base_url, "/me")).bearer(token).send()?;
        Ok(match me.status() {
            200 => Verdict::valid(),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

keystead_plugin::export!(FormLogin);
