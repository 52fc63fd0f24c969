//! The API's router over a real database, sandbox and egress, called without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use keystead::api::Settings;
use keystead::app::{Actor, App};
use keystead::budgets::{self, Budgets};
use keystead::catalogue::Catalogue;
use keystead::domain::clock::{Clock, SystemClock, SystemEntropy};
use keystead::domain::id::{TokenId, WorkspaceId};
use keystead::domain::rights::{Right, Scope};
use keystead::domain::token::{TokenKind, TokenText};
use keystead::egress::resolver::SystemResolver;
use keystead::egress::{self, Egress};
use keystead::keyring::{Keyring, RootKey};
use keystead::sandbox::{self, Sandbox};
use keystead::store::{NewToken, Store};
use keystead::ui::Address;
use keystead::web;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::harness::databases::{Database, Guard};
use crate::harness::recorder::{Recorder, Reply, answer, json as json_reply};
use crate::harness::wasm::{guest, plugin};

/// An installation with an upstream that it may speak to. It may speak to all of 127.0.0.2 too.
pub struct Service {
    pub app: Arc<App>,
    pub upstream: Recorder,
    /// Another address that it may speak to.
    pub elsewhere: Recorder,
    /// Where requests for `/gate` wait: see [`Reply::Gate`].
    pub gate: Arc<Barrier>,
    limits: Limits,
    router: TowerToHyperService<axum::Router>,
    pub database: Database,
}

/// What a service is held to.
#[derive(Clone)]
struct Limits {
    api: Settings,
    sandbox: sandbox::Settings,
    budgets: budgets::Settings,
}

impl Default for Limits {
    /// Most tests have one upstream.
    fn default() -> Self {
        let sandbox = sandbox::Settings { concurrency: 4, per_host: 100, ..Default::default() };
        Self { api: Settings::default(), sandbox, budgets: Default::default() }
    }
}

/// Budgets that are never used up.
fn generous() -> budgets::Settings {
    budgets::Settings { failures: 1_000_000, verifications: 1_000_000_000, ..Default::default() }
}

/// A clock that a test sets.
pub struct Hands(pub AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the body is no JSON.
    pub body: Value,
}

/// Where the pages of a service without a socket are.
pub fn address() -> Address {
    Address::loopback("127.0.0.1:8080".parse().unwrap()).unwrap()
}

impl Service {
    /// Over a fresh database.
    pub async fn over(database: Database) -> Self {
        Self::with(database, Settings::default()).await
    }

    /// Over a fresh database, with these limits.
    pub async fn with(database: Database, settings: Settings) -> Self {
        Self::with_clock(database, settings, Arc::new(SystemClock)).await
    }

    /// Over a fresh database, with these limits and this clock.
    pub async fn with_clock(database: Database, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let keyring = Keyring::new(RootKey::generate(&SystemEntropy)).unwrap();
        let limits = Limits { api: settings, ..Limits::default() };
        Self::build(database, limits, clock, keyring, Vec::new()).await
    }

    /// Over a fresh database, with these budgets and this clock.
    pub async fn with_budgets(database: Database, budgets: budgets::Settings, clock: Arc<dyn Clock>) -> Self {
        let keyring = Keyring::new(RootKey::generate(&SystemEntropy)).unwrap();
        let limits = Limits { budgets, ..Limits::default() };
        Self::build(database, limits, clock, keyring, Vec::new()).await
    }

    /// Over a fresh database, with these limits, those of the sandbox, and this clock. No budget is ever used up.
    pub async fn with_all(
        database: Database,
        settings: Settings,
        limits: sandbox::Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keyring = Keyring::new(RootKey::generate(&SystemEntropy)).unwrap();
        let limits = Limits { api: settings, sandbox: limits, budgets: generous() };
        Self::build(database, limits, clock, keyring, Vec::new()).await
    }

