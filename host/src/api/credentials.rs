//! Credentials of the token's workspace.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Api;
use super::auth::{Read, Use, WorkspaceToken, Write, missing_right};
use super::body::{FromMembers, JsonBody, NoBody};
use super::conditions::{IfMatch, RetryKey, tag};
use super::members::Members;
use super::page::{self, List};
use super::path::Id;
use super::problem::Problem;
use super::query::{FromQuery, Nothing, Parameters, Query, refuse};
use super::readings::unknown_component;
use super::usage_views::Unlinked;
use super::views::{
    ChangesView, CredentialPage, CredentialView, EditedView, PreviewView, RenamePreviewView, ReverifiedView,
    VerdictView,
};
use crate::domain::credential::{Credential, NAME, Status};
use crate::domain::fields::Fields;
use crate::domain::flow::Link;
use crate::domain::id::{ComponentId, CredentialId, FlowId, InvalidId, PLATFORM_ID};
use crate::domain::rights::Right;
use crate::store::{ListFilter, Position};
use crate::usage;
use crate::verify::{
    Draft, Edit, Verification, preview_edit, verify_and_save, verify_and_save_once, verify_draft,
    verify_stored,
};

/// Tells that an earlier request with the same key has created the credential.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
    /// The step that is to hold it, if it is saved: one of this component.
    link: Option<LinkBody>,
}

/// A step of a flow.
#[derive(Deserialize, ToSchema)]
#[schema(as = Link)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `NewCredential` reads")]
pub(super) struct LinkBody {
    #[schema(example = "orders")]
    flow: String,
    #[schema(example = "fetch")]
    step: String,
}

/// What was read of a [`NewCredentialBody`].
pub(super) struct NewCredential {
    component: String,
    name: Option<String>,
    fields: Fields,
    accept_unverified: bool,
    link: Option<Link>,
}

impl FromMembers for NewCredential {
    fn read(members: &mut Members) -> Self {
        Self {
            component: members.text("component"),
            name: members.optional_name("name"),
            fields: Fields::new(members.object("fields")),
            accept_unverified: members.flag("accept_unverified"),
            link: members.nested("link", |link| {
                let flow = link.parsed("flow", PLATFORM_ID);
                let (flow, step) = flow.zip(link.parsed("step", PLATFORM_ID))?;
                Some(Link { flow, step })
            }),
        }
    }
}

/// Changes of a credential.
#[derive(Deserialize, ToSchema)]
#[schema(as = CredentialPatch)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `Patch` reads")]
pub(super) struct PatchBody {
    /// 1 to 200 characters. Absent: it stays.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// JSON Merge Patch (RFC 7396) of the fields: absent members stay, null removes. No text has a meaning
    /// of its own: `********` would be a secret of eight asterisks.
    #[schema(value_type = Option<Object>, example = json!({"apiKey": "…"}))]
    fields: Option<Map<String, Value>>,
    /// Saves the new fields as `unverified` where the application cannot be asked.
    accept_unverified: Option<bool>,
}

/// What was read of a [`PatchBody`].
pub(super) struct Patch {
    name: Option<String>,
    fields: Option<Fields>,
    accept_unverified: bool,
}

impl FromMembers for Patch {
    const MEDIA_TYPES: &'static [&'static str] = &["application/merge-patch+json", "application/json"];
    fn read(members: &mut Members) -> Self {
        members.refuse_null("name");
        Self {
            name: members.optional_name("name"),
            fields: members.optional_object("fields").map(Fields::new),
            accept_unverified: members.flag("accept_unverified"),
        }
    }
}

/// Parameters of a creation or an edit.
pub(super) struct DryRun {
    dry_run: bool,
}

impl FromQuery for DryRun {
    const KNOWN: &'static [&'static str] = &["dry_run"];
    fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self { dry_run: query.flag("dry_run")? })
    }
}

/// Verifies a credential with the real system and saves it if that accepts it.
///
/// Needs `credentials:write`. With `dry_run=true` nothing is stored, and every verdict is a 200.
///
/// With `link`, which also needs `flows:write`, the step is looked at before anything is verified, and holds
/// the credential as soon as there is one, in the place of one that it held: both are stored together, or
/// neither.
///
/// With `Idempotency-Key` the request can be sent again, also after a crash: for 24 hours the same request
/// with the same key is answered with the credential that it has created, as it is then, without verifying
/// anew; another body with that key is a 422. What created nothing is done again. A dry run stores no key.
#[utoipa::path(post, path = "/v1/credentials", operation_id = "create_credential", tag = "credentials",
    request_body = NewCredentialBody,
    params(
        ("dry_run" = Option<bool>, Query, description = "Verify only, store nothing."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters of the client's choice."),
    ),
    responses(
        (status = 200, body = VerdictView, description = "Dry run: what was found"),
        (status = 201, body = CredentialView, description = "Verified and saved", headers(
            ("Location" = String, description = "Path of the credential"),
            ("ETag" = String, description = "State of the credential, for `If-Match`"),
            ("Idempotency-Replayed" = String, description = "`true`: an earlier request has created it"))),
    ))]
