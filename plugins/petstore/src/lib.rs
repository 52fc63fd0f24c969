//! Verifies an API key of the Swagger Petstore by asking for the shop's inventory, which changes
//! nothing and needs the key.

use keystead_plugin::http::{self, Response};
use keystead_plugin::{Failure, Verdict, Verifier};
use serde_json::{Map, Value};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Petstore {
    api_key: String,
    base_url: String,
}

impl Verifier for Petstore {
    const DESCRIPTOR: &'static str = include_str!("../descriptor.json");

    fn verify(self) -> Result<Verdict, Failure> {
        let url = http::join(&self.base_url, "/store/inventory");
        let response =
            http::get(url).header("accept", "application/json").header("api_key", &self.api_key).send()?;
        Ok(judge(&response))
    }
}

fn judge(response: &Response) -> Verdict {
    match response.status() {
        // The answer repeats the key, as a page that shows its request does. Was it the inventory?
        200 if response.withheld().is_some() => Verdict::undecided(
            "provider-error",
            "The Petstore's answer repeats the API key and was not shown.",
        ),
        200 if response.json::<Map<String, Value>>().is_ok() => Verdict::valid(),
        200 if response.is_html() => {
            wrong_address("A web page answers at this address, not the Petstore's API.")
        }
        200 => Verdict::undecided("provider-error", "The Petstore's answer is not an inventory."),
        401 => Verdict::invalid("rejected", "The Petstore does not accept this API key.").field("/apiKey"),
        403 => Verdict::invalid("insufficient-scope", "This API key may not read the inventory.")
            .field("/apiKey"),
        404 => wrong_address("The Petstore's API is not at this address."),
        429 => Verdict::undecided("rate-limited", "The Petstore wants fewer requests.")
            .retry_after(response.retry_after()),
        status @ 500.. => {
            Verdict::undecided("provider-error", format!("The Petstore answered with error {status}."))
                .retry_after(response.retry_after())
        }
        status => Verdict::undecided(
            "provider-error",
            format!("The Petstore answered {status}, which was not expected."),
        ),
    }
}

fn wrong_address(message: &str) -> Verdict {
    Verdict::invalid("wrong-destination", message).field("/baseUrl")
}

keystead_plugin::export!(Petstore);

#[cfg(test)]
mod tests;