    async fn build(
        database: Database,
        limits: Limits,
        clock: Arc<dyn Clock>,
        keyring: Keyring,
        mut allow: Vec<String>,
    ) -> Self {
        let gate = Arc::new(Barrier::new(2));
        let upstream = Recorder::start(shops(&gate)).await;
        let elsewhere = Recorder::start([]).await;
        let store = database.store.clone();
        let sandbox = Arc::new(Sandbox::new(&limits.sandbox).unwrap());
        allow.extend([upstream.allowance(), elsewhere.allowance(), "127.0.0.2/32:*".to_owned()]);
        let egress = egress::Settings { allow, ..Default::default() };
        let app = App {
            clock,
            entropy: Arc::new(SystemEntropy),
            keyring,
            catalogue: Catalogue::load(&store, &sandbox).await.unwrap(),
            egress: Egress::new(egress, Arc::new(SystemResolver::new().unwrap()), Vec::new()).unwrap(),
            sandbox,
            store,
            telemetry: Default::default(),
            accounts: Default::default(),
            budgets: Budgets::new(&limits.budgets).unwrap(),
        };
        let app = Arc::new(app);
        let router = TowerToHyperService::new(web::router(app.clone(), limits.api.clone(), Some(address())));
        Self { app, upstream, elsewhere, gate, limits, router, database }
    }

    /// With the Petstore's plugin installed.
    pub async fn with_petstore(database: Database) -> Self {
        let service = Self::over(database).await;
        keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
        service
    }

    /// With a verifier of several secrets installed.
    pub async fn with_pair(database: Database) -> Self {
        let service = Self::over(database).await;
        keystead::install::install(&service.app, &Actor::Operator, guest("pair")).await.unwrap();
        service
    }

    /// The service as it starts over the same database another time, with the same root key.
    pub async fn restart(self) -> Self {
        let (clock, keyring) = (self.app.clock.clone(), self.app.keyring.clone());
        Self::build(self.database, self.limits, clock, keyring, Vec::new()).await
    }

    /// A second one over the same database, as another process would be. It may speak to whom this one may.
    pub async fn twin(&self) -> Self {
        let Database { backend, url, .. } = &self.database;
        let store = Store::open(url).await.unwrap();
        let database = Database { backend: *backend, url: url.clone(), store, guard: Guard::Elsewhere };
        let (clock, keyring) = (self.app.clock.clone(), self.app.keyring.clone());
        let allow = vec![self.upstream.allowance(), self.elsewhere.allowance()];
        Self::build(database, self.limits.clone(), clock, keyring, allow).await
    }

    /// The text of a new token of workspace `default`.
    pub async fn member(&self, rights: &[Right]) -> String {
        self.token(Scope::Workspace(WorkspaceId::default_workspace()), rights, None).await
    }

    /// The text of a new token of the installation.
    pub async fn operator(&self, rights: &[Right]) -> String {
        self.token(Scope::Installation, rights, None).await
    }

    /// The text of a new token.
    pub async fn token(&self, scope: Scope, rights: &[Right], expires_at: Option<Timestamp>) -> String {
        let text = TokenText::generate(TokenKind::from(&scope), &*self.app.entropy);
        let token = NewToken {
            id: TokenId::generate(&*self.app.clock, &*self.app.entropy),
            scope,
            rights: rights.to_vec(),
            hash: text.hash(),
            expires_at,
            created_at: self.app.clock.now(),
        };
        let audit = self.audit("token.create", token.id.as_str());
        self.app.store.insert_token(token, audit).await.unwrap();
        text.into_secret().expose().to_owned()
    }

    /// Another workspace.
    pub async fn workspace(&self, id: &str) -> WorkspaceId {
        let id: WorkspaceId = id.parse().unwrap();
        let audit = self.audit("workspace.create", id.as_str());
        assert!(self.app.store.create_workspace(&id, self.app.clock.now(), audit).await.unwrap());
        id
    }

    fn audit(&self, action: &'static str, subject: &str) -> keystead::store::AuditRecord {
        self.app.audit_record(&Actor::Operator, None, action, subject, "created", json!({}))
    }

    /// Serves the same API on a loopback port until `shutdown` resolves.
    pub async fn listen(
        &self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> (std::net::SocketAddr, tokio::task::JoinHandle<std::io::Result<()>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (
            address,
            tokio::spawn(web::serve(
                listener,
                self.app.clone(),
                self.limits.api.clone(),
                Address::loopback(address),
                shutdown,
            )),
        )
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request) -> Answer {
        let (parts, body) = self.router.call(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, text, body }
    }

    /// A request without a body.
    pub async fn call(&self, method: &str, path: &str, token: &str) -> Answer {
        self.send(request(method, path, token).body(Body::empty()).unwrap()).await
    }

    /// A request with a JSON body.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.post_text(path, token, body.to_string()).await
    }