pub(super) async fn create(
    State(api): State<Api>,
    token: WorkspaceToken<Write>,
    Parameters(DryRun { dry_run }): Parameters<DryRun>,
    RetryKey(key): RetryKey,
    JsonBody(body): JsonBody<NewCredential>,
) -> Result<Response, Problem> {
    // What cannot be an id names no component either.
    let component = body.component.parse().map_err(|_| unknown_component())?;
    let NewCredential { name, fields, accept_unverified, link, .. } = body;
    if link.is_some() && !token.may(Right::FlowsWrite) {
        return Err(missing_right(Right::FlowsWrite, " that linking a credential to a step needs"));
    }
    let draft = Draft { component, name, fields, accept_unverified, link };
    if dry_run {
        let verification = verify_draft(&api.app, &token.actor, &token.workspace, draft).await?;
        return Ok(Json(verdict(&verification)?).into_response());
    }
    let (credential, is_replay) = match key {
        None => (verify_and_save(&api.app, &token.actor, &token.workspace, draft).await?.credential, false),
        Some(key) => {
            let created = verify_and_save_once(&api.app, &token.actor, &token.workspace, draft, key).await?;
            (created.credential, created.is_replay)
        }
    };
    let location = [(LOCATION, format!("/v1/credentials/{}", credential.id))];
    let replayed = is_replay.then_some([(REPLAYED, "true")]);
    Ok((StatusCode::CREATED, location, replayed, shown(&credential)).into_response())
}

/// Parameters of a list.
pub(super) struct ListQuery {
    component: Option<ComponentId>,
    status: Option<Status>,
    name_prefix: Option<String>,
    flow: Option<FlowId>,
    limit: u32,
    cursor: Option<String>,
}

impl FromQuery for ListQuery {
    const KNOWN: &'static [&'static str] = &["component", "status", "name_prefix", "flow", "limit", "cursor"];
    fn read(query: &Query) -> Result<Self, Problem> {
        let component = query.get("component").map(str::parse).transpose();
        Ok(Self {
            component: component
                .map_err(|_| refuse("component", "must be a component's id, such as `petstore`"))?,
            status: query.get("status").map(status).transpose()?,
            name_prefix: query.get("name_prefix").map(name_prefix).transpose()?,
            flow: query
                .get("flow")
                .map(str::parse)
                .transpose()
                .map_err(|_| refuse("flow", "must be a flow's id"))?,
            limit: page::limit(query)?,
            cursor: query.get("cursor").map(str::to_owned),
        })
    }
}

fn status(text: &str) -> Result<Status, Problem> {
    Status::parse(text).ok_or_else(|| {
        refuse("status", "must be `verified`, `unverified`, `rejected` or `reauthorization_required`")
    })
}

fn name_prefix(text: &str) -> Result<String, Problem> {
    if (1..=NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(refuse("name_prefix", "must have 1 to 200 characters, and no control characters"))
}

/// What a credential sorts by: its id, in which no slash stands, and its name.
struct Key(Position);

impl FromStr for Key {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (id, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self(Position { id: id.parse()?, name: name.to_owned() }))
    }
}

/// Lists credentials, the oldest first; with `name_prefix` by name.
///
/// Needs `credentials:read`.
#[utoipa::path(get, path = "/v1/credentials", operation_id = "list_credentials", tag = "credentials",
    params(
        ("component" = Option<String>, Query, description = "Only those of this component."),
        ("status" = Option<String>, Query, description = "Only those with this status."),
        ("name_prefix" = Option<String>, Query, description = "Only those whose name begins with exactly this text; upper and lower case differ."),
        ("flow" = Option<String>, Query, description = "Only those that steps of this flow hold."),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 when absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters."),
    ),
    responses((status = 200, body = CredentialPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    token: WorkspaceToken<Read>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<CredentialPage>, Problem> {
    let filter = [
        query.component.as_ref().map_or("", ComponentId::as_str),
        query.status.map_or("", Status::as_str),
        query.name_prefix.as_deref().unwrap_or_default(),
        query.flow.as_ref().map_or("", FlowId::as_str),
    ];
    let list = List::new("credentials", &token.workspace, &filter);
    let after: Option<Key> = query.cursor.as_deref().map(|cursor| list.read_cursor(cursor)).transpose()?;
    let filter = ListFilter {
        component: query.component.clone(),
        status: query.status,
        name_prefix: query.name_prefix.clone(),
        flow: query.flow.clone(),
        after: after.map(|Key(position)| position),
        limit: query.limit + 1,
    };
    let mut found = api.app.store.list_credentials(&token.workspace, filter).await?;
    let next_cursor = list.cut(&mut found, query.limit, |last| format!("{}/{}", last.id, last.name));
    Ok(Json(CredentialPage { items: found.iter().map(CredentialView::from).collect(), next_cursor }))
}

/// Shows a credential without its secrets.
///
/// Needs `credentials:read`.
#[utoipa::path(get, path = "/v1/credentials/{id}", operation_id = "read_credential", tag = "credentials",
    params(("id" = String, Path, description = "Id of a credential.")),
    responses((status = 200, body = CredentialView, headers(("ETag" = String, description = "State of the credential, for `If-Match`")))))]
