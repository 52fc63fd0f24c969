//! The commands to try.

use std::net::SocketAddr;

use super::petstore::GOOD_KEY;

/// What a person can paste, line by line; `{}` stands for the workspace token.
pub fn guide(address: SocketAddr, base_url: &str) -> String {
    let bearer = "-H 'Authorization: Bearer {}'";
    let create =
        format!("curl -i {bearer} -H 'Content-Type: application/json' http://{address}/v1/credentials -d");
    let body = |key: &str| {
        format!(r#"'{{"component": "petstore", "fields": {{"apiKey": "{key}", "baseUrl": "{base_url}"}}}}'"#)
    };
    format!(
        "\
# A good key is saved: 201, verified
{create} {}

# A wrong key is refused: 422, nothing is stored
{create} {}

# What is installed, what it sends where, and how many credentials there are
curl {bearer} http://{address}/v1/components",
        body(GOOD_KEY),
        body("wrong-key"),
    )
}