    /// A request with this text as JSON body.
    pub async fn post_text(&self, path: &str, token: &str, body: impl Into<Body>) -> Answer {
        let request = request("POST", path, token).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// A request with a JSON body and one more header.
    pub async fn send_with(
        &self,
        method: &str,
        path: &str,
        token: &str,
        header: (&str, &str),
        body: &Value,
    ) -> Answer {
        let request =
            request(method, path, token).header(CONTENT_TYPE, "application/json").header(header.0, header.1);
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// An edit.
    pub async fn patch(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = request("PATCH", path, token).header(CONTENT_TYPE, "application/merge-patch+json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// Replaces what is at the path.
    pub async fn put(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = request("PUT", path, token).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// The id of a new petstore credential that is verified.
    pub async fn stored(&self, token: &str) -> String {
        let answer = self.post("/v1/credentials", token, &self.draft("good")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// A flow with petstore steps, each with its credential.
    pub async fn flow(&self, token: &str, id: &str, steps: &[(&str, Option<&str>)]) -> Answer {
        let steps: Vec<Value> = steps
            .iter()
            .map(|(step, credential)| json!({"id": step, "component": "petstore", "credential": credential}))
            .collect();
        let name = format!("The {id}");
        let path = format!("/v1/flows/{id}");
        let answer = self.put(&path, token, &json!({"name": name, "steps": steps})).await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text);
        answer
    }

    /// Activates a flow.
    pub async fn activate(&self, token: &str, id: &str) {
        let answer = self.call("POST", &format!("/v1/flows/{id}/activate"), token).await;
        assert_eq!((answer.status, &answer.body["active"]), (200, &Value::Bool(true)), "{}", answer.text);
    }

    /// A petstore credential whose shop is `shop`: see [`shops`].
    pub fn draft(&self, shop: &str) -> Value {
        let base_url = format!("{}/{shop}", self.upstream.origin());
        json!({"component": "petstore", "fields": {"apiKey": "the-key-4711", "baseUrl": base_url}})
    }
}

/// A request with a token; `""` for none.
pub fn request(method: &str, path: &str, token: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    if token.is_empty() { request } else { request.header(AUTHORIZATION, format!("Bearer {token}")) }
}

/// `good` accepts every key, `bad` refuses it, `busy` cannot say; `fickle` does all three, one after the other;
/// `gate` waits, `mute` says nothing.
fn shops(gate: &Arc<Barrier>) -> [(&'static str, Reply); 7] {
    let good = || json_reply(r#"{"available":3}"#);
    let bad = || answer(401, "application/json", r#"{"message":"no"}"#);
    let busy = || answer(503, "text/plain", "later");
    [
        ("/fickle/store/inventory", Reply::Turns(vec![good(), bad(), busy(), good()])),
        ("/gate/store/inventory", Reply::Gate(gate.clone())),
        ("/gate/pair", Reply::Gate(gate.clone())),
        ("/good/store/inventory", good()),
        ("/bad/store/inventory", bad()),
        ("/busy/store/inventory", busy()),
        ("/mute/store/inventory", Reply::Silence),
    ]
}

impl Answer {
    /// The last segment of the problem's type, with everything that a problem document must have checked.
    #[track_caller]
    pub fn problem(&self) -> &str {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap(), "{self:?}");
        assert!(self.body["title"].is_string(), "{self:?}");
        assert!(
            self.body["detail"].as_str().is_some_and(|text| text.len() > 20 && text.ends_with('.')),
            "{self:?}"
        );
        self.body["type"].as_str().and_then(|text| text.strip_prefix("/problems/")).unwrap()
    }

    /// Status and problem type in one, for tables.
    #[track_caller]
    pub fn outcome(&self) -> (u16, &str) {
        (self.status, self.problem())
    }

    /// The pointers of `errors`.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// The body without what differs from request to request.
    pub fn without_request_id(&self) -> Value {
        let mut body = self.body.clone();
        body.as_object_mut().unwrap().shift_remove("request_id");
        body
    }
}
