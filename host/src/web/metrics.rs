//! `GET /metrics` for Prometheus, on a listener of its own: whoever reaches that one needs no token, and
//! whoever may use the API learns nothing of others.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::telemetry;

/// The one route.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(show)).with_state(app)
}

async fn show(State(app): State<Arc<App>>) -> Response {
    ([(CONTENT_TYPE, telemetry::CONTENT_TYPE)], telemetry::page(&app)).into_response()
}
