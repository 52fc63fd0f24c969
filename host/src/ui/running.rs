//! Work that somebody waits for. To a script that asks for it the answer is a stream: lines of JSON that
//! tell what is being done, and at last where to go or what to show. Who goes away cancels a verification,
//! as everywhere.

use std::convert::Infallible;
use std::pin::Pin;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::{Stream, stream};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Ui;
use super::pages::problem;
use crate::api::{Problem, RequestId};
use crate::telemetry::{Phase, tell_phases};
use crate::verify;

/// What the script accepts, beside pages for what is refused before anything is done.
const LINES: &str = "application/x-ndjson";

/// The largest page, in bytes.
const PAGE: usize = 4 << 20;

/// The name under which a page has the text for a phase.
fn stage(phase: Option<Phase>) -> &'static str {
    match phase {
        None => "waiting",
        Some(Phase::Schema) => "checking",
        Some(Phase::Sandbox) => "running",
        Some(Phase::Dns | Phase::Connect) => "connecting",
        Some(Phase::Upstream) => "asking",
        Some(Phase::Seal | Phase::Commit) => "saving",
    }
}

/// Does the work, and answers with what it makes: a page or a redirection.
pub(super) async fn answer(
    ui: &Ui,
    headers: &HeaderMap,
    id: RequestId,
    work: BoxFuture<'static, Response>,
) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accept.split(',').any(|kind| kind.trim() == LINES) {
        return work.await;
    }
    let (tell, phases) = watch::channel(None);
    let waiting = CancellationToken::new();
    let work = verify::for_caller(waiting.clone(), tell_phases(tell, work));
    let running = Running {
        phases,
        work: Some(ui.api.at_work.spawn(work)),
        late: Box::pin(tokio::time::sleep(ui.api.settings.request_time())),
        id,
        waiting: Some(waiting.drop_guard()),
    };
    let mut response = Body::from_stream(running.lines()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(LINES));
    response
}

struct Running {
    phases: watch::Receiver<Option<Phase>>,
    /// None when its outcome was told.
    work: Option<JoinHandle<Response>>,
    /// When the work has taken too long.
    late: Pin<Box<Sleep>>,
    id: RequestId,
    /// Dropped when nobody waits any more. The work then ends its verification itself, and records that.
    waiting: Option<DropGuard>,
}

impl Running {
    fn lines(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut running| async move {
            let line = running.next().await?;
            Some((Ok(Bytes::from(format!("{line}\n"))), running))
        })
    }

    async fn next(&mut self) -> Option<Value> {
        let work = self.work.as_mut()?;
        // The outcome first: what came before it is of no interest then.
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            Ok(()) = self.phases.changed() => {
                let phase = *self.phases.borrow_and_update();
                return Some(json!({ "stage": stage(phase) }));
            }
            () = self.late.as_mut() => {
                self.waiting = None;
                Ok(Problem::took_too_long().into_response())
            }
        };
        self.work = None;
        Some(outcome(ended, &self.id).await)
    }
}

/// Where to go, or what to show.
async fn outcome(ended: Result<Response, JoinError>, id: &RequestId) -> Value {
    let mut response = ended.unwrap_or_else(|error| Problem::internal(error).into_response());
    if let Some(location) = response.headers().get(LOCATION).and_then(|text| text.to_str().ok()) {
        return json!({ "location": location });
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem::page(&problem, id);
    }
    match to_bytes(response.into_body(), PAGE).await {
        Ok(bytes) => json!({ "page": String::from_utf8_lossy(&bytes) }),
        Err(error) => {
            tracing::error!(request_id = %id, %error, "a page could not be made");
            json!({ "location": "/" })
        }
    }
}
