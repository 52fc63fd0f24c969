//! What every request gets, whatever its route: an id, a limit of time, a problem document where
//! something went wrong, headers that keep browsers and caches away, one line in the log.

use std::fmt;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::error::Kind;
use super::problem::Problem;
use super::{Api, Settings};
use crate::domain::clock::{Entropy, random_array};
use crate::verify;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in answers and in the log. What a client sends under this name is not looked at.
#[derive(Clone)]
struct RequestId(String);

impl RequestId {
    fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(random_array(entropy))))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Answers a request.
pub(super) async fn wrap(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::generate(&*api.app.entropy);
    let method = request.method().clone();
    // Never the path itself: people put the strangest things there.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();

    let response = match check_head(&request, &api.settings) {
        Ok(()) => run(&api, request, next, &id).await,
        Err(problem) => problem.into_response(),
    };
    let mut response = tell_problem(response, &id);
    guard(&mut response, &id);

    let (status, took) = (response.status().as_u16(), started.elapsed());
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    api.app.telemetry.count_request(&route, &method, status, took);
    tracing::info!(request_id = %id, %method, route, status, duration_ms, "request answered");
    response
}

/// Refuses a large head with a document. The server refuses still larger ones before they come here.
fn check_head(request: &Request, settings: &Settings) -> Result<(), Problem> {
    let headers = request.headers();
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let bytes =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + path;
    if bytes <= settings.header_bytes && headers.len() <= settings.headers {
        return Ok(());
    }
    let detail = format!(
        "The URL and headers may have {} bytes together, in at most {} headers.",
        settings.header_bytes, settings.headers
    );
    Err(Problem::new(Kind::HeadersTooLarge, detail))
}

/// Runs the handler as a task of its own, so that a panic ends one request alone, and that what must not
/// be left half done is finished without anybody who waits. A client that goes away, or this function
/// that waits no longer, does end a verification: its handler writes the audit record and comes to its end.
async fn run(api: &Api, request: Request, next: Next, id: &RequestId) -> Response {
    let span = tracing::info_span!("request", request_id = %id);
    // The server drops this future when the connection is gone.
    let waiting = CancellationToken::new();
    let work = verify::for_caller(waiting.clone(), next.run(request)).instrument(span);
    let _gone_when_dropped = waiting.drop_guard();
    let work = api.at_work.spawn(work);
    match tokio::time::timeout(api.settings.request_time(), work).await {
        Ok(Ok(response)) => response,
        // The default panic hook has written where and why to standard error.
        Ok(Err(stopped)) if stopped.is_panic() => Problem::internal("the handler panicked").into_response(),
        Ok(Err(_)) => Problem::internal("the handler's task was stopped").into_response(),
        Err(_) => {
            let detail = "The service stopped waiting for its own work, which may still finish; look at the outcome before sending the request again.";
            Problem::new(Kind::TookTooLong, detail).into_response()
        }
    }
}

/// Writes the document of a handler's problem, or of a bare status of the framework.
fn tell_problem(response: Response, id: &RequestId) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        None if parts.status.is_client_error() || parts.status.is_server_error() => {
            let kind = Kind::of_status(parts.status);
            Problem::new(kind, kind.row().explanation)
        }
        None => return Response::from_parts(parts, body),
    };
    let row = problem.kind().row();
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = %id, problem = row.slug, cause, "a request failed");
    }
    let mut told = Response::new(Body::from(problem.document(&id.0).to_string()));
    *told.status_mut() = row.status;
    let headers = told.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(allow) = parts.headers.remove(ALLOW) {
        headers.insert(ALLOW, allow);
    }
    if problem.kind() == Kind::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = problem.seconds_to_wait() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    told
}

fn guard(response: &mut Response, id: &RequestId) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, id);
    }
}
