//! Writers that go on until the service is gone, and keep what they were told.

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::model::{Entry, Presence, Random};

/// How to speak to the service as it runs now.
#[derive(Clone)]
pub struct Api {
    pub client: Client,
    pub address: String,
    pub token: String,
}

/// What the service answered.
pub struct Answer {
    pub status: u16,
    /// Null where there is none, or where it never came whole.
    pub body: Value,
}

impl Api {
    /// Sends a request; `None` when no status came back.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        retry_key: Option<&str>,
    ) -> Option<Answer> {
        let url = format!("{}{path}", self.address);
        let mut request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if let Some(body) = body {
            let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
            request = request.header("content-type", kind).body(body.to_string());
        }
        if let Some(key) = retry_key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        Some(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}

/// What writers have counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub created: u32,
    pub edited: u32,
    pub deleted: u32,
    pub verified: u32,
    pub refused: u32,
    /// Changes that the service's death left without an answer.
    pub unanswered: u32,
    /// Those of them that were found done.
    pub unanswered_but_done: u32,
}

/// A client with credentials of its own.
pub struct Writer {
    pub number: usize,
    pub origin: String,
    pub random: Random,
    pub entries: Vec<Entry>,
    pub counts: Counts,
    /// What went against a promise.
    pub violations: Vec<String>,
}

impl Writer {
    /// Sends one request after the other until one gets no answer. `finished` counts those that got one.
    pub async fn write(&mut self, round: usize, api: &Api, finished: &watch::Sender<u64>) {
        for number in 0.. {
            // Something to work with comes first.
            let what = if self.pick().is_none() { 0 } else { self.random.below(20) };
            let is_answered = match what {
                0..10 => self.create(&format!("r{round}-w{}-n{number}.", self.number), api).await,
                10..14 => self.edit(api).await,
                14..17 => self.delete(api).await,
                17..19 => self.verify(api).await,
                _ => self.fail(&format!("r{round}-w{}-n{number}.", self.number), api).await,
            };
            if !is_answered {
                return;
            }
            finished.send_modify(|count| *count += 1);
        }
    }

    async fn create(&mut self, stem: &str, api: &Api) -> bool {
        let with_retry_key = self.random.below(2) == 0;
        let mut entry = Entry::new(stem.to_owned(), &self.origin, &mut self.random, with_retry_key);
        let answer =
            api.call("POST", "/v1/credentials", Some(&entry.draft()), entry.retry_key.as_deref()).await;
        if let Some(answer) = &answer {
            self.expect(201, answer, "a creation", stem);
            entry.presence = Presence::Here;
            entry.id = answer.body["id"].as_str().map(str::to_owned);
            self.counts.created += 1;
        }
        self.entries.push(entry);
        self.seen(answer)
    }

    async fn edit(&mut self, api: &Api) -> bool {
        let Some((index, path)) = self.pick() else { return true };
        let entry = &mut self.entries[index];
        let (patch, state) = entry.edit(&self.origin, &mut self.random);
        entry.is_touched = true;
        let answer = api.call("PATCH", &path, Some(&patch), None).await;
        if let Some(answer) = &answer {
            entry.states = vec![state];
            self.counts.edited += 1;
            self.expect(200, answer, "an edit", &path);
        } else {
            entry.states.push(state);
        }
        self.seen(answer)
    }

    async fn delete(&mut self, api: &Api) -> bool {
        let Some((index, path)) = self.pick() else { return true };
        let answer = api.call("DELETE", &path, None, None).await;
        let entry = &mut self.entries[index];
        entry.is_touched = true;
        entry.presence = if answer.is_some() { Presence::Gone } else { Presence::PerhapsGone };
        if let Some(answer) = &answer {
            self.counts.deleted += 1;
            self.expect(204, answer, "a deletion", &path);
        }
        self.seen(answer)
    }

    async fn verify(&mut self, api: &Api) -> bool {
        let Some((_, path)) = self.pick() else { return true };
        let answer = api.call("POST", &format!("{path}/verify"), None, None).await;
        if let Some(answer) = &answer {
            self.counts.verified += 1;
            self.expect(200, answer, "a verification", &path);
        }
        answer.is_some()
    }

    /// A key that the upstream refuses: as a new credential, or in place of one that it accepts.
    async fn fail(&mut self, stem: &str, api: &Api) -> bool {
        let key = format!("bad-{stem}");
        let (method, path, body) = match self.pick() {
            Some((index, path)) if self.random.below(2) == 0 => {
                self.entries[index].is_touched = true;
                ("PATCH", path, json!({"name": key, "fields": {"apiKey": key}}))
            }
            _ => {
                let fields = json!({"apiKey": key, "baseUrl": format!("{}/{stem}0", self.origin)});
                let draft = json!({"component": "petstore", "name": format!("{stem}0"), "fields": fields});
                ("POST", "/v1/credentials".to_owned(), draft)
            }
        };
        let answer = api.call(method, &path, Some(&body), None).await;
        if let Some(answer) = &answer {
            self.counts.refused += 1;
            self.expect(422, answer, "a wrong key", &path);
        }
        answer.is_some()
    }

    /// A credential that is there, and its path.
    fn pick(&mut self) -> Option<(usize, String)> {
        let indices: Vec<usize> = (0..self.entries.len())
            .filter(|&index| {
                self.entries[index].presence == Presence::Here && self.entries[index].id.is_some()
            })
            .collect();
        let place = self.random.below(indices.len().max(1) as u64);
        let index = *indices.get(usize::try_from(place).unwrap())?;
        Some((index, format!("/v1/credentials/{}", self.entries[index].id.as_deref()?)))
    }

    fn expect(&mut self, status: u16, answer: &Answer, what: &str, of: &str) {
        if answer.status != status {
            self.violations.push(format!("{what} of {of} was answered {}: {}", answer.status, answer.body));
        }
    }

    fn seen(&mut self, answer: Option<Answer>) -> bool {
        self.counts.unanswered += u32::from(answer.is_none());
        answer.is_some()
    }
}
