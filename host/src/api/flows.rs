//! Flows of the token's workspace, as the platform registers them.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::auth::{ReadFlows, WorkspaceToken, WriteFlows};
use super::body::{FromMembers, JsonBody, NoBody};
use super::conditions::{IfMatch, IfMatchOrNone, tag};
use super::flow_views::{FlowPage, FlowSummaryView, FlowView};
use super::members::Members;
use super::page::{self, List};
use super::path::{Id, NewId, StepOf};
use super::problem::Problem;
use super::query::{FromQuery, Nothing, Parameters, Query};
use super::refusals::{unknown_components, unknown_credentials};
use crate::domain::credential::Expected;
use crate::domain::flow::Flow;
use crate::domain::id::{CredentialId, FlowId, PLATFORM_ID, StepId};
use crate::store::{ChangeError, FlowFilter, NewStep};
use crate::usage::{self, WantedFlow};

/// Most steps of a flow.
const STEPS: usize = 500;

/// What an id of a credential is, for errors.
const CREDENTIAL_ID: &str = "the id of a credential, such as `cred_01k…`, or null";

/// A flow as the platform wants it.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewFlow)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `Wanted` reads")]
pub(super) struct FlowBody {
    /// 1 to 200 characters.
    #[schema(example = "Orders", min_length = 1, max_length = 200)]
    name: String,
    /// At most 500, in order.
    steps: Vec<StepBody>,
}

/// A step as the platform wants it.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewStep)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `Wanted` reads")]
pub(super) struct StepBody {
    /// The platform's own, unique in the flow: 1 to 200 of letters, digits and `-._~:@`.
    #[schema(example = "fetch")]
    id: String,
    /// Id of an installed component.
    #[schema(example = "petstore")]
    component: String,
    /// Id of a credential of this component, or null.
    credential: Option<String>,
}

/// What was read of a [`FlowBody`].
pub(super) struct Wanted {
    name: String,
    steps: Vec<NewStep>,
}

impl FromMembers for Wanted {
    fn read(members: &mut Members) -> Self {
        let name = members.name("name");
        let mut seen = HashSet::new();
        let steps = members.each("steps", STEPS, |step| {
            let id: Option<StepId> = step.parsed("id", PLATFORM_ID);
            if id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
                step.refuse("id", "is the id of an earlier step, too");
            }
            let component = step.parsed("component", "the id of a component, such as `petstore`");
            let credential = step.optional_parsed("credential", CREDENTIAL_ID);
            let (id, component) = id.zip(component)?;
            Some(NewStep { id, component, credential })
        });
        Self { name, steps }
    }
}

/// The credential that a step is to hold.
#[derive(Deserialize, ToSchema)]
#[schema(as = Choice)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `Chosen` reads")]
pub(super) struct ChoiceBody {
    /// Id of a credential of the step's component; null takes away the one that it holds.
    #[schema(required)]
    credential: Option<String>,
}

/// What was read of a [`ChoiceBody`].
pub(super) struct Chosen(Option<CredentialId>);

impl FromMembers for Chosen {
    fn read(members: &mut Members) -> Self {
        members.refuse_absence("credential");
        Self(members.optional_parsed("credential", CREDENTIAL_ID))
    }
}

/// Parameters of a list.
pub(super) struct ListQuery {
    active: Option<bool>,
    limit: u32,
    cursor: Option<String>,
}

impl FromQuery for ListQuery {
    const KNOWN: &'static [&'static str] = &["active", "limit", "cursor"];
    fn read(query: &Query) -> Result<Self, Problem> {
        let active = query.get("active").is_some().then(|| query.flag("active")).transpose()?;
        Ok(Self { active, limit: page::limit(query)?, cursor: query.get("cursor").map(str::to_owned) })
    }
}