pub(super) async fn read(
    State(api): State<Api>,
    token: WorkspaceToken<Read>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
) -> Result<Response, Problem> {
    let found = api.app.store.find_credential(&token.workspace, &id).await?;
    Ok(shown(&found.ok_or_else(Problem::not_found)?).into_response())
}

/// Changes a credential's name, its fields, or both.
///
/// Needs `credentials:write`. New fields are verified with the real system, together with those that stay,
/// before anything is replaced; while stored secrets stay, that also needs `credentials:use`. Fields that
/// send stored secrets elsewhere need every stored secret again, or null: else 422
/// `secrets-must-be-resent`. A change of the name alone verifies nothing, and one of nothing changes
/// nothing. With `dry_run=true` nothing is stored, and every verdict is a 200. `usage` says how many steps and
/// active flows the edit touches.
#[utoipa::path(patch, path = "/v1/credentials/{id}", operation_id = "edit_credential", tag = "credentials",
    request_body(content(
        (PatchBody = "application/merge-patch+json"),
        (PatchBody = "application/json"),
    )),
    params(
        ("id" = String, Path, description = "Id of a credential."),
        ("dry_run" = Option<bool>, Query, description = "Verify only, store nothing: the answer is an `EditPreview`, or a `RenamePreview` where no field would change."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that the change is meant for."),
    ),
    responses((status = 200, body = EditedView, description = "The credential as it is now; dry run: what the edit would do", headers(("ETag" = String, description = "State of the credential, for `If-Match`")))))]
pub(super) async fn edit(
    State(api): State<Api>,
    token: WorkspaceToken<Write>,
    Id(id): Id<CredentialId>,
    Parameters(DryRun { dry_run }): Parameters<DryRun>,
    IfMatch(expected): IfMatch,
    JsonBody(body): JsonBody<Patch>,
) -> Result<Response, Problem> {
    let Patch { name, fields, accept_unverified } = body;
    let may_use_stored = token.may(Right::CredentialsUse);
    let edit = Edit { name, fields, accept_unverified, expected, may_use_stored };
    let (app, workspace) = (&api.app, &token.workspace);
    if dry_run {
        let preview = preview_edit(app, &token.actor, workspace, &id, edit).await?;
        let usage = preview.usage.into();
        let changes = ChangesView::from(preview.changes);
        let answer = match &preview.verification {
            Some(found) => EditedView::Preview(PreviewView { changes, usage, found: verdict(found)? }),
            None => EditedView::Rename(RenamePreviewView { changes, usage, verdict: () }),
        };
        return Ok(Json(answer).into_response());
    }
    let credential = crate::verify::edit(app, &token.actor, workspace, &id, edit).await?.credential;
    let answer = EditedView::Credential(CredentialView::from(&credential));
    Ok(([(ETAG, tag(credential.revision))], Json(answer)).into_response())
}

/// Deletes a credential with its secrets and its evidence.
///
/// Needs `credentials:write`. Refused with 409 `credential-in-use` while steps of active flows hold it. Steps
/// of inactive flows hold none afterwards.
#[utoipa::path(delete, path = "/v1/credentials/{id}", operation_id = "delete_credential", tag = "credentials",
    params(
        ("id" = String, Path, description = "Id of a credential."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be deleted."),
    ),
    responses(
        (status = 200, body = Unlinked, description = "Deleted, and taken from steps of inactive flows"),
        (status = 204, description = "Deleted; no step held it"),
    ))]
pub(super) async fn delete(
    State(api): State<Api>,
    token: WorkspaceToken<Write>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let unlinked = usage::delete_credential(&api.app, &token.actor, &token.workspace, &id, &expected).await?;
    if unlinked.total == 0 {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(Unlinked::from(&unlinked)).into_response())
}

/// Verifies a stored credential as it is; takes no overrides.
///
/// Needs `credentials:use`. Every verdict is a 200; the credential's status follows it.
#[utoipa::path(post, path = "/v1/credentials/{id}/verify", operation_id = "verify_credential", tag = "credentials",
    params(
        ("id" = String, Path, description = "Id of a credential."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be verified."),
    ),
    responses((status = 200, body = ReverifiedView)))]
pub(super) async fn verify(
    State(api): State<Api>,
    token: WorkspaceToken<Use>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
    _: NoBody,
) -> Result<Json<ReverifiedView>, Problem> {
    let reverified = verify_stored(&api.app, &token.actor, &token.workspace, &id, &expected).await?;
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
    ([(ETAG, tag(credential.revision))], Json(CredentialView::from(credential)))
}
