//! A verify endpoint is no password cracker, and slow or hostile applications leave others alone.

mod circuits;
mod failures;
mod pages;
mod rates;
mod replicas;
mod rests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keystead::app::Actor;
use keystead::budgets::Settings;
use keystead::domain::rights::{Right, Scope};
use serde_json::{Value, json};

use crate::api::service::{Answer, Hands, Service};
use crate::harness::databases::Database;
use crate::harness::recorder::Recorder;
use crate::harness::wasm::plugin;

const DRY_RUN: &str = "/v1/credentials?dry_run=true";

/// A service with the Petstore's plugin, a clock that stands, and one token of workspace `default`.
struct Rig {
    service: Arc<Service>,
    clock: Arc<Hands>,
    token: String,
}

impl Rig {
    async fn over(database: Database) -> Self {
        Self::with(database, Settings::default()).await
    }

    async fn with(database: Database, settings: Settings) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let service = Service::with_budgets(database, settings, clock.clone()).await;
        keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
        let token = service.member(&[Right::Admin]).await;
        Self { service: Arc::new(service), clock, token }
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Tries a credential of one of the service's shops.
    async fn dry_run(&self, shop: &str) -> Answer {
        self.service.post(DRY_RUN, &self.token, &self.service.draft(shop)).await
    }

    /// Tries a key at a base URL.
    async fn try_key(&self, base_url: &str, key: &str) -> Answer {
        self.service.post(DRY_RUN, &self.token, &draft(base_url, key)).await
    }

    /// So many credentials that the shop refuses.
    async fn fail(&self, times: usize) {
        for number in 0..times {
            let answer = self.dry_run("bad").await;
            assert_eq!(
                (answer.status, &answer.body["verdict"]),
                (200, &"invalid".into()),
                "{number}: {answer:?}"
            );
        }
    }

    /// A token of another workspace.
    async fn other(&self) -> String {
        let scope = Scope::Workspace(self.service.workspace("other").await);
        self.service.token(scope, &[Right::Admin], None).await
    }
}

fn draft(base_url: &str, key: &str) -> Value {
    json!({"component": "petstore", "fields": {"apiKey": key, "baseUrl": base_url}})
}

/// Another host, which takes keys that begin with `good`.
async fn far() -> Recorder {
    use crate::harness::recorder::Reply;
    let shops = [("*", Reply::KeysLike("good")), ("/mirror/store/inventory", Reply::Reflect)];
    Recorder::start_at("127.0.0.2", shops).await
}

/// Checks that nothing is tried for so many seconds.
#[track_caller]
fn check_spent(answer: &Answer, seconds: u32) {
    assert_eq!(answer.outcome(), (429, "too-many-failures"), "{answer:?}");
    assert_eq!(answer.headers["retry-after"], seconds.to_string());
    assert_eq!((&answer.body["retry_after"], &answer.body["host"]), (&seconds.into(), &"127.0.0.1".into()));
}
