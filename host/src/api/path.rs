//! Ids in the path. One that cannot exist looks like one that does not.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use super::Api;
use super::error::Kind;
use super::problem::Problem;
use crate::domain::flow::Link;
use crate::domain::id::InvalidId;

/// The `{id}` of a path.
pub(super) struct Id<T>(pub(super) T);

impl<T: FromStr> FromRequestParts<Api> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, api).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The `{id}` of a path that makes what it names: one that cannot be is told as such.
pub(super) struct NewId<T>(pub(super) T);

impl<T: FromStr<Err = InvalidId>> FromRequestParts<Api> for NewId<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, api).await.map_err(|_| Problem::not_found())?;
        let refused =
            |error: InvalidId| Problem::new(Kind::QueryInvalid, format!("The id in the path: {error}."));
        text.parse().map(Self).map_err(refused)
    }
}

/// The `{id}` of a flow and the `{step}` of a path.
pub(super) struct StepOf(pub(super) Link);

impl FromRequestParts<Api> for StepOf {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, api).await;
        let Path((flow, step)) = path.map_err(|_| Problem::not_found())?;
        match (flow.parse(), step.parse()) {
            (Ok(flow), Ok(step)) => Ok(Self(Link { flow, step })),
            _ => Err(Problem::not_found()),
        }
    }
}
