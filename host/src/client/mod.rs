//! The command line's calls to a running service.

mod address;
mod components;
mod credentials;
mod error;
mod flows;
mod pages;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

pub use components::Installed;
pub use credentials::{CredentialFilter, Replacement};
pub use error::{ClientError, Problem};
pub use flows::Put;
pub use pages::Pages;

use crate::domain::json;
use crate::domain::secret::Secret;

/// Time to reach the service.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Time for one call as a whole; compiling a large plugin takes the service a while.
const CALL_TIME: Duration = Duration::from_secs(300);

/// More than any answer has.
const ANSWER_BYTES: usize = 64 << 20;

/// Calls one service with one token. Takes no proxy from the environment and follows no redirect: the
/// token goes to the service that was named and nowhere else.
pub struct Client {
    http: reqwest::Client,
    server: Url,
    token: Secret,
}

impl Client {
    /// A client of the service at `server`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// A URL that is none of a service, or no token.
    pub fn new(server: &str, token: Option<Secret>) -> Result<Self, ClientError> {
        let server = address::read(server)?;
        let token = token.ok_or(ClientError::NoToken)?;
        if crate::domain::token::parse(token.expose()).is_err() {
            return Err(ClientError::InvalidToken);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(CALL_TIME)
            .user_agent(concat!("keystead/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| ClientError::Tls)?;
        Ok(Self { http, server, token })
    }

    /// The address of a resource of the API's first version.
    fn at(&self, segments: &[&str]) -> Url {
        address::below(&self.server, &[&["v1"], segments].concat())
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).bearer_auth(self.token.expose())
    }

    /// Sends a request; the status and the JSON of the answer, null for one without a body.
    async fn call(&self, request: RequestBuilder) -> Result<(StatusCode, Value), ClientError> {
        let failed = |error: reqwest::Error| ClientError::unreachable(&self.server, &error);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            return Ok((status, Value::Null));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(ClientError::NotKeystead(self.server.to_string()));
            }
            body.extend_from_slice(&chunk);
        }
        let limits = json::Limits { depth: 64, values: 1_000_000 };
        let document = json::parse_within(&body, limits);
        if status.is_success() {
            let value = document.map_err(|_| ClientError::NotKeystead(self.server.to_string()))?;
            return Ok((status, value));
        }
        Err(ClientError::problem(&self.server, status.as_u16(), document.unwrap_or(Value::Null)))
    }
}
