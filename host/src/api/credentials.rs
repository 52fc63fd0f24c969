//! Credentials of the token's workspace.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Api;
use super::auth::{Read, Use, WorkspaceToken, Write};
use super::body::{FromMembers, JsonBody, Members, NoBody};
use super::page::{self, List};
use super::path::Id;
use super::problem::Problem;
use super::query::{FromQuery, Nothing, Parameters, Query, refuse};
use super::readings::unknown_component;
use super::views::{CredentialPage, CredentialView, ReverifiedView, VerdictView};
use crate::domain::credential::Credential;
use crate::domain::fields::Fields;
use crate::domain::id::{ComponentId, CredentialId};
use crate::store::ListFilter;
use crate::verify::{Draft, Verification, verify_and_save, verify_draft, verify_stored};

/// Longest name of a credential, in characters.
const NAME: usize = 200;

/// A credential to be verified and saved.
// `Deserialize` is for the schema alone: bodies are read by `FromMembers`, which finds everything wrong.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCredential)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `NewCredential` reads")]
pub(super) struct NewCredentialBody {
    /// Id of an installed component.
    #[schema(example = "petstore")]
    component: String,
    /// 1 to 200 characters. Absent: the verified account's label, or the component's title and the day.
    #[schema(example = "Shop", min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What the component's schema asks for, secrets included.
    #[schema(value_type = Object, example = json!({"apiKey": "…"}))]
    fields: Map<String, Value>,
    /// Saves it as `unverified` where the application cannot be asked.
    accept_unverified: Option<bool>,
}

/// What was read of a [`NewCredentialBody`].
pub(super) struct NewCredential {
    component: String,
    name: Option<String>,
    fields: Fields,
    accept_unverified: bool,
}

impl FromMembers for NewCredential {
    fn read(members: &mut Members) -> Self {
        Self {
            component: members.text("component"),
            name: name(members),
            fields: Fields::new(members.object("fields")),
            accept_unverified: members.flag("accept_unverified"),
        }
    }
}

fn name(members: &mut Members) -> Option<String> {
    let name = members.optional_text("name")?.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME {
        members.refuse("/name", format!("must have 1 to {NAME} characters, beside spaces around it"));
    } else if name.chars().any(char::is_control) {
        members.refuse("/name", "must not hold control characters");
    }
    Some(name)
}

/// Parameters of a creation.
pub(super) struct CreateQuery {
    dry_run: bool,
}

impl FromQuery for CreateQuery {
    const KNOWN: &'static [&'static str] = &["dry_run"];
    fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self { dry_run: query.flag("dry_run")? })
    }
}

/// Verifies a credential with the real system and saves it if that accepts it.
///
/// Needs `credentials:write`. With `dry_run=true` nothing is stored, and every verdict is a 200.
#[utoipa::path(post, path = "/v1/credentials", operation_id = "create_credential", tag = "credentials",
    request_body = NewCredentialBody,
    params(("dry_run" = Option<bool>, Query, description = "Verify only, store nothing.")),
    responses(
        (status = 200, body = VerdictView, description = "Dry run: what was found"),
        (status = 201, body = CredentialView, description = "Verified and saved", headers(
            ("Location" = String, description = "Path of the credential"),
            ("ETag" = String, description = "Version of the fields"))),
    ))]
pub(super) async fn create(
    State(api): State<Api>,
    token: WorkspaceToken<Write>,
    Parameters(CreateQuery { dry_run }): Parameters<CreateQuery>,
    JsonBody(body): JsonBody<NewCredential>,
) -> Result<Response, Problem> {
    // What cannot be an id names no component either.
    let component = body.component.parse().map_err(|_| unknown_component())?;
    let NewCredential { name, fields, accept_unverified, .. } = body;
    let draft = Draft { component, name, fields, accept_unverified };
    if dry_run {
        let verification = verify_draft(&api.app, &token.actor, &token.workspace, draft).await?;
        return Ok(Json(verdict(&verification)?).into_response());
    }
    let saved = verify_and_save(&api.app, &token.actor, &token.workspace, draft).await?;
    let location = [(LOCATION, format!("/v1/credentials/{}", saved.credential.id))];
    Ok((StatusCode::CREATED, location, shown(&saved.credential)).into_response())
}

/// Parameters of a list.
pub(super) struct ListQuery {
    component: Option<ComponentId>,
    limit: u32,
    cursor: Option<String>,
}

