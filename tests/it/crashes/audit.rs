//! Compares what a writer knows with what the service holds.

use serde_json::{Value, json};

use super::load::{Answer, Api, Writer};
use super::model::{Entry, Presence, State};
use crate::harness::recorder::{Recorder, header};

impl Writer {
    /// Looks at every credential that was touched since it was last looked at, or at all; what is unknown is
    /// known afterwards.
    pub async fn audit(&mut self, api: &Api, upstream: &Recorder, is_all: bool) {
        let mut entries = std::mem::take(&mut self.entries);
        for entry in entries.iter_mut().filter(|entry| is_all || entry.is_touched) {
            let (presence, uncertain) = (entry.presence, entry.states.len() > 1);
            let before = entry.states[0].clone();
            if let Err(reason) = look(entry, api, upstream).await {
                self.violations.push(format!("{reason}; known before: {presence:?} {entry:?}"));
                continue;
            }
            let is_done = match presence {
                Presence::Unknown => entry.presence == Presence::Here,
                Presence::PerhapsGone => entry.presence == Presence::Gone,
                Presence::Here => uncertain && entry.states[0] != before,
                Presence::Gone => false,
            };
            self.counts.unanswered_but_done += u32::from(is_done);
            entry.is_touched = false;
        }
        self.entries = entries;
    }
}

async fn look(entry: &mut Entry, api: &Api, upstream: &Recorder) -> Result<(), String> {
    let found = find(entry, api).await?;
    let found = match (entry.presence, found) {
        (Presence::Gone | Presence::PerhapsGone | Presence::Unknown, None) => None,
        (Presence::Gone, Some(view)) => return Err(format!("a deleted credential is back: {view}")),
        (Presence::Here, None) => return Err("an acknowledged credential is gone".to_owned()),
        (_, Some(view)) => Some(view),
    };
    let was_unknown = entry.presence == Presence::Unknown;
    entry.presence = if found.is_some() { Presence::Here } else { Presence::Gone };
    if let Some(view) = &found {
        hold_together(entry, view, api, upstream).await?;
    }
    match (was_unknown, entry.retry_key.clone()) {
        (true, Some(key)) => send_again(entry, &key, found.as_ref(), api, upstream).await,
        _ => Ok(()),
    }
}

/// What the service holds of a credential.
async fn find(entry: &mut Entry, api: &Api) -> Result<Option<Value>, String> {
    if let Some(id) = &entry.id {
        let answer = call(api, "GET", &format!("/v1/credentials/{id}"), None, None).await?;
        return match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            status => Err(format!("a read was answered {status}: {}", answer.body)),
        };
    }
    let path = format!("/v1/credentials?name_prefix={}", entry.stem);
    let answer = call(api, "GET", &path, None, None).await?;
    let items = answer.body["items"].as_array().ok_or_else(|| format!("no list: {}", answer.body))?;
    match items.as_slice() {
        [] => Ok(None),
        [item] => {
            entry.id = item["id"].as_str().map(str::to_owned);
            Ok(Some(item.clone()))
        }
        items => Err(format!("{} credentials came of one creation", items.len())),
    }
}

/// The public part is one of the possible states, whole, and the key of that very state is what the upstream gets.
async fn hold_together(
    entry: &mut Entry,
    view: &Value,
    api: &Api,
    upstream: &Recorder,
) -> Result<(), String> {
    if (&view["status"], &view["secrets"]) != (&json!("verified"), &json!(["/apiKey"])) {
        return Err(format!("not whole and verified: {view}"));
    }
    let shows =
        |state: &State| view["name"] == state.name && view["fields"] == json!({"baseUrl": state.base_url});
    let possible: Vec<&State> = entry.states.iter().filter(|state| shows(state)).collect();
    let Some(any) = possible.first() else { return Err(format!("another public part: {view}")) };
    let id = view["id"].as_str().unwrap_or_default();
    let (_, path) = any.base_url.rsplit_once('/').unwrap();
    let path = format!("/{path}/store/inventory");
    upstream.take(&path);
    let answer = call(api, "POST", &format!("/v1/credentials/{id}/verify"), None, None).await?;
    if (answer.status, &answer.body["verdict"]) != (200, &json!("valid")) {
        return Err(format!("no longer valid: {} {}", answer.status, answer.body));
    }
    let requests = upstream.take(&path);
    let [request] = requests.as_slice() else { return Err(format!("{} requests", requests.len())) };
    let key = header(request, "api_key").unwrap_or_default();
    let state = possible.into_iter().find(|state| state.key == key);
    let state = state.ok_or_else(|| format!("the upstream got {key:?}"))?.clone();
    entry.states = vec![state];
    Ok(())
}

/// The same creation with the same key makes one credential, whether or not there was one.
async fn send_again(
    entry: &mut Entry,
    key: &str,
    found: Option<&Value>,
    api: &Api,
    upstream: &Recorder,
) -> Result<(), String> {
    let answer = call(api, "POST", "/v1/credentials", Some(&entry.draft()), Some(key)).await?;
    if answer.status != 201 || found.is_some_and(|view| view["id"] != answer.body["id"]) {
        return Err(format!("sent again: {} {}; found before: {found:?}", answer.status, answer.body));
    }
    entry.id = None;
    entry.presence = Presence::Here;
    match find(entry, api).await? {
        Some(view) if view["id"] == answer.body["id"] => hold_together(entry, &view, api, upstream).await,
        found => Err(format!("sent again: {} made {found:?}", answer.body)),
    }
}

async fn call(
    api: &Api,
    method: &str,
    path: &str,
    body: Option<&Value>,
    retry_key: Option<&str>,
) -> Result<Answer, String> {
    let answer = api.call(method, path, body, retry_key).await;
    answer.ok_or_else(|| format!("{method} {path} got no answer"))
}
