//! Sends operations, and notes what came of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use serde_json::Value;

use super::event::{Event, Span};
use super::operation::{Action, Operation};
use super::site::Site;
use super::world::{Knowledge, WORKSPACES};

/// Everybody's way to the service.
pub struct Client {
    http: reqwest::Client,
    addresses: Vec<String>,
    tokens: [String; WORKSPACES.len()],
    moments: AtomicU64,
    pub knowledge: Knowledge,
}

impl Client {
    /// A client of all of a site's addresses.
    pub fn new(site: &Site) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap(),
            addresses: site.addresses.clone(),
            tokens: site.tokens.clone(),
            moments: AtomicU64::new(0),
            knowledge: Knowledge::default(),
        }
    }

    /// How many addresses there are.
    pub fn addresses(&self) -> u64 {
        self.addresses.len() as u64
    }

    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst)
    }

    /// Sends an operation to one of the addresses.
    ///
    /// # Panics
    /// When there is no answer: then nothing would be known of what it did.
    pub async fn send(&self, operation: Operation, address: u64) -> Event {
        let (method, path, body) = operation.request();
        let place = WORKSPACES.iter().position(|workspace| *workspace == operation.workspace).unwrap();
        let url = format!("{}{path}", self.addresses[usize::try_from(address).unwrap()]);
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.tokens[place]);
        if let Some(body) = body {
            let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
            request = request.header(CONTENT_TYPE, kind).body(body.to_string());
        }
        if let Some(revision) = operation.if_match {
            request = request.header(IF_MATCH, format!("\"v{revision}\""));
        }
        let start = self.moment();
        let response =
            request.send().await.unwrap_or_else(|error| panic!("{operation:?} got no answer: {error:?}"));
        let status = response.status().as_u16();
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let revision = tag.and_then(|tag| tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok());
        let text = response.text().await.unwrap();
        let span = Span { start, end: self.moment() };
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let problem = body["type"]
            .as_str()
            .and_then(|text| text.strip_prefix("/problems/"))
            .unwrap_or_default()
            .to_owned();
        let event = Event { span, operation, status, problem, revision, body, is_baseline: false };
        self.learn(&event);
        event
    }

    /// Tells everybody what an answer says.
    fn learn(&self, event: &Event) {
        match (&event.operation.action, event.status) {
            (Action::Create { component, .. }, 201) => {
                self.knowledge.add(event.operation.workspace, component, event.body["id"].as_str().unwrap());
            }
            (Action::DeleteCredential(id), 200 | 204) => self.knowledge.remove(id),
            _ => {}
        }
        if let Some((flow, state)) = event.state() {
            self.knowledge.note(flow, state.revision);
        }
    }
}
