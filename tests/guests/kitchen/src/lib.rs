//! Well behaved, with every kind of field and fields that depend on a choice.

use keystead_plugin::{Failure, Verdict, Verifier, http};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kitchen {
    api_key: String,
    base_url: String,
    /// Only where `auth` is `password`.
    password: Option<String>,
    /// Only where events are sent.
    events_url: Option<String>,
    events_key: Option<String>,
}

impl Verifier for Kitchen {
    const DESCRIPTOR: &'static str = include_str!("../descriptor.json");

    fn verify(self) -> Result<Verdict, Failure> {
        // The Petstore's path, so that its key works here as well.
        let mut request =
            http::get(http::join(&self.base_url, "/store/inventory")).header("api_key", &self.api_key);
        if let Some(password) = &self.password {
            request = request.header("x-password", password);
        }
        let mut status = request.send()?.status();
        if let (200, Some(url)) = (status, &self.events_url) {
            let mut request = http::get(http::join(url, "/events"));
            if let Some(key) = &self.events_key {
                request = request.header("x-events-key", key);
            }
            status = request.send()?.status();
        }
        Ok(match status {
            200 => Verdict::valid(),
            401 => Verdict::invalid("rejected", "The key is not accepted.").field("/apiKey"),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

keystead_plugin::export!(Kitchen);
