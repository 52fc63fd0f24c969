//! Random operations from several tasks at once, over the network, in a world so small that they meet all the time.
//! Every answer is compared with all that is known of what happened, and the tables are looked at meanwhile: no active
//! step is ever without the credential that it needs, none holds one of another component or workspace or one that is
//! gone, whoever loses a race is told so, and no conflict inside the database is ever shown.
//!
//! 2,000 operations each; `KEYSTEAD_TEST_OPERATIONS` says how many others. `KEYSTEAD_TEST_SEED` repeats the choices of
//! a run, though not their timing.

mod choice;
mod client;
mod event;
mod guest;
mod history;
mod judge;
mod operation;
mod run;
mod sighting;
mod site;
mod watch;
mod world;

use keystead::domain::clock::{Entropy as _, SystemEntropy};

use crate::harness::databases::Backend;
use run::Run;
use site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows_and_credentials_hold_together_under_load_on_sqlite() {
    hold_together(Site::of_one(Backend::Sqlite).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows_and_credentials_hold_together_under_load_on_postgresql() {
    hold_together(Site::of_one(Backend::Postgres).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows_and_credentials_hold_together_under_load_of_two_processes_on_one_postgresql() {
    hold_together(Site::of_two().await).await;
}

/// What a run of usual length meets at least once, or it would prove little.
const MET: [&str; 10] = [
    "Activate 409 flow-not-ready",
    "Choose 409 flow-not-ready",
    "Choose 422 unknown-credential",
    "Create 201",
    "DeleteCredential 200",
    "DeleteCredential 204",
    "DeleteCredential 409 credential-in-use",
    "PutFlow 200",
    "PutFlow 409 flow-not-ready",
    "Replace 200",
];

async fn hold_together(site: Site) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let operations = number("KEYSTEAD_TEST_OPERATIONS").unwrap_or(2_000);
    let seed = number("KEYSTEAD_TEST_SEED").unwrap_or_else(|| {
        let mut bytes = [0; 4];
        SystemEntropy.fill(&mut bytes);
        u32::from_le_bytes(bytes).into()
    });
    let again = format!("KEYSTEAD_TEST_SEED={seed} repeats the choices");
    eprintln!("{again}");
    let mut run = Run::new(&site, seed).await;
    let mut done = 0;
    while done < operations {
        let violations = run.phase().await;
        let shown: Vec<&str> = violations.iter().take(10).map(String::as_str).collect();
        let (count, shown) = (violations.len(), shown.join("\n\n"));
        assert!(violations.is_empty(), "after {done} operations, {count} violations; {again}\n{shown}\n");
        (done, _) = run.summary().await;
    }
    eprintln!("{}", run.summary().await.1);
    let missed: Vec<&str> =
        MET.into_iter().filter(|kind| operations >= 2_000 && run.count(kind) == 0).collect();
    assert!(missed.is_empty(), "never met: {missed:?}; {again}");
}