impl FromQuery for ListQuery {
    const KNOWN: &'static [&'static str] = &["component", "limit", "cursor"];
    fn read(query: &Query) -> Result<Self, Problem> {
        let component = query.get("component").map(str::parse).transpose();
        Ok(Self {
            component: component
                .map_err(|_| refuse("component", "must be a component's id, such as `petstore`"))?,
            limit: page::limit(query)?,
            cursor: query.get("cursor").map(str::to_owned),
        })
    }
}

/// Lists credentials, the oldest first.
///
/// Needs `credentials:read`.
#[utoipa::path(get, path = "/v1/credentials", operation_id = "list_credentials", tag = "credentials",
    params(
        ("component" = Option<String>, Query, description = "Only those of this component."),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 when absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filter."),
    ),
    responses((status = 200, body = CredentialPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    token: WorkspaceToken<Read>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<CredentialPage>, Problem> {
    let list = List { workspace: &token.workspace, component: query.component.as_ref() };
    let after = query.cursor.as_deref().map(|cursor| list.read_cursor(cursor)).transpose()?;
    // One more than asked for tells whether there is a next page.
    let filter = ListFilter { component: query.component.clone(), after, limit: query.limit + 1 };
    let found = api.app.store.list_credentials(&token.workspace, filter).await?;
    let on_page = found.len().min(usize::try_from(query.limit).unwrap_or(usize::MAX));
    let has_more = found.len() > on_page;
    let last = found[..on_page].last().filter(|_| has_more);
    Ok(Json(CredentialPage {
        items: found[..on_page].iter().map(CredentialView::from).collect(),
        next_cursor: last.map(|last| list.cursor_after(&last.id)),
    }))
}

/// Shows a credential without its secrets.
///
/// Needs `credentials:read`.
#[utoipa::path(get, path = "/v1/credentials/{id}", operation_id = "read_credential", tag = "credentials",
    params(("id" = String, Path, description = "Id of a credential.")),
    responses((status = 200, body = CredentialView, headers(("ETag" = String, description = "Version of the fields")))))]
pub(super) async fn read(
    State(api): State<Api>,
    token: WorkspaceToken<Read>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
) -> Result<Response, Problem> {
    let found = api.app.store.find_credential(&token.workspace, &id).await?;
    Ok(shown(&found.ok_or_else(Problem::not_found)?).into_response())
}

/// Deletes a credential with its secrets and its evidence.
///
/// Needs `credentials:write`.
#[utoipa::path(delete, path = "/v1/credentials/{id}", operation_id = "delete_credential", tag = "credentials",
    params(("id" = String, Path, description = "Id of a credential.")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    State(api): State<Api>,
    token: WorkspaceToken<Write>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
) -> Result<StatusCode, Problem> {
    let workspace = &token.workspace;
    let action = "credential.delete";
    let audit =
        api.app.audit_record(&token.actor, Some(workspace), action, id.as_str(), "deleted", json!({}));
    let is_deleted = api.app.store.delete_credential(workspace, &id, audit).await?;
    if is_deleted { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// Verifies a stored credential as it is; takes no overrides.
///
/// Needs `credentials:use`. Every verdict is a 200; the credential's status follows it.
#[utoipa::path(post, path = "/v1/credentials/{id}/verify", operation_id = "verify_credential", tag = "credentials",
    params(("id" = String, Path, description = "Id of a credential.")),
    responses((status = 200, body = ReverifiedView)))]
pub(super) async fn verify(
    State(api): State<Api>,
    token: WorkspaceToken<Use>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
    _: NoBody,
) -> Result<Json<ReverifiedView>, Problem> {
    let reverified = verify_stored(&api.app, &token.actor, &token.workspace, &id).await?;
    let found = verdict(&reverified.verification)?;
    Ok(Json(ReverifiedView { credential: CredentialView::from(&reverified.credential), found }))
}

/// The job returns other outcomes as errors.
fn verdict(verification: &Verification) -> Result<VerdictView, Problem> {
    VerdictView::of(verification)
        .ok_or_else(|| Problem::internal("a verification without a verdict was no error"))
}

/// A credential with its `ETag`.
fn shown(credential: &Credential) -> impl IntoResponse + use<> {
    ([(ETAG, format!("\"v{}\"", credential.version))], Json(CredentialView::from(credential)))
}
