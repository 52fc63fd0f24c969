//! The OpenAPI 3.1 document, made from the routes.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr};
use utoipa::{Modify, OpenApi, ToSchema};

use super::problem::Problem;

/// What the document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(title = "Keystead", description = "Keeps credentials, each saved only after the real system has accepted it."),
    modifiers(&Bearer),
    security(("token" = [])),
    components(schemas(ProblemView, ErrorView)),
    tags(
        (name = "credentials", description = "Credentials of the token's workspace"),
        (name = "flows", description = "Flows of the token's workspace, and what their steps are given"),
        (name = "components", description = "What talks to the applications"),
        (name = "health", description = "Whether the service lives and can work"),
        (name = "about", description = "The API about itself"),
    )
)]
struct Frame;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("kst_w_… (a workspace's) or kst_i_… (the installation's)")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Why a request was not done (RFC 9457). Types have further members; `GET /problems/{type}` explains them.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
struct ProblemView {
    /// Stable: `/problems/fields-invalid`, …
    #[serde(rename = "type")]
    kind: String,
    /// The same for every occurrence.
    title: String,
    status: u16,
    /// A sentence that a person can act on.
    detail: String,
    /// Also in the header `X-Request-Id`, and in the service's log.
    request_id: String,
    /// Everything that is wrong with a body.
    errors: Option<Vec<ErrorView>>,
}

/// One thing that is wrong with a body.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemError)]
struct ErrorView {
    /// JSON Pointer (RFC 6901).
    pointer: String,
    /// Never holds a value.
    message: String,
}

/// The document without routes.
pub(super) fn frame() -> Document {
    Frame::openapi()
}

/// The document of the whole API.
pub fn openapi() -> Document {
    let mut document = super::routes().into_openapi();
    for item in document.paths.paths.values_mut() {
        operations(item).for_each(may_be_a_problem);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Every operation may end with a problem document.
fn may_be_a_problem(operation: &mut Operation) {
    let content = Content::builder().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        ResponseBuilder::new().description("A problem").content("application/problem+json", content).build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "read_openapi", tag = "about",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(super) async fn serve_document() -> Result<Response, Problem> {
    static TEXT: LazyLock<Result<String, String>> =
        LazyLock::new(|| openapi().to_json().map_err(|error| error.to_string()));
    let text = TEXT.as_ref().map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "application/json")], text.as_str()).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        serde_json::to_value(openapi()).unwrap()
    }

    #[test]
    fn every_operation_is_described() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(
                    operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
                    "{method} {path}"
                );
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            }
        }
    }

    #[test]
    fn no_two_operations_share_an_id() {
        let document = document();
        let items = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values());
        let mut ids: Vec<&Value> = items.map(|operation| &operation["operationId"]).collect();
        let count = ids.len();
        ids.sort_by_key(|id| id.to_string());
        ids.dedup();
        assert_eq!(ids.len(), count, "{ids:?}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let names = text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap());
        for name in names {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
