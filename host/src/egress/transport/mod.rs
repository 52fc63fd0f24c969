//! Exchanges: one request, one answer, over connections that go only where the policy lets them.

mod failure;
mod pinned;
mod timed;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use failure::TransportError;
use failure::{Stage, explain};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use moka::sync::Cache;
use pinned::{Handle, PinnedLookup};
use timed::Timing;
pub use tls::TlsError;

use super::body::{Body, BodyError};
use super::circuit::Circuits;
use super::origin::{Origin, Refusal, Scheme};
use super::policy::Policy;
use super::resolver::{Resolve, ResolveError, Resolving};
use super::settings::Settings;
use crate::domain::id::WorkspaceId;
use crate::telemetry::{Phase, Phases};

/// Clients that are kept at most.
const MAX_CLIENTS: u64 = 1024;
/// A client that was not used for so long is dropped with its connections.
const CLIENT_IDLE: Duration = Duration::from_secs(60);
/// Below the five seconds after which common servers close idle connections, so that few requests meet
/// a connection that is just being closed.
const CONNECTION_IDLE: Duration = Duration::from_secs(4);

/// Idle connections that one client keeps: as many as a busy workspace uses at once. With fewer, each further
/// verification would begin with a handshake.
const IDLE_CONNECTIONS: usize = 64;

/// Headers that belong to the connection or that the transport writes itself; no request may bring them.
const RESERVED_HEADERS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a header (any case) may not be set by a request: framing, routing and hop-by-hop headers.
pub fn is_reserved_header(name: &str) -> bool {
    RESERVED_HEADERS.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
        || name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("proxy-"))
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599 and whatever else a server invents; never 1xx.
    pub status: u16,
    /// Names in lower case. In order of arrival; the values of a repeated name stand together.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Decoded.
    pub body: Vec<u8>,
    /// Bytes of the body as they arrived.
    pub wire_bytes: u64,
}

/// The transport cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// TLS has nothing to trust.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl From<SetupError> for String {
    fn from(error: SetupError) -> Self {
        error.to_string()
    }
}

/// The one owner of HTTP clients. Connections are reused within one workspace and origin only.
pub struct Transport {
    settings: Settings,
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    tls: rustls::ClientConfig,
    clients: Cache<(WorkspaceId, Origin), Client>,
    /// What is answered instead of sending anything; nothing in a service sets it.
    canned: Option<Answer>,
    phases: Phases,
    circuits: Circuits,
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    lookup: Arc<PinnedLookup>,
}

impl Transport {
    /// A transport for one installation; the policy stays as it is for its life.
    ///
    /// # Errors
    /// When TLS has nothing to trust or the file of extra authorities cannot be read.
    pub fn new(settings: &Settings, policy: Policy, resolver: Arc<dyn Resolve>) -> Result<Self, SetupError> {
        let tls = tls::configure(settings.extra_ca_file.as_deref())?;
        let clients = Cache::builder().max_capacity(MAX_CLIENTS).time_to_idle(CLIENT_IDLE).build();
        let circuits = Circuits::new(settings.circuit_failures);
        let (settings, policy, phases) = (settings.clone(), Arc::new(policy), Phases::default());
        Ok(Self { settings, policy, resolver, tls, clients, canned: None, phases, circuits })
    }

    /// A transport that sends nothing: requests are judged as ever, and then all get the same answer.
    ///
    /// # Errors
    /// As for [`Transport::new`].
    pub(super) fn canned(settings: &Settings, policy: Policy, answer: Answer) -> Result<Self, SetupError> {
        Ok(Self { canned: Some(answer), ..Self::new(settings, policy, Arc::new(NoNames))? })
    }

    /// The policy that is applied, for those who judge a destination before they send.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Exchanges that were not tried because their origin is left alone.
    pub fn refused_by_circuits(&self) -> u64 {
        self.circuits.refused()
    }

    /// How long lookups, connections and exchanges took.
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// Sends a request to an origin and reads the whole answer. Redirects are answers like others.
    /// `deadline` is the time that is left; the setting of one exchange applies beside it.
    ///
    /// # Errors
    /// A kind and a sentence; nothing of the request is quoted.
    pub async fn exchange(
        &self,
        workspace: &WorkspaceId,
        origin: &Origin,
        request: http::Request<Vec<u8>>,
        deadline: Duration,
    ) -> Result<Answer, TransportError> {
        self.policy.check_origin(origin)?;
        let request = prepare(origin, request)?;
        if let Some(answer) = &self.canned {
            return Ok(answer.clone());
        }
        let Some(pass) = self.circuits.enter(workspace, origin, Instant::now()) else {
            return Err(TransportError::left_alone());
        };
        let client = self.client(workspace, origin)?;
        let deadline = deadline.min(self.settings.exchange_time());
        let sent = self.phases.during(Phase::Upstream, self.send(client, origin, request));
        let outcome = match tokio::time::timeout(deadline, sent).await {
            Ok(outcome) => outcome,
            Err(_) => Err(TransportError::timeout()),
        };
        match &outcome {
            Err(error) if error.is_without_answer() => pass.fail(Instant::now()),
            Err(error) if error.is_before_connection() => drop(pass),
            _ => pass.succeed(),
        }
        outcome
    }

