//! A running Keystead that people visit: the real binary, the real Petstore.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::page::Page;
use crate::acceptance::installation::{self, Installation};
use crate::harness::databases::Database;
use crate::harness::petstore::{GOOD_KEY, petstore};
use crate::harness::recorder::{Recorder, Reply};

/// Who comes first.
pub const USER: &str = "ada";
/// Their password.
pub const PASSWORD: &str = "a sentence that only Ada thinks of";

/// A service with its database, and what it may speak to.
pub struct Site {
    installation: Installation,
    /// Of workspace `default`, with every right.
    token: String,
    operator: String,
    /// An upstream that never answers: `/mute`.
    pub upstream: Recorder,
    /// Goes after the service.
    _database: Database,
}

impl Site {
    /// Starts the service; nothing is installed, and nobody has an account.
    pub async fn start(database: Database) -> Site {
        let key = installation::run(&mut installation::keystead(&["key", "generate"])).0;
        let environment =
            [("KEYSTEAD_ROOT_KEY", key.trim()), ("KEYSTEAD_LOG_LEVEL", "info"), ("RUST_LOG", "info")];
        let mut installation = Installation::start(&["--database-url", &database.url], &environment);
        let token = installation.token(&["--workspace", "default", "--rights", "admin"]);
        let operator =
            installation.token(&["--installation", "--rights", "components:install,components:consent"]);
        let upstream = Recorder::start([("/mute/store/inventory", Reply::Silence)]).await;
        Site { installation, token, operator, upstream, _database: database }
    }

    /// The same with the Petstore's plugin, and with the first user in a browser.
    pub async fn with_petstore(database: Database) -> (Site, Page) {
        let mut site = Self::start(database).await;
        site.install("petstore");
        let page = site.first_user().await;
        (site, page)
    }

    /// Installs a sample plugin from the command line.
    pub fn install(&mut self, plugin: &str) {
        self.installation.install(plugin, &self.operator);
    }

    /// Installs a plugin by its bytes.
    pub async fn install_bytes(&self, bytes: Vec<u8>) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/v1/components", self.address());
        let request = client.post(url).bearer_auth(&self.operator).header("content-type", "application/wasm");
        let answer = request.body(bytes).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.installation.address()
    }

    /// Path and query of the link for the first user, as the service printed it.
    pub async fn link(&self) -> String {
        let begin = Instant::now();
        loop {
            let log = self.installation.log();
            if let Some(link) = find_link(&log) {
                return link.to_owned();
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "no one-time link in:\n{log}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A browser in which nobody is signed in.
    pub async fn browser(&self) -> Page {
        Page::new(self.address()).await
    }

    /// The browser of the first user, who has just come by the link.
    pub async fn first_user(&self) -> Page {
        let page = self.browser().await;
        page.open(&self.link().await).await;
        page.fill("User name", USER).await;
        page.fill("New password", PASSWORD).await;
        page.press("Save and sign in").await;
        page.is_at("/w/default/credentials").await;
        page
    }

    /// The browser of somebody who was invited, with these options of `keystead user add`.
    pub async fn invited(&mut self, name: &str, words: &[&str]) -> Page {
        let link = self.installation.invite(&[&[name], words].concat());
        let page = self.browser().await;
        page.open(&link).await;
        assert_eq!(page.value("User name").await, name);
        page.fill("New password", PASSWORD).await;
        page.press("Save and sign in").await;
        page.is_at("/w/default/credentials").await;
        page
    }

    /// Another browser of the first user.
    pub async fn sign_in(&self) -> Page {
        let page = self.browser().await;
        page.open("/sign-in").await;
        page.fill("User name", USER).await;
        page.fill("Password", PASSWORD).await;
        page.press("Sign in").await;
        page.is_at("/w/default/credentials").await;
        page
    }

    /// Calls the API as the platform does; the body of a success.
    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        let token = self.token.clone();
        let (status, answer) = self.installation.call(method, path, &token, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Every credential, by the API.
    pub async fn credentials(&mut self) -> Vec<Value> {
        self.call("GET", "/v1/credentials", None).await["items"].as_array().unwrap().clone()
    }

    /// The id of a new credential for the Petstore that works.
    pub async fn credential(&mut self, name: &str) -> String {
        let fields = json!({"apiKey": GOOD_KEY, "baseUrl": petstore().base_url()});
        let body = json!({"component": "petstore", "name": name, "fields": fields});
        self.call("POST", "/v1/credentials", Some(body)).await["id"].as_str().unwrap().to_owned()
    }

    /// A flow of Petstore steps; a step without a credential has an empty one.
    pub async fn flow(&mut self, id: &str, name: &str, steps: &[(&str, &str)]) {
        let held = |id: &str| if id.is_empty() { Value::Null } else { json!(id) };
        let steps: Vec<Value> = steps
            .iter()
            .map(|(step, credential)| json!({"id": step, "component": "petstore", "credential": held(credential)}))
            .collect();
        self.call("PUT", &format!("/v1/flows/{id}"), Some(json!({"name": name, "steps": steps}))).await;
    }

    /// Activates a flow.
    pub async fn activate(&mut self, id: &str) {
        self.call("POST", &format!("/v1/flows/{id}/activate"), None).await;
    }
}

/// The link in a log; none while its line is not whole.
fn find_link(log: &str) -> Option<&str> {
    let link = &log[log.find("/welcome?token=")?..];
    Some(&link[..link.find(|c: char| c.is_whitespace() || c == '"')?])
}