/// Lists flows, by id.
///
/// Needs `flows:read`.
#[utoipa::path(get, path = "/v1/flows", operation_id = "list_flows", tag = "flows",
    params(
        ("active" = Option<bool>, Query, description = "Only the active or the inactive ones."),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 when absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters."),
    ),
    responses((status = 200, body = FlowPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    token: WorkspaceToken<ReadFlows>,
    Parameters(ListQuery { active, limit, cursor }): Parameters<ListQuery>,
) -> Result<Json<FlowPage>, Problem> {
    let filter = active.map_or("", |active| if active { "true" } else { "false" });
    let list = List::new("flows", &token.workspace, &[filter]);
    let after = cursor.as_deref().map(|cursor| list.read_cursor(cursor)).transpose()?;
    let filter = FlowFilter { active, after, limit: limit + 1 };
    let mut found = api.app.store.list_flows(&token.workspace, filter).await?;
    let next_cursor = list.cut(&mut found, limit, |last| last.id.to_string());
    Ok(Json(FlowPage { items: found.iter().map(FlowSummaryView::from).collect(), next_cursor }))
}

/// Shows a flow with its steps.
///
/// Needs `flows:read`.
#[utoipa::path(get, path = "/v1/flows/{id}", operation_id = "read_flow", tag = "flows",
    params(("id" = String, Path, description = "Id of a flow.")),
    responses((status = 200, body = FlowView, headers(("ETag" = String, description = "State of the flow, for `If-Match`")))))]
pub(super) async fn read(
    State(api): State<Api>,
    token: WorkspaceToken<ReadFlows>,
    Id(id): Id<FlowId>,
    _: Parameters<Nothing>,
) -> Result<Response, Problem> {
    let found = api.app.store.find_flow(&token.workspace, &id).await?;
    Ok(shown(&found.ok_or_else(Problem::not_found)?).into_response())
}

/// Registers a flow, inactive, or replaces its name and steps.
///
/// Needs `flows:write`. The body is the whole flow: a step without `credential` holds none afterwards. Whether
/// the flow is active stays as it is; steps of an active one need their credentials, else 409
/// `flow-not-ready`, and nothing is changed.
#[utoipa::path(put, path = "/v1/flows/{id}", operation_id = "put_flow", tag = "flows",
    request_body = FlowBody,
    params(
        ("id" = String, Path, description = "The platform's own id: 1 to 200 of letters, digits and `-._~:@`."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be replaced; `*`: only if there is one."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is no such flow yet."),
    ),
    responses(
        (status = 200, body = FlowView, description = "Replaced", headers(("ETag" = String, description = "State of the flow, for `If-Match`"))),
        (status = 201, body = FlowView, description = "Registered, inactive", headers(
            ("Location" = String, description = "Path of the flow"),
            ("ETag" = String, description = "State of the flow, for `If-Match`"))),
    ))]
pub(super) async fn put(
    State(api): State<Api>,
    token: WorkspaceToken<WriteFlows>,
    NewId(id): NewId<FlowId>,
    _: Parameters<Nothing>,
    IfMatchOrNone(expected): IfMatchOrNone,
    JsonBody(Wanted { name, steps }): JsonBody<Wanted>,
) -> Result<Response, Problem> {
    let wanted = WantedFlow { id, name, steps, expected };
    let put = usage::put_flow(&api.app, &token.actor, &token.workspace, wanted).await;
    let (flow, is_new) = put.map_err(refused_steps)?;
    if !is_new {
        return Ok(shown(&flow).into_response());
    }
    let location = [(LOCATION, format!("/v1/flows/{}", flow.id))];
    Ok((StatusCode::CREATED, location, shown(&flow)).into_response())
}

fn refused_steps(error: ChangeError) -> Problem {
    let at = |member: &'static str| move |place: usize| format!("/steps/{place}/{member}");
    match error {
        ChangeError::UnknownNames { components, credentials } if components.is_empty() => {
            unknown_credentials(credentials.into_iter().map(at("credential")))
        }
        ChangeError::UnknownNames { components, credentials } => unknown_components(
            components.into_iter().map(at("component")),
            credentials.into_iter().map(at("credential")),
        ),
        error => error.into(),
    }
}

