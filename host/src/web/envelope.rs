//! What every request gets, whatever its route: an id, a limit of time, a problem document where
//! something went wrong, headers that keep browsers and caches away, one line in the log.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::api::{Api, Kind, Problem, RequestId, Settings};
use crate::{ui, verify};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request.
pub(super) async fn wrap(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::generate(&*api.app.entropy);
    request.extensions_mut().insert(id.clone());
    let is_person = wants_page(&request);
    let method = request.method().clone();
    // Never the path itself: people put the strangest things there.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();

    let response = match check_head(&request, &api.settings) {
        Ok(()) => run(&api, request, next, &id).await,
        Err(problem) => problem.into_response(),
    };
    let mut response = tell_problem(response, &id, is_person);
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
        Err(_) => Problem::took_too_long().into_response(),
    }
}

/// Whether a person's browser asks, and not for the API: a problem is then told as a page (RFC 9110, 12.5.1).
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    !request.uri().path().starts_with("/v1/") && accepts.into_iter().any(|value| value.contains("text/html"))
}

/// Writes the document of a handler's problem, or of a bare status of the framework.
fn tell_problem(response: Response, id: &RequestId, is_person: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        // A form that is shown again tells what is wrong itself.
        None if is_page(&parts.headers) => return Response::from_parts(parts, body),
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
    if is_person {
        return ui::problem_page(&problem, id);
    }
    let mut told = Response::new(Body::from(problem.document(id).to_string()));
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

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// What pages and files set themselves stays.
fn guard(response: &mut Response, id: &RequestId) {
    let headers = response.headers_mut();
    for (name, value) in
        [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")]
    {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(X_REQUEST_ID, id);
    }
}
