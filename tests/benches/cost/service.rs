//! Parts c and d: through the whole service, with its listener, its database and clients of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keystead::api;
use keystead::app::{Actor, App};
use keystead::budgets::{self, Budgets};
use keystead::catalogue::Catalogue;
use keystead::domain::clock::{Clock as _, SystemClock, SystemEntropy};
use keystead::domain::id::{TokenId, WorkspaceId};
use keystead::domain::rights::{Right, Scope};
use keystead::domain::token::{TokenKind, TokenText};
use keystead::keyring::{Keyring, RootKey};
use keystead::sandbox::{self, Sandbox};
use keystead::store::{NewToken, Store};
use keystead::telemetry::Telemetry;
use keystead::web;
use serde_json::json;

use super::load::{Load, ask};
use super::measure::{Variant, compare};
use super::upstream::Role;
use super::{Pace, native, postgres, rig, upstream};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// The service and its native double over one database.
struct Services {
    runtime: tokio::runtime::Runtime,
    sandboxed: SocketAddr,
    native: SocketAddr,
    token: String,
    base_url: String,
    _upstream: Role,
    _guard: Guard,
}

/// Keeps a database for as long as it is used.
enum Guard {
    Folder(#[expect(dead_code, reason = "held, not read")] tempfile::TempDir),
    Postgres(#[expect(dead_code, reason = "held, not read")] postgres::PostgresDatabase),
}

/// c: dry runs, which store an audit record each.
pub fn dry_runs(pace: Pace) {
    let services = Services::over_sqlite();
    services.measure(
        "c. dry run through the service, SQLite with full sync (aim: ratio ≥ 0.5)",
        "?dry_run=true",
        200,
        pace,
    );
}

/// d: saving, on both databases.
pub fn savings(pace: Pace) {
    let services = Services::over_sqlite();
    services.measure("d. saving, SQLite with full sync (aim: ratio ≥ 0.7)", "", 201, pace);
    drop(services);
    let services = Services::over_postgres();
    let what = match std::env::var("TEST_DATABASE_URL") {
        Ok(_) => "PostgreSQL of TEST_DATABASE_URL",
        Err(_) => "PostgreSQL in a cluster of the run's own, which does not sync",
    };
    services.measure(&format!("d. saving, {what} (aim: ratio ≥ 0.7)"), "", 201, pace);
}

impl Services {
    fn over_sqlite() -> Self {
        let folder = tempfile::tempdir_in(super::place::target_dir()).unwrap();
        let url = format!("sqlite://{}/keystead.db", folder.path().display());
        Self::start(&url, Guard::Folder(folder))
    }

    fn over_postgres() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(postgres::create(true));
        Self::start(&database.url.clone(), Guard::Postgres(database))
    }

    fn start(database_url: &str, guard: Guard) -> Self {
        let runtime = rig::runtime();
        let (upstream, base_url) = upstream::start(0);
        let (sandboxed, native, token) = runtime.block_on(async {
            let app = assemble(database_url).await;
            keystead::install::install(&app, &Actor::Operator, rig::plugin()).await.unwrap();
            let token = mint(&app).await;
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(web::serve(
                listener,
                app.clone(),
                api::Settings::default(),
                None,
                std::future::pending(),
            ));
            (address, native::serve(app).await, token)
        });
        Self { runtime, sandboxed, native, token, base_url, _upstream: upstream, _guard: guard }
    }

    fn measure(&self, title: &str, query: &str, status: u16, pace: Pace) {
        for connections in CONNECTIONS {
            let load = |address: SocketAddr, time: Duration| Load {
                address,
                path: format!("/v1/credentials{query}"),
                token: self.token.clone(),
                body:
                    json!({"component": "petstore", "fields": {"apiKey": rig::KEY, "baseUrl": self.base_url}})
                        .to_string(),
                status,
                connections,
                millis: u64::try_from(time.as_millis()).unwrap(),
            };
            let _entered = self.runtime.enter();
            compare(
                &format!("{title}, {connections} connections"),
                pace,
                vec![
                    Variant::new("native", |time| ask(&load(self.native, time))),
                    Variant::new("sandboxed", |time| ask(&load(self.sandboxed, time))),
                ],
            );
        }
    }
}

async fn assemble(database_url: &str) -> Arc<App> {
    let store = Store::open(database_url).await.unwrap();
    store.migrate().await.unwrap();
    // One upstream and one component take all of the load.
    let sandbox = Arc::new(Sandbox::new(&sandbox::Settings { per_host: 100, ..Default::default() }).unwrap());
    let budgets = budgets::Settings { verifications: 1_000_000_000, ..Default::default() };
    Arc::new(App {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        keyring: Keyring::new(RootKey::generate(&SystemEntropy)).unwrap(),
        catalogue: Catalogue::load(&store, &sandbox).await.unwrap(),
        egress: rig::live_egress(),
        sandbox,
        store,
        telemetry: Telemetry::default(),
        accounts: Default::default(),
        budgets: Budgets::new(&budgets).unwrap(),
    })
}

/// A token that may save.
async fn mint(app: &App) -> String {
    let scope = Scope::Workspace(WorkspaceId::default_workspace());
    let text = TokenText::generate(TokenKind::from(&scope), &SystemEntropy);
    let id = TokenId::generate(&SystemClock, &SystemEntropy);
    let audit = app.audit_record(&Actor::Operator, None, "token.create", id.as_str(), "created", json!({}));
    let (hash, created_at) = (text.hash(), SystemClock.now());
    let token =
        NewToken { id, scope, rights: vec![Right::CredentialsWrite], hash, expires_at: None, created_at };
    app.store.insert_token(token, audit).await.unwrap();
    text.into_secret().expose().to_owned()
}
