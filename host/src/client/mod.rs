//! The command line's calls to a running service.

mod error;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

pub use error::ClientError;

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

/// What an installation did.
pub struct Installed {
    /// False when exactly these bytes were installed already.
    pub is_new: bool,
}

impl Client {
    /// A client of the service at `server`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// A URL that is none of a service, or no token.
    pub fn new(server: &str, token: Option<Secret>) -> Result<Self, ClientError> {
        let wrong = || ClientError::Server(server.chars().take(200).collect());
        let mut server = Url::parse(server).map_err(|_| wrong())?;
        let is_plain =
            server.username().is_empty() && server.password().is_none() && server.query().is_none();
        if !matches!(server.scheme(), "http" | "https") || !is_plain {
            return Err(ClientError::Server("(not shown: it may hold a password)".to_owned()));
        }
        if !server.path().ends_with('/') {
            let path = format!("{}/", server.path());
            server.set_path(&path);
        }
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

    /// Installs a component.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn install_component(&self, bytes: Vec<u8>) -> Result<Installed, ClientError> {
        let request = self.request(Method::POST, "v1/components")?;
        let request = request.header("content-type", "application/wasm").body(bytes);
        let (status, _) = self.call(request).await?;
        Ok(Installed { is_new: status == StatusCode::CREATED })
    }

    /// The installed components, as the service tells them.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list_components(&self) -> Result<Value, ClientError> {
        Ok(self.call(self.request(Method::GET, "v1/components")?).await?.1)
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let url = self.server.join(path).map_err(|_| ClientError::Server(self.server.to_string()))?;
        Ok(self.http.request(method, url).bearer_auth(self.token.expose()))
    }

    async fn call(&self, request: RequestBuilder) -> Result<(StatusCode, Value), ClientError> {
        let failed = |error: reqwest::Error| ClientError::unreachable(&self.server, &error);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
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
        let problem = document.unwrap_or(Value::Null);
        Err(ClientError::problem(&self.server, status.as_u16(), &problem))
    }
}
