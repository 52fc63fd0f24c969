//! Where the operations go: one service in this process, or two processes over one database.

use std::any::Any;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use keystead::app::Actor;
use keystead::domain::clock::SystemClock;
use keystead::domain::id::WorkspaceId;
use keystead::domain::rights::{Right, Scope};
use keystead::sandbox;

use super::guest;
use super::world::{COMPONENTS, WORKSPACES, needs_credential};
use crate::acceptance::installation::{self, GENEROUS, Installation};
use crate::api::service::Service;
use crate::harness::databases::{Backend, fresh};
use crate::harness::postgres;

/// A running Keystead with the world's components and workspaces.
pub struct Site {
    /// Where it listens: one address, or two of processes that share their database.
    pub addresses: Vec<String>,
    /// A token of each workspace.
    pub tokens: [String; WORKSPACES.len()],
    pub backend: Backend,
    pub database_url: String,
    /// What goes when the test ends.
    _parts: Box<dyn Any>,
}

impl Site {
    /// A service in this process, over a fresh database.
    pub async fn of_one(backend: Backend) -> Self {
        let limits = sandbox::Settings { concurrency: 16, ..Default::default() };
        let service =
            Service::with_all(fresh(backend).await, Default::default(), limits, Arc::new(SystemClock)).await;
        for id in COMPONENTS {
            let bytes = guest::component(id, needs_credential(id));
            keystead::install::install(&service.app, &Actor::Operator, bytes).await.unwrap();
        }
        service.workspace(WORKSPACES[1]).await;
        let token = |workspace: &str| Scope::Workspace(workspace.parse::<WorkspaceId>().unwrap());
        let tokens = [
            service.token(token(WORKSPACES[0]), &[Right::Admin], None).await,
            service.token(token(WORKSPACES[1]), &[Right::Admin], None).await,
        ];
        let (address, _) = service.listen(std::future::pending()).await;
        Self {
            addresses: vec![format!("http://{address}")],
            tokens,
            backend,
            database_url: service.database.url.clone(),
            _parts: Box::new(service),
        }
    }

    /// Two processes of the real binary over one PostgreSQL database.
    pub async fn of_two() -> Self {
        let database = postgres::create(true).await;
        let key = installation::run(&mut installation::keystead(&["key", "generate"])).0;
        let environment = [
            ("KEYSTEAD_ROOT_KEY", key.trim()),
            ("KEYSTEAD_LOG_LEVEL", "warn"),
            ("RUST_LOG", "warn"),
            GENEROUS,
        ];
        let start = || Installation::start(&["--database-url", &database.url], &environment);
        let mut first = start();
        let operator = first.token(&["--installation", "--rights", "components:install,components:consent"]);
        install(first.address(), &operator).await;
        let words = ["workspace", "create", WORKSPACES[1], "--database-url", &database.url];
        installation::run(installation::keystead(&words).envs(environment));
        let tokens =
            WORKSPACES.map(|workspace| first.token(&["--workspace", workspace, "--rights", "admin"]));
        // It loads the components as it starts.
        let second = start();
        Self {
            addresses: [&first, &second].map(|it| it.address().to_owned()).to_vec(),
            tokens,
            backend: Backend::Postgres,
            database_url: database.url.clone(),
            _parts: Box::new(([first, second], database)),
        }
    }
}

/// Installs the world's components over the network.
async fn install(address: &str, token: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for id in COMPONENTS {
        let request = client.post(format!("{address}/v1/components")).bearer_auth(token);
        let request = request.header(CONTENT_TYPE, "application/wasm");
        let answer = request.body(guest::component(id, needs_credential(id))).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }
}
