//! Whether the process lives, and whether it can work.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::error::Kind;
use super::problem::Problem;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// All is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// The process lives. Asks nobody.
#[utoipa::path(get, path = "/healthz", operation_id = "read_health", tag = "health",
    security(()), responses((status = 200, body = Health)))]
pub(super) async fn live() -> Json<Health> {
    OK
}

/// The service can work: the catalogue is loaded and the database answers.
#[utoipa::path(get, path = "/readyz", operation_id = "read_readiness", tag = "health",
    security(()), responses((status = 200, body = Health)))]
pub(super) async fn ready(State(api): State<Api>) -> Result<Json<Health>, Problem> {
    // An `App` exists only with a loaded catalogue.
    let not_ready = |cause: String| {
        Problem::new(Kind::NotReady, "The database does not answer; requests that need it will fail.")
            .caused_by(cause)
    };
    match tokio::time::timeout(PATIENCE, api.app.store.ping()).await {
        Ok(Ok(())) => Ok(OK),
        Ok(Err(error)) => Err(not_ready(error.to_string())),
        Err(_) => Err(not_ready(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