    async fn send(
        &self,
        client: Client,
        origin: &Origin,
        request: reqwest::Request,
    ) -> Result<Answer, TransportError> {
        let asking = Stage::Asking { tls: origin.scheme == Scheme::Https };
        let mut response = client.http.execute(request).await.map_err(|error| explain(&error, asking))?;
        if !response.remote_addr().is_some_and(|peer| client.lookup.knows(peer)) {
            let refusal =
                Refusal::address("the connection leads to another address than the one that was judged");
            return Err(refusal.into());
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(TransportError::new("protocol", "the other side wants to leave HTTP"));
        }
        refuse_double_framing(response.headers())?;
        let headers = self.read_headers(&response)?;
        let body = self.read_body(&mut response).await?;
        let wire_bytes = body.wire_bytes();
        Ok(Answer { status: response.status().as_u16(), headers, body: body.finish()?, wire_bytes })
    }

    fn read_headers(&self, response: &reqwest::Response) -> Result<Vec<(String, Vec<u8>)>, TransportError> {
        let bytes: usize =
            response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > self.settings.response_header_bytes {
            let most = self.settings.response_header_bytes;
            return Err(TransportError::new(
                "too-large",
                format!("the answer's headers are longer than {most} bytes"),
            ));
        }
        let pair = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_vec())
        };
        Ok(response.headers().iter().map(pair).collect())
    }

    async fn read_body(&self, response: &mut reqwest::Response) -> Result<Body, TransportError> {
        let max_wire = self.settings.response_wire_bytes;
        // What announces itself as too long is not read at all.
        if response.content_length().is_some_and(|length| length > max_wire as u64) {
            return Err(BodyError::WireTooLong(max_wire).into());
        }
        let mut body = Body::new(response.headers(), max_wire, self.settings.response_body_bytes);
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error, Stage::Reading))? {
            body.push(&chunk)?;
        }
        Ok(body)
    }

    /// The client of a workspace and origin: two workspaces never share a connection or a TLS session.
    fn client(&self, workspace: &WorkspaceId, origin: &Origin) -> Result<Client, TransportError> {
        let key = (workspace.clone(), origin.clone());
        if let Some(client) = self.clients.get(&key) {
            return Ok(client);
        }
        let client = self.build_client(origin)?;
        Ok(self.clients.get_with(key, || client))
    }

    fn build_client(&self, origin: &Origin) -> Result<Client, TransportError> {
        let lookup =
            Arc::new(PinnedLookup::new(origin.clone(), Arc::clone(&self.policy), Arc::clone(&self.resolver)));
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::for_one_client(&self.tls))
            .dns_resolver(Handle(Arc::clone(&lookup), self.phases.clone()))
            .connector_layer(Timing(self.phases.clone()))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .http1_max_headers(self.settings.response_headers)
            .https_only(origin.scheme == Scheme::Https)
            .connect_timeout(self.settings.connect_time())
            .pool_idle_timeout(CONNECTION_IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(|error| {
                tracing::error!(error = %error.without_url(), "building an HTTP client failed");
                TransportError::new("unreachable", "the connection could not be prepared")
            })?;
        Ok(Client { http, lookup })
    }
}

/// Knows no name.
struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(std::future::ready(Err(ResolveError)))
    }
}

/// The request as it is dialled: its URL is judged in the form that the client will use.
fn prepare(origin: &Origin, request: http::Request<Vec<u8>>) -> Result<reqwest::Request, TransportError> {
    let has_body = !request.body().is_empty();
    let unreadable = || Refusal::ambiguous("the request's URL cannot be read");
    let mut request = reqwest::Request::try_from(request).map_err(|_| unreadable())?;
    if Origin::of_parsed(request.url()).as_ref() != Some(origin) {
        return Err(Refusal::destination(
            "the request's URL leads to another origin than the one that was judged",
        )
        .into());
    }
    if !has_body {
        // Without this a body of zero bytes would announce itself in a GET.
        *request.body_mut() = None;
    }
    let headers = request.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(name) =
        headers.keys().find(|name| *name != ACCEPT_ENCODING && is_reserved_header(name.as_str()))
    {
        return Err(TransportError::new("protocol", format!("a request may not set the header `{name}`")));
    }
    Ok(request)
}

/// An answer that says its length in two ways, or in a way that is not understood, is read differently by
/// different programs (RFC 9112, 6.3).
fn refuse_double_framing(headers: &HeaderMap) -> Result<(), TransportError> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let is_chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    if is_chunked && !headers.contains_key(CONTENT_LENGTH) {
        return Ok(());
    }
    Err(TransportError::new("protocol", "the answer states its length in more than one way"))
}

#[cfg(test)]
mod tests;
