//! Sessions that know one declared destination and reach nothing.

use std::sync::{Arc, LazyLock};

use keystead::domain::clock::SystemEntropy;
use keystead::domain::descriptor::Descriptor;
use keystead::domain::fields::Fields;
use keystead::domain::id::WorkspaceId;
use keystead::egress::resolver::{Resolve, ResolveError, Resolving};
use keystead::egress::{Egress, Session, Settings};

/// Knows no name.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(ResolveError) })
    }
}

/// Opening a way out reads the system's certificates, which a thousand sessions need not repeat.
static EGRESS: LazyLock<Egress> =
    LazyLock::new(|| Egress::new(Settings::default(), Arc::new(Nowhere), Vec::new()).unwrap());

static DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    let text = serde_json::json!({
        "descriptor": 1, "id": "probe", "title": "Probe", "version": "1.0.0",
        "authorization": {"kind": "api-key"},
        "schema": {
            "type": "object", "additionalProperties": false,
            "properties": {
                "user": {"type": "string", "title": "User"},
                "apiKey": {"type": "string", "title": "API key", "writeOnly": true},
            },
        },
        "egress": [{"name": "api", "origin": "https://api.example.com", "methods": ["GET"]}],
        "sealed": [{
            "name": "key", "from": {"field": "/apiKey"},
            "to": [{"rule": "api", "in": "header", "name": "api_key"}],
        }],
    });
    Descriptor::parse(&text.to_string()).unwrap()
});

/// A session for these fields: `user`, and the secret `apiKey`.
pub(super) fn session(fields: &str) -> Session {
    let fields = Fields::parse(fields.as_bytes()).unwrap();
    let workspace = WorkspaceId::default_workspace();
    EGRESS.open(&workspace, &DESCRIPTOR, &fields, &SystemEntropy).unwrap()
}
