//! What flows at work are given.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Api;
use super::auth;
use super::auth::WorkspaceToken;
use super::body::NoBody;
use super::path::StepOf;
use super::problem::Problem;
use super::query::{Nothing, Parameters};
use crate::lease::lease;

/// A credential with its secrets, for the step of an active flow.
#[derive(Serialize, ToSchema)]
#[schema(as = Lease)]
pub(super) struct LeaseView {
    /// Id of the credential.
    credential: String,
    component: String,
    name: String,
    /// What the last verification left: `verified`, `unverified`, `rejected` or `reauthorization_required`.
    status: &'static str,
    /// Grows by one with each change of the fields.
    version: i64,
    /// All fields, secrets included.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// Hands out the credential of an active flow's step, secrets included.
///
/// Needs `runtime`. The audit record is committed before anything is sent.
#[utoipa::path(post, path = "/v1/flows/{id}/steps/{step}/lease", operation_id = "lease_credential", tag = "flows",
    params(
        ("id" = String, Path, description = "Id of a flow."),
        ("step" = String, Path, description = "Id of one of its steps."),
    ),
    responses((status = 200, body = LeaseView)))]
pub(super) async fn create(
    State(api): State<Api>,
    token: WorkspaceToken<auth::Lease>,
    StepOf(step): StepOf,
    _: Parameters<Nothing>,
    _: NoBody,
) -> Result<Json<LeaseView>, Problem> {
    let leased = lease(&api.app, &token.actor, &token.workspace, &step).await?;
    Ok(Json(LeaseView {
        credential: leased.credential.id.to_string(),
        component: leased.credential.component.to_string(),
        name: leased.credential.name,
        status: leased.credential.status.as_str(),
        version: leased.credential.version,
        fields: leased.fields.expose().clone(),
    }))
}