/// Deletes a flow with its steps, whether it is active or not.
///
/// Needs `flows:write`. Credentials stay.
#[utoipa::path(delete, path = "/v1/flows/{id}", operation_id = "delete_flow", tag = "flows",
    params(
        ("id" = String, Path, description = "Id of a flow."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be deleted."),
    ),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    State(api): State<Api>,
    token: WorkspaceToken<WriteFlows>,
    Id(id): Id<FlowId>,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    usage::delete_flow(&api.app, &token.actor, &token.workspace, &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activates a flow.
///
/// Needs `flows:write`. 409 `flow-not-ready` names every step that lacks a credential, or whose credential
/// is `rejected` or `reauthorization_required`. One that is active stays so.
#[utoipa::path(post, path = "/v1/flows/{id}/activate", operation_id = "activate_flow", tag = "flows",
    params(
        ("id" = String, Path, description = "Id of a flow."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be activated."),
    ),
    responses((status = 200, body = FlowView, headers(("ETag" = String, description = "State of the flow, for `If-Match`")))))]
pub(super) async fn activate(
    State(api): State<Api>,
    token: WorkspaceToken<WriteFlows>,
    Id(id): Id<FlowId>,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
    _: NoBody,
) -> Result<Response, Problem> {
    set_active(&api, &token, &id, true, &expected).await
}

/// Deactivates a flow.
///
/// Needs `flows:write`. One that is inactive stays so.
#[utoipa::path(post, path = "/v1/flows/{id}/deactivate", operation_id = "deactivate_flow", tag = "flows",
    params(
        ("id" = String, Path, description = "Id of a flow."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the state that is to be deactivated."),
    ),
    responses((status = 200, body = FlowView, headers(("ETag" = String, description = "State of the flow, for `If-Match`")))))]
pub(super) async fn deactivate(
    State(api): State<Api>,
    token: WorkspaceToken<WriteFlows>,
    Id(id): Id<FlowId>,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
    _: NoBody,
) -> Result<Response, Problem> {
    set_active(&api, &token, &id, false, &expected).await
}

async fn set_active(
    api: &Api,
    token: &WorkspaceToken<WriteFlows>,
    id: &FlowId,
    active: bool,
    expected: &Expected,
) -> Result<Response, Problem> {
    let (app, workspace) = (&api.app, &token.workspace);
    let flow = usage::set_flow_active(app, &token.actor, workspace, id, active, expected).await?;
    Ok(shown(&flow).into_response())
}

/// Chooses the credential of a step, or takes it away.
///
/// Needs `flows:write`.
#[utoipa::path(put, path = "/v1/flows/{id}/steps/{step}/credential", operation_id = "choose_credential", tag = "flows",
    request_body = ChoiceBody,
    params(
        ("id" = String, Path, description = "Id of a flow."),
        ("step" = String, Path, description = "Id of one of its steps."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the flow's state that is to be changed."),
    ),
    responses((status = 200, body = FlowView, headers(("ETag" = String, description = "State of the flow, for `If-Match`")))))]
pub(super) async fn choose(
    State(api): State<Api>,
    token: WorkspaceToken<WriteFlows>,
    StepOf(step): StepOf,
    _: Parameters<Nothing>,
    IfMatch(expected): IfMatch,
    JsonBody(Chosen(credential)): JsonBody<Chosen>,
) -> Result<Response, Problem> {
    let workspace = &token.workspace;
    let app = &api.app;
    let credential = credential.as_ref();
    let chosen = usage::choose_credential(app, &token.actor, workspace, &step, credential, &expected).await;
    let flow = chosen.map_err(|error| match error {
        ChangeError::UnknownNames { .. } => unknown_credentials(["/credential".to_owned()]),
        error => error.into(),
    })?;
    Ok(shown(&flow).into_response())
}

/// A flow with its `ETag`.
fn shown(flow: &Flow) -> impl IntoResponse + use<> {
    ([(ETAG, tag(flow.revision))], Json(FlowView::from(flow)))
}
