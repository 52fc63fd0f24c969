//! The commands to try.

use std::net::SocketAddr;

use super::petstore::GOOD_KEY;

/// What a person can paste, line by line; `{}` stands for the workspace token. `program` is this program,
/// as a shell finds it.
pub fn guide(address: SocketAddr, base_url: &str, program: &str) -> String {
    // Ends the answer with a line break.
    let create = format!(
        r"curl -i -w '\n' -H 'Authorization: Bearer {{}}' -H 'Content-Type: application/json' http://{address}/v1/credentials -d"
    );
    let body = |key: &str| {
        format!(r#"'{{"component": "petstore", "fields": {{"apiKey": "{key}", "baseUrl": "{base_url}"}}}}'"#)
    };
    format!(
        "\
# A good key is saved: 201, verified
{create} {}

# A wrong key is refused: 422, nothing is stored
{create} {}

# What is installed, and what it may send where
KEYSTEAD_TOKEN={{}} {program} plugin list --server http://{address}",
        body(GOOD_KEY),
        body("wrong-key"),
    )
}
