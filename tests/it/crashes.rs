//! A real service is killed with SIGKILL while it is written to, again and again: what it acknowledged is there
//! afterwards, what it did not is absent or whole, and what is `verified` holds the very values that passed.
//!
//! Three rounds; `KEYSTEAD_TEST_ROUNDS` says how many others.

mod audit;
mod load;
mod model;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::acceptance::installation::{self, GENEROUS, Installation};
use crate::harness::postgres;
use crate::harness::recorder::{Recorder, Reply};
use load::{Api, Writer};
use model::{GOOD, Presence, Random};

/// Clients that write at once.
const WRITERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_sqlite() {
    let mut installation =
        Installation::start(&[], &[("KEYSTEAD_LOG_LEVEL", "warn"), ("RUST_LOG", "warn"), GENEROUS]);
    survive(&mut installation, 1).await;
    let file = installation.data_dir().join("keystead.db");
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let found: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(found, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_postgresql() {
    let database = postgres::create(false).await;
    let key = installation::run(&mut installation::keystead(&["key", "generate"])).0;
    let environment =
        [("KEYSTEAD_ROOT_KEY", key.trim()), ("KEYSTEAD_LOG_LEVEL", "warn"), ("RUST_LOG", "warn"), GENEROUS];
    let mut installation = Installation::start(&["--database-url", &database.url], &environment);
    survive(&mut installation, 2).await;
}

/// When the service is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// When so many requests have been answered since the writers began.
    Answered(u64),
    /// So long after the writers began, in the middle of whatever goes on.
    Elapsed(Duration),
}

/// All rounds; ends with a service that was killed once more.
async fn survive(installation: &mut Installation, seed: u64) {
    let rounds = std::env::var("KEYSTEAD_TEST_ROUNDS").map_or(3, |text| text.parse().unwrap());
    let operator =
        installation.token(&["--installation", "--rights", "components:install,components:consent"]);
    let rights = "credentials:read,credentials:write,credentials:use";
    let token = installation.token(&["--workspace", "default", "--rights", rights]);
    installation.install("petstore", &operator);
    let upstream = Arc::new(Recorder::start([("*", Reply::KeysLike(GOOD))]).await);
    let mut random = Random(seed);
    let writer = |number| Writer {
        number,
        origin: upstream.origin(),
        random: Random(seed * 1_000 + number as u64),
        entries: Vec::new(),
        counts: Default::default(),
        violations: Vec::new(),
    };
    let mut writers: Vec<Writer> = (0..WRITERS).map(writer).collect();

    for round in 0..rounds {
        let moment = match round % 2 {
            0 => Moment::Answered(1 + random.below(60)),
            _ => Moment::Elapsed(Duration::from_millis(random.below(150))),
        };
        writers = write(writers, round, installation, &token, moment).await;
        installation.serve();
        upstream.forget();
        let is_last = round + 1 == rounds;
        writers = audit(writers, &api(installation, &token), &upstream, is_last).await;
        let violations: Vec<&String> = writers.iter().flat_map(|writer| &writer.violations).collect();
        assert!(violations.is_empty(), "round {round}, killed at {moment:?}: {violations:#?}");
    }

    let here =
        |writer: &Writer| writer.entries.iter().filter(|entry| entry.presence == Presence::Here).count();
    let expected: usize = writers.iter().map(here).sum();
    assert_eq!(count(&api(installation, &token)).await, expected, "credentials that nobody made");
    installation.kill();
    for writer in &writers {
        eprintln!("{rounds} rounds, writer {}: {:?}, {} here", writer.number, writer.counts, here(writer));
    }
}

/// Lets the writers write until the service is killed.
async fn write(
    writers: Vec<Writer>,
    round: usize,
    installation: &mut Installation,
    token: &str,
    moment: Moment,
) -> Vec<Writer> {
    let (finished, mut answered) = watch::channel(0);
    let api = api(installation, token);
    let mut tasks = JoinSet::new();
    for mut writer in writers {
        let (api, finished) = (api.clone(), finished.clone());
        tasks.spawn(async move {
            writer.write(round, &api, &finished).await;
            writer
        });
    }
    match moment {
        Moment::Answered(count) => drop(answered.wait_for(|now| *now >= count).await.unwrap()),
        // The point of it is that nobody knows what goes on then.
        Moment::Elapsed(time) => tokio::time::sleep(time).await,
    }
    installation.kill();
    tasks.join_all().await
}

/// Compares what writers know with what the service holds, all at once.
async fn audit(writers: Vec<Writer>, api: &Api, upstream: &Arc<Recorder>, is_all: bool) -> Vec<Writer> {
    let mut tasks = JoinSet::new();
    for mut writer in writers {
        let (api, upstream) = (api.clone(), upstream.clone());
        tasks.spawn(async move {
            writer.audit(&api, &upstream, is_all).await;
            writer
        });
    }
    tasks.join_all().await
}

/// How many credentials there are, all of them verified.
async fn count(api: &Api) -> usize {
    let mut count = 0;
    let mut path = "/v1/credentials?limit=100".to_owned();
    loop {
        let page = api.call("GET", &path, None, None).await.unwrap().body;
        let items = page["items"].as_array().unwrap();
        assert!(items.iter().all(|item| item["status"] == json!("verified")), "{page}");
        count += items.len();
        let Some(cursor) = page["next_cursor"].as_str() else { return count };
        path = format!("/v1/credentials?limit=100&cursor={cursor}");
    }
}

fn api(installation: &Installation, token: &str) -> Api {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
    Api { client, address: installation.address().to_owned(), token: token.to_owned() }
}
