//! What every part needs: the Petstore's verifier, credentials for it, and ways out.

use std::sync::Arc;

use keystead::catalogue::{Examined, examine};
use keystead::domain::clock::{Entropy as _, SystemClock, SystemEntropy};
use keystead::domain::fields::Fields;
use keystead::domain::id::WorkspaceId;
use keystead::domain::verdict::Verdict;
use keystead::egress::resolver::SystemResolver;
use keystead::egress::transport::Answer;
use keystead::egress::{self, Egress, Request};
use keystead::sandbox::{self, RunContext, Sandbox};

use super::{place, upstream};

/// The API key of every credential.
pub const KEY: &str = "spe-4711-Zk9vT2xhbmQgaXMgbmljZSE";

/// A sandbox with the Petstore's plugin in it.
pub struct Rig {
    pub sandbox: Arc<Sandbox>,
    pub release: Examined,
    pub workspace: WorkspaceId,
}

/// The runtime of the service.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// The bytes of the Petstore's plugin.
pub fn plugin() -> Vec<u8> {
    let path = place::target_dir().join("plugins/petstore.wasm");
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("{} is missing: run `cargo xtask plugins`", path.display()))
}

/// Settings that let egress speak to loopback, and wait for a while.
pub fn egress_settings() -> egress::Settings {
    egress::Settings { allow: vec!["127.0.0.1:*".to_owned()], exchange_ms: 60_000, ..Default::default() }
}

/// A way out that opens no socket.
pub fn canned_egress() -> Egress {
    let headers = vec![
        ("content-type".to_owned(), b"application/json".to_vec()),
        ("content-length".to_owned(), upstream::BODY.len().to_string().into_bytes()),
    ];
    let body = upstream::BODY.as_bytes().to_vec();
    let answer = Answer { status: 200, headers, wire_bytes: body.len() as u64, body };
    Egress::canned(egress_settings(), answer).unwrap()
}

/// The way out of the service.
pub fn live_egress() -> Egress {
    Egress::new(egress_settings(), Arc::new(SystemResolver::new().unwrap()), Vec::new()).unwrap()
}

/// What a person types.
pub fn fields(base_url: &str) -> Fields {
    Fields::parse(format!(r#"{{"apiKey":"{KEY}","baseUrl":"{base_url}"}}"#).as_bytes()).unwrap()
}

impl Rig {
    /// With room for so many verifications at once.
    pub async fn new(concurrency: u32) -> Self {
        let settings = sandbox::Settings { concurrency, wall_ms: 60_000, ..Default::default() };
        let sandbox = Arc::new(Sandbox::new(&settings).unwrap());
        let release = examine(&sandbox, &plugin()).await.unwrap();
        Self { sandbox, release, workspace: WorkspaceId::default_workspace() }
    }

    /// A verification by the sandboxed plugin.
    pub async fn sandboxed(&self, egress: &Egress, fields: &Fields) {
        let session = self.open(egress, fields);
        let mut seed = [0; 32];
        SystemEntropy.fill(&mut seed);
        let now_ms = keystead::domain::clock::Clock::now_ms(&SystemClock).unsigned_abs();
        let context = RunContext { now_ms, seed, transcript: false };
        let run = self.sandbox.verify(&self.release.plugin, session, context).await;
        assert!(matches!(run.result, Ok(Verdict::Valid(_))), "{:?}", run.result);
        assert!(run.session.into_record().unproven.is_empty());
    }

    /// The same in native code, through the same egress: tokens, rules, sealing and the search for secrets.
    pub async fn native(&self, egress: &Egress, fields: &Fields) {
        let mut session = self.open(egress, fields);
        let parsed: serde_json::Value = serde_json::from_str(session.credential()).unwrap();
        let text = |name: &str| parsed[name].as_str().unwrap().to_owned();
        let request = Request {
            method: "GET".to_owned(),
            url: format!("{}/store/inventory", text("baseUrl")),
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("api_key".to_owned(), text("apiKey")),
            ],
            body: None,
            extra: Vec::new(),
        };
        let response = session.send(request).await.unwrap();
        assert_eq!(response.status, 200);
        let _: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&response.body).unwrap();
        assert!(session.into_record().unproven.is_empty());
    }

    fn open(&self, egress: &Egress, fields: &Fields) -> egress::Session {
        egress
            .open(&self.workspace, &self.release.descriptor, fields, &SystemEntropy)
            .unwrap_or_else(|_| panic!("the fields do not fit"))
    }
}
