//! An installation that people visit.

use axum::body::Body;
use axum::extract::Request;
use http::Response;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use keystead::accounts::{self, Means, Membership};
use keystead::api::Settings;
use keystead::app::Actor;
use keystead::domain::rights::Right;
use keystead::ui::Address;
use keystead::web;
use serde_json::{Value, json};

use super::visitor::Visitor;
use crate::api::service::{Service, address};
use crate::harness::databases::Database;
use crate::harness::wasm::{guest, plugin};

pub const PASSWORD: &str = "a sentence that only Ada thinks of";

pub struct Site {
    pub service: Service,
    router: TowerToHyperService<axum::Router>,
    /// What browsers call it.
    pub origin: String,
    /// An API token with every right in `default`.
    pub token: String,
    /// Addresses of pages that components lead to; that of a hostile one has everything that an attribute could end by.
    pub helps: Vec<&'static str>,
}

impl Site {
    /// With the Petstore's plugin.
    pub async fn over(database: Database) -> Self {
        Self::with(Service::with_petstore(database).await, Settings::default(), Some(address())).await
    }

    /// With a guest of the tests.
    pub async fn with_guest(database: Database, name: &str) -> Self {
        let mut site = Self::over(database).await;
        keystead::install::install(&site.service.app, &Actor::Operator, guest(name)).await.unwrap();
        site.helps.push("https://kitchen.example/keys");
        site.helps.push("https://hostile.example/?a=%22&b='><script>document.title='help'</script>");
        site
    }

    pub async fn with(service: Service, settings: Settings, address: Option<Address>) -> Self {
        let origin = address.as_ref().map_or("http://127.0.0.1:8080", Address::origin).to_owned();
        let router = TowerToHyperService::new(web::router(service.app.clone(), settings, address));
        let token = service.member(&[Right::Admin]).await;
        Self { service, router, origin, token, helps: vec!["https://petstore3.swagger.io/"] }
    }

    pub fn host(&self) -> &str {
        self.origin.split_once("://").unwrap().1
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request) -> Response<Body> {
        self.router.call(request).await.unwrap()
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Visitor<'_> {
        Visitor::new(self)
    }

    /// The token of the first user's link.
    pub async fn first_link(&self) -> String {
        accounts::first_link(&self.service.app).await.unwrap().unwrap().expose().to_owned()
    }

    /// The first user, who has just come by the link.
    pub async fn ada(&self) -> Visitor<'_> {
        self.arrive(&self.first_link().await, Some("ada")).await
    }

    /// Somebody who was invited to a workspace with these rights, and has come by their link.
    pub async fn invited(&self, name: &str, workspace: &str, rights: &[Right]) -> Visitor<'_> {
        let membership = Membership { workspace: workspace.parse().unwrap(), rights: rights.to_vec() };
        let means = Means::of(&self.service.app);
        let token = accounts::invite(&means, &name.parse().unwrap(), membership, false).await.unwrap();
        self.arrive(token.expose(), None).await
    }

    async fn arrive(&self, token: &str, name: Option<&str>) -> Visitor<'_> {
        let visitor = self.stranger();
        let page = visitor.get(&format!("/welcome?token={token}")).await;
        let mut form = page.html.form("/welcome").with(&[("password", PASSWORD)]);
        if let Some(name) = name {
            form = form.with(&[("name", name)]);
        }
        let page = visitor.post(form).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{}", page.html.text);
        visitor
    }

    /// A second browser of somebody.
    pub async fn sign_in(&self, name: &str) -> Visitor<'_> {
        let visitor = self.stranger();
        let form = visitor.get("/sign-in").await.html.form("/sign-in");
        let page = visitor.post(form.with(&[("name", name), ("password", PASSWORD)])).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{}", page.html.text);
        visitor
    }

    /// The base URL of one of the shops of the upstream.
    pub fn shop(&self, name: &str) -> String {
        format!("{}/{name}", self.service.upstream.origin())
    }

    /// The id of a new credential, by the API.
    pub async fn credential(&self, name: &str) -> String {
        let mut draft = self.service.draft("good");
        draft["name"] = json!(name);
        let answer = self.service.post("/v1/credentials", &self.token, &draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// A credential as the API shows it; null when it is gone.
    pub async fn shown(&self, id: &str) -> Value {
        let answer = self.service.call("GET", &format!("/v1/credentials/{id}"), &self.token).await;
        if answer.status == 200 { answer.body } else { Value::Null }
    }

    /// Every credential, as the API shows it.
    pub async fn credentials(&self) -> Vec<Value> {
        let answer = self.service.call("GET", "/v1/credentials?limit=100", &self.token).await;
        answer.body["items"].as_array().unwrap().clone()
    }

    /// The credential that a step holds.
    pub async fn held(&self, flow: &str, step: &str) -> Value {
        let answer = self.service.call("GET", &format!("/v1/flows/{flow}"), &self.token).await;
        let steps = answer.body["steps"].as_array().unwrap().clone();
        steps.iter().find(|found| found["id"] == step).unwrap()["credential"].clone()
    }

    /// A flow with petstore steps, by the API.
    pub async fn flow(&self, id: &str, steps: &[(&str, Option<&str>)]) {
        self.service.flow(&self.token, id, steps).await;
    }

    /// A flow that is active.
    pub async fn active_flow(&self, id: &str, credential: &str) {
        self.flow(id, &[("fetch", Some(credential))]).await;
        self.service.activate(&self.token, id).await;
    }

    pub async fn count(&self, table: &str) -> i64 {
        self.service.database.number(&format!("SELECT count(*) FROM {table}")).await
    }

    /// How often the audit has this deed.
    pub async fn deeds(&self, action: &str, outcome: &str) -> i64 {
        let query = format!("SELECT count(*) FROM audit WHERE action = '{action}' AND outcome = '{outcome}'");
        self.service.database.number(&query).await
    }

    /// Numbers that change with everything that somebody does, and with what upstreams are asked.
    pub async fn state(&self) -> Vec<i64> {
        const SUMS: [&str; 4] = [
            "SELECT CAST(coalesce(sum(revision), 0) AS bigint) FROM credentials",
            "SELECT CAST(coalesce(sum(revision), 0) AS bigint) FROM flows",
            "SELECT count(*) FROM flow_steps WHERE credential IS NOT NULL",
            "SELECT CAST(coalesce(max(expires_at), 0) AS bigint) FROM sessions",
        ];
        const TABLES: [&str; 12] = [
            "workspaces",
            "api_tokens",
            "components",
            "releases",
            "credentials",
            "verifications",
            "audit",
            "flows",
            "users",
            "memberships",
            "sessions",
            "invitations",
        ];
        let mut state = Vec::new();
        for table in TABLES {
            state.push(self.count(table).await);
        }
        for sum in SUMS {
            state.push(self.service.database.number(sum).await);
        }
        let asked = self.service.upstream.received().len() + self.service.elsewhere.received().len();
        state.push(asked as i64);
        state
    }

    /// The petstore's bytes, longer than they need to be by a section that means nothing.
    pub fn padded_plugin(padding: usize) -> Vec<u8> {
        let mut bytes = plugin("petstore");
        let mut length = Vec::new();
        let mut rest = padding + 1;
        while rest >= 0x80 {
            length.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        length.push(rest as u8);
        // A custom section: id 0, its length, a name of no characters, its content.
        bytes.push(0);
        bytes.extend(length);
        bytes.extend(std::iter::repeat_n(0, padding + 1));
        bytes
    }
}
