//! Where a credential is used, and another one in its place.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::auth::{Read, Replace, WorkspaceToken};
use super::body::{FromMembers, JsonBody, invalid};
use super::members::Members;
use super::page::{self, List};
use super::path::Id;
use super::problem::Problem;
use super::query::{FromQuery, Nothing, Parameters, Query};
use super::refusals::unknown_credentials;
use super::usage_views::{Replaced, UsagePage, UsageView};
use crate::domain::fields::Violation;
use crate::domain::id::{CredentialId, FlowId, PLATFORM_ID, StepId};
use crate::store::ChangeError;
use crate::usage::{self, WantedReplacement};

/// Most flows that one request names.
const FLOWS: usize = 100;

/// Parameters of a list.
pub(super) struct ListQuery {
    limit: u32,
    cursor: Option<String>,
}

impl FromQuery for ListQuery {
    const KNOWN: &'static [&'static str] = &["limit", "cursor"];
    fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self { limit: page::limit(query)?, cursor: query.get("cursor").map(str::to_owned) })
    }
}

/// What a usage sorts by: flow and step, of which no id holds a slash.
struct Key(FlowId, StepId);

impl FromStr for Key {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (flow, step) = text.split_once('/').ok_or(())?;
        Ok(Self(flow.parse().map_err(|_| ())?, step.parse().map_err(|_| ())?))
    }
}

/// Lists the steps that hold a credential, by flow and step.
///
/// Needs `credentials:read`.
#[utoipa::path(get, path = "/v1/credentials/{id}/usages", operation_id = "list_usages", tag = "credentials",
    params(
        ("id" = String, Path, description = "Id of a credential."),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 when absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, body = UsagePage)))]
pub(super) async fn list(
    State(api): State<Api>,
    token: WorkspaceToken<Read>,
    Id(id): Id<CredentialId>,
    Parameters(ListQuery { limit, cursor }): Parameters<ListQuery>,
) -> Result<Json<UsagePage>, Problem> {
    let (store, workspace) = (&api.app.store, &token.workspace);
    let list = List::new("usages", workspace, &[id.as_str()]);
    let after: Option<Key> = cursor.as_deref().map(|cursor| list.read_cursor(cursor)).transpose()?;
    let after = after.map(|Key(flow, step)| (flow, step));
    let mut found = store.list_usages(workspace, &id, after, limit + 1).await?;
    if found.is_empty() && store.find_credential(workspace, &id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let next_cursor = list.cut(&mut found, limit, |last| format!("{}/{}", last.flow, last.step));
    Ok(Json(UsagePage { items: found.iter().map(UsageView::from).collect(), next_cursor }))
}

/// What is to take a credential's place.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewReplacement)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "tells OpenAPI what `Wanted` reads")]
pub(super) struct ReplaceBody {
    /// Id of another credential of the same component.
    with: String,
    /// Only in these flows, at most 100; absent: in all.
    flows: Option<Vec<String>>,
    /// Takes one whose status is not `verified`.
    accept_unverified: Option<bool>,
}

/// What was read of a [`ReplaceBody`].
pub(super) struct Wanted {
    with: Option<CredentialId>,
    flows: Option<Vec<FlowId>>,
    accept_unverified: bool,
}

impl FromMembers for Wanted {
    fn read(members: &mut Members) -> Self {
        Self {
            with: members.parsed("with", "the id of a credential, such as `cred_01k…`"),
            flows: members.optional_texts("flows", FLOWS, PLATFORM_ID),
            accept_unverified: members.flag("accept_unverified"),
        }
    }
}

/// Gives the steps that hold a credential another one, all together or none.
///
/// Needs `credentials:write` and `flows:write`. The other one is of the same component, and `verified` unless
/// `accept_unverified` says otherwise.
#[utoipa::path(post, path = "/v1/credentials/{id}/replace", operation_id = "replace_credential", tag = "credentials",
    request_body = ReplaceBody,
    params(("id" = String, Path, description = "Id of the credential that the steps hold.")),
    responses((status = 200, body = Replaced)))]
pub(super) async fn replace(
    State(api): State<Api>,
    token: WorkspaceToken<Replace>,
    Id(id): Id<CredentialId>,
    _: Parameters<Nothing>,
    JsonBody(Wanted { with, flows, accept_unverified }): JsonBody<Wanted>,
) -> Result<Json<Replaced>, Problem> {
    let with = with.filter(|with| *with != id).ok_or_else(|| {
        invalid(&[Violation::new("/with", "must be another credential than the one that is replaced")])
    })?;
    let wanted = WantedReplacement { of: id, with, flows, accept_unverified };
    let moved = usage::replace_credential(&api.app, &token.actor, &token.workspace, wanted).await;
    let moved = moved.map_err(|error| match error {
        ChangeError::UnknownNames { .. } => unknown_credentials(["/with".to_owned()]),
        ChangeError::Unused(places) => {
            let unused = |place| {
                Violation::new(format!("/flows/{place}"), "names no flow whose steps hold the credential")
            };
            invalid(&places.into_iter().map(unused).collect::<Vec<_>>())
        }
        error => error.into(),
    })?;
    Ok(Json(Replaced::from(&moved)))
}
