//! Components of the installation. Tokens of both kinds may read them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;

use super::Api;
use super::auth::{AnyToken, Install, InstallationToken, Remove};
use super::body::PluginBody;
use super::path::Id;
use super::problem::Problem;
use super::query::{Nothing, Parameters};
use super::views::{ComponentList, ComponentView};
use crate::domain::id::ComponentId;
use crate::install;
use crate::store::{Count, StoreError};

/// Lists the installed components, by id.
///
/// Any token. Credentials are counted in the token's workspace; for an installation token, in all.
#[utoipa::path(get, path = "/v1/components", operation_id = "list_components", tag = "components",
    responses((status = 200, body = ComponentList)))]
pub(super) async fn list(
    State(api): State<Api>,
    token: AnyToken,
    _: Parameters<Nothing>,
) -> Result<Json<ComponentList>, Problem> {
    let counts = counts(&api, &token).await?;
    let count = |id: &ComponentId| counts.get(id).copied().unwrap_or_default();
    let components = api.app.catalogue.list();
    let items =
        components.iter().map(|component| ComponentView::item(component, count(&component.id))).collect();
    Ok(Json(ComponentList { items }))
}

/// Shows a component with the schema of its credentials.
///
/// Any token.
#[utoipa::path(get, path = "/v1/components/{id}", operation_id = "read_component", tag = "components",
    params(("id" = String, Path, description = "Id of a component.")),
    responses((status = 200, body = ComponentView)))]
pub(super) async fn read(
    State(api): State<Api>,
    token: AnyToken,
    Id(id): Id<ComponentId>,
    _: Parameters<Nothing>,
) -> Result<Json<ComponentView>, Problem> {
    let component = api.app.catalogue.find(&id).ok_or_else(Problem::not_found)?;
    let count = counts(&api, &token).await?.get(&id).copied().unwrap_or_default();
    Ok(Json(ComponentView::whole(&component, count)))
}

/// Installs and activates the first release of a component, and consents to what it asks for.
///
/// Needs `components:install` and `components:consent`. The same bytes again change nothing: 200.
#[utoipa::path(post, path = "/v1/components", operation_id = "install_component", tag = "components",
    request_body(content_type = "application/wasm", description = "A WebAssembly component."),
    responses(
        (status = 200, body = ComponentView, description = "Exactly these bytes were installed already"),
        (status = 201, body = ComponentView, description = "Installed and active", headers(
            ("Location" = String, description = "Path of the component"))),
    ))]
pub(super) async fn install(
    State(api): State<Api>,
    token: InstallationToken<Install>,
    _: Parameters<Nothing>,
    PluginBody(bytes): PluginBody,
) -> Result<Response, Problem> {
    let installed = install::install(&api.app, &token.actor, bytes).await?;
    let component = installed.component;
    let counts = api.app.store.count_credentials(None).await?;
    let count = counts.get(&component.id).copied().unwrap_or_default();
    let view = Json(ComponentView::whole(&component, count));
    if !installed.is_new {
        return Ok(view.into_response());
    }
    let location = [(LOCATION, format!("/v1/components/{}", component.id))];
    Ok((StatusCode::CREATED, location, view).into_response())
}

/// Removes a component with its releases.
///
/// Needs `components:install`. Refused with 409 `component-in-use` while credentials or steps of any workspace
/// refer to it.
#[utoipa::path(delete, path = "/v1/components/{id}", operation_id = "remove_component", tag = "components",
    params(("id" = String, Path, description = "Id of a component.")),
    responses((status = 204, description = "Removed")))]
pub(super) async fn remove(
    State(api): State<Api>,
    token: InstallationToken<Remove>,
    Id(id): Id<ComponentId>,
    _: Parameters<Nothing>,
) -> Result<StatusCode, Problem> {
    install::remove(&api.app, &token.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn counts(api: &Api, token: &AnyToken) -> Result<HashMap<ComponentId, Count>, StoreError> {
    api.app.store.count_credentials(token.workspace()).await
}
