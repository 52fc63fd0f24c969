//! `/problems/{type}`: what a problem document's `type` leads to.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::PROBLEMS;
use super::path::Id;
use super::problem::Problem;

/// A problem type, explained.
#[derive(Serialize, ToSchema)]
pub(super) struct Explanation {
    /// As in problem documents.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    /// Each status that it comes with, and what it means then.
    cases: Vec<Case>,
}

/// One status of a problem type.
#[derive(Serialize, ToSchema)]
pub(super) struct Case {
    status: u16,
    explanation: &'static str,
}

/// Explains a problem type.
#[utoipa::path(get, path = "/problems/{type}", operation_id = "explain_problem", tag = "about",
    security(()),
    params(("type" = String, Path, description = "The last segment of a problem document's `type`.")),
    responses((status = 200, body = Explanation)))]
pub(super) async fn explain(Id(slug): Id<String>) -> Result<Json<Explanation>, Problem> {
    let rows: Vec<_> = PROBLEMS.iter().filter(|row| row.slug == slug).collect();
    let title = rows.first().ok_or_else(Problem::not_found)?.title;
    let cases =
        rows.iter().map(|row| Case { status: row.status.as_u16(), explanation: row.explanation }).collect();
    Ok(Json(Explanation { kind: format!("/problems/{slug}"), title, cases }))
}
