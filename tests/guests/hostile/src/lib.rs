//! Works, and every text that it may choose tries to become markup or script. The tests look for these very texts.

use keystead_plugin::{Failure, Verdict, Verifier, http, log};

const ACCOUNT: &str = "<b onmouseover=document.title='account'>Ada</b>";
const REFUSAL: &str = "</p><script>document.title='verdict'</script>{{name}} javascript:alert(1)";
const DOUBT: &str = "<svg onload=document.title='doubt'>{reason}";

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hostile {
    api_key: String,
    base_url: String,
}

impl Verifier for Hostile {
    const DESCRIPTOR: &'static str = include_str!("../descriptor.json");

    fn verify(self) -> Result<Verdict, Failure> {
        log::info("<script>document.title='log'</script>");
        // The Petstore's path, so that its key works here as well.
        let url = http::join(&self.base_url, "/store/inventory");
        let response = http::get(url).header("api_key", &self.api_key).send()?;
        Ok(match response.status() {
            200 => Verdict::valid().account(ACCOUNT, ACCOUNT),
            401 => Verdict::invalid("rejected", REFUSAL).field("/apiKey"),
            _ => Verdict::undecided("provider-error", DOUBT),
        })
    }
}

keystead_plugin::export!(Hostile);
