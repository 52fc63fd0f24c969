//! A run: tasks that work at once, then a moment of quiet in which everything is compared, and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::choice::Choice;
use super::client::Client;
use super::event::{Event, text};
use super::history::Lives;
use super::judge::judge;
use super::operation::{Action, Operation};
use super::site::Site;
use super::watch::{BROKEN, Watch};
use super::world::{WORKSPACES, flows};
use crate::flows::counts::MISCOUNTED;

/// Tasks that work at once.
const TASKS: usize = 8;
/// Operations between two moments of quiet.
const PHASE: u64 = 400;

/// A run over a site.
pub struct Run {
    client: Arc<Client>,
    watch: Watch,
    choices: Vec<Choice>,
    lives: Lives,
    /// All flows, as they were read in the last moment of quiet.
    known: Vec<Event>,
    /// How often each kind of operation was answered so.
    counts: BTreeMap<String, u64>,
}

impl Run {
    /// Before the first operation.
    pub async fn new(site: &Site, seed: u64) -> Self {
        let client = Arc::new(Client::new(site));
        let choices = (0..TASKS).map(|task| Choice::new(seed, task)).collect();
        let known = read_flows(&client).await;
        let (lives, counts) = (Lives::default(), BTreeMap::new());
        Self { client, watch: Watch::connect(site).await, choices, lives, known, counts }
    }

    /// Some operations of each task at once, then everything compared; what cannot be.
    pub async fn phase(&mut self) -> Vec<String> {
        let mut events = std::mem::take(&mut self.known);
        let known = events.len();
        let (finished, answered) = watch::channel(());
        let mut tasks = JoinSet::new();
        for mut choice in self.choices.drain(..) {
            let (client, finished) = (self.client.clone(), finished.clone());
            tasks.spawn(async move {
                let events = work(&client, &mut choice, &finished).await;
                (choice, events)
            });
        }
        drop(finished);
        let mut violations = observe(&mut self.watch, answered).await;
        for (choice, done) in tasks.join_all().await {
            self.choices.push(choice);
            events.extend(done);
        }
        for event in &events[known..] {
            *self.counts.entry(kind(event)).or_default() += 1;
        }
        violations.extend(self.lives.learn(&events[known..]));
        self.known = read_flows(&self.client).await;
        events.extend(self.known.iter().cloned());
        events.extend(self.read_credentials().await);
        violations.extend(judge(&events, known, &self.lives));
        violations.extend(self.compare().await);
        violations
    }

    /// Lists all credentials, and reads each with its usages.
    async fn read_credentials(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for workspace in WORKSPACES {
            let mut actions = vec![Action::ListCredentials, Action::ListFlows(None)];
            for (id, _) in self.lives.remaining(workspace) {
                actions.extend([Action::ReadCredential(id.clone()), Action::ListUsages(id.clone())]);
            }
            for action in actions {
                events.push(self.client.send(Operation { workspace, action, if_match: None }, 0).await);
            }
        }
        events
    }

    /// What the tables hold while nothing goes on.
    async fn compare(&mut self) -> Vec<String> {
        let mut violations = Vec::new();
        for (query, expected, what) in [
            (BROKEN, 0, "steps are broken"),
            (MISCOUNTED, 0, "counts are wrong"),
            ("SELECT COUNT(*) FROM credentials", self.remaining(), "credentials are stored"),
            (
                "SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) FROM credential_counts",
                self.remaining(),
                "credentials are counted",
            ),
        ] {
            let found = self.watch.number(query).await;
            if found != expected {
                violations.push(format!("{found} {what}, not {expected}"));
            }
        }
        violations
    }

    fn remaining(&self) -> i64 {
        let remaining = WORKSPACES.map(|workspace| self.lives.remaining(workspace).count());
        i64::try_from(remaining.into_iter().sum::<usize>()).unwrap()
    }

    /// How often a kind of operation was answered so, such as `DeleteCredential 409 credential-in-use`.
    pub fn count(&self, kind: &str) -> u64 {
        self.counts.get(kind).copied().unwrap_or_default()
    }

    /// How many operations there were, and what came of them.
    pub async fn summary(&mut self) -> (u64, String) {
        let lines: Vec<String> =
            self.counts.iter().map(|(kind, count)| format!("{count:>7} {kind}")).collect();
        let deadlocks = self.watch.deadlocks().await;
        (
            self.counts.values().sum(),
            format!("{}\n{deadlocks:>7} deadlocks, ended by the database", lines.join("\n")),
        )
    }
}

/// Operation, status and kind of problem.
fn kind(event: &Event) -> String {
    let action = format!("{:?}", event.operation.action);
    let name = action.split(['(', ' ', '{']).next().unwrap_or_default();
    format!("{name} {} {}", event.status, event.problem).trim_end().to_owned()
}

async fn work(client: &Client, choice: &mut Choice, finished: &watch::Sender<()>) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..PHASE / TASKS as u64 {
        let operation = choice.next(&client.knowledge);
        let address = choice.below(client.addresses());
        events.push(client.send(operation, address).await);
        finished.send_replace(());
    }
    events
}

/// Looks at the tables again and again until all tasks are done, or something is wrong.
async fn observe(watch: &mut Watch, mut answered: watch::Receiver<()>) -> Vec<String> {
    let mut violations = Vec::new();
    while violations.is_empty() && answered.changed().await.is_ok() {
        for (query, what) in [(BROKEN, "steps are broken"), (MISCOUNTED, "counts are wrong")] {
            let found = watch.number(query).await;
            if found != 0 {
                violations.push(format!("{found} {what}, while others work"));
            }
        }
    }
    violations
}

/// Reads all flows while nothing goes on.
async fn read_flows(client: &Client) -> Vec<Event> {
    let mut events = Vec::new();
    for flow in flows() {
        let action = Action::ReadFlow(flow.flow);
        let event = client.send(Operation { workspace: flow.workspace, action, if_match: None }, 0).await;
        assert!(matches!(event.status, 200 | 404), "{}", text(&event.body["detail"]));
        events.push(Event { is_baseline: true, ..event });
    }
    events
}
