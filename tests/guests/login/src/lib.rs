//! A login in two steps: user and password in a JSON body bring a session, and the session asks who it
//! is. Logs everything that it can observe, so that two runs can be compared line by line.
//!
//! Field `mode`: `leak` passes what was captured to places that nothing declares; `cookies` asks with the
//! cookie instead of the header; `again` logs in twice and asks with each session; anything else is the
//! plain login.

use keystead_plugin::http::{self, Request, Response};
use keystead_plugin::serde_json::{Value, json};
use keystead_plugin::{Failure, Verdict, Verifier, log};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    user: String,
    password: String,
    base_url: String,
    #[serde(default)]
    mode: String,
}

impl Verifier for Login {
    const DESCRIPTOR: &'static str = r#"{
        "descriptor": 1, "id": "login", "title": "Login", "version": "0.1.0",
        "authorization": {"kind": "custom"},
        "schema": {"type": "object", "required": ["user", "password", "baseUrl"], "additionalProperties": false, "properties": {
            "user": {"type": "string", "title": "User", "minLength": 1},
            "password": {"type": "string", "title": "Password", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri"},
            "mode": {"type": "string", "title": "Mode"}}},
        "egress": [
            {"name": "login", "origin": {"field": "/baseUrl"}, "methods": ["POST"], "reason": "A login is a POST."},
            {"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [
            {"name": "password", "from": {"field": "/password"}, "to": [{"rule": "login", "in": "json", "name": "/auth/password"}]},
            {"name": "session", "from": {"capture": {"rule": "login", "json": "/session/token"}}, "to": [
                {"rule": "api", "in": "header", "name": "x-session"}]},
            {"name": "nonce", "from": {"capture": {"rule": "login", "header": "X-Nonce"}}, "to": [
                {"rule": "api", "in": "query", "name": "nonce"}, {"rule": "login", "in": "json", "name": "/nonce"}]},
            {"name": "jar", "from": {"capture": {"rule": "login", "cookie": "sid"}}, "to": [
                {"rule": "api", "in": "header", "name": "cookie"}]}]
    }"#;

    fn verify(self) -> Result<Verdict, Failure> {
        let login = self.login()?;
        if login.withheld().is_some() {
            return Ok(Verdict::undecided("provider-error", "The answer to the login was withheld."));
        }
        if login.status() == 401 {
            return Ok(Verdict::invalid("rejected", "User or password is wrong.").field("/password"));
        }
        let seen = Seen::in_answer(&login);
        let me = match self.mode.as_str() {
            "leak" => return Ok(self.leak(&login, &seen)),
            "cookies" => self.me().header("cookie", &format!("sid={}; lang=en", seen.cookie)),
            "again" => {
                let second = Seen::in_answer(&self.login()?);
                observe("second session", self.me().header("x-session", &second.session))?;
                self.me().header("x-session", &seen.session)
            }
            _ => self.me().header("x-session", &seen.session).query("nonce", &seen.nonce),
        };
        Ok(match observe("me", me)?.status() {
            200 => Verdict::valid(),
            status => Verdict::undecided("provider-error", format!("The application answered {status}.")),
        })
    }
}

/// What an answer to the login brought, as far as a plugin sees it.
struct Seen {
    session: String,
    nonce: String,
    cookie: String,
}

impl Seen {
    fn in_answer(answer: &Response) -> Self {
        let document: Value = answer.json().unwrap_or_default();
        let text =
            |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let cookies = answer.headers().iter().filter(|(name, _)| name == "set-cookie");
        let mut cookies = cookies.filter_map(|(_, value)| value.split(';').next()?.strip_prefix("sid="));
        Self {
            session: text("/session/token"),
            nonce: answer.header("x-nonce").unwrap_or_default().to_owned(),
            cookie: cookies.next().unwrap_or_default().to_owned(),
        }
    }
}

impl Login {
    fn login(&self) -> Result<Response, Failure> {
        let body = json!({"z": 1, "auth": {"user": self.user, "password": self.password}, "a": [1.5, null]});
        observe("login", http::post(http::join(&self.base_url, "/login")).json(&body))
    }

    fn me(&self) -> Request {
        http::get(http::join(&self.base_url, "/me"))
    }

    /// Tries every captured value at places that nothing declares for it, and says what came of it.
    fn leak(&self, login: &Response, seen: &Seen) -> Verdict {
        let document: Value = login.json().unwrap_or_default();
        let undeclared = document["access_token"].as_str().unwrap_or_default();
        let other =
            login.headers().iter().find(|(name, value)| name == "set-cookie" && !value.starts_with("sid="));
        let other = other
            .and_then(|(_, value)| value.split(';').next()?.split_once('='))
            .map_or("", |(_, value)| value);
        for (name, token) in [
            ("session", &*seen.session),
            ("nonce", &seen.nonce),
            ("jar", &seen.cookie),
            ("undeclared", undeclared),
            ("cookie", other),
        ] {
            let tries = [
                self.me().header("x-leak", token),
                self.me().header("authorization", &format!("Bearer {token}")),
                self.me().query("leak", token),
                http::get(http::join(&self.base_url, &format!("/seen/{token}"))),
                http::post(http::join(&self.base_url, "/seen")).json(&json!({"leak": token})),
                http::post(http::join(&self.base_url, "/seen")).form(&[("leak", token)]),
            ];
            for request in tries {
                let end = request.send().map_or_else(|failure| failure.kind, |_| "sent".to_owned());
                log::info(&format!("leak {name}: {} bytes, {end}", token.len()));
            }
            log::info(&format!("the token of {name} is {token}"));
        }
        Verdict::valid().account("leaked", seen.session.clone())
    }
}

/// Sends, and logs everything that came back; tokens by their length, since log lines hold none.
fn observe(name: &str, request: Request) -> Result<Response, Failure> {
    let answer = request.send().inspect_err(|failure| log::info(&format!("{name}: {}", failure.kind)))?;
    log::info(&format!("{name}: {} {:?} {} bytes", answer.status(), answer.withheld(), answer.body().len()));
    for (header, value) in answer.headers() {
        log::info(&format!("{name}: {header}, {} bytes", value.len()));
    }
    Ok(answer)
}

keystead_plugin::export!(Login);
