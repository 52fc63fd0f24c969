//! What stands in the address of a page.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::Ui;
use crate::api::Problem;
use crate::domain::flow::Link;

/// The `{id}` of a path. One that cannot exist looks like one that does not.
pub(super) struct Id<T>(pub(super) T);

/// The `{id}` of a flow and the `{step}` of a path.
pub(super) struct StepOf(pub(super) Link);

/// The query. What a page does not know it does not look at: people edit and share addresses.
pub(super) struct Asked(Vec<(String, String)>);

async fn param<T: FromStr>(parts: &mut Parts, ui: &Ui, name: &str) -> Result<T, Problem> {
    let params = RawPathParams::from_request_parts(parts, ui).await.map_err(|_| Problem::not_found())?;
    let found = params.iter().find(|(given, _)| *given == name);
    found.and_then(|(_, text)| text.parse().ok()).ok_or_else(Problem::not_found)
}

impl<T: FromStr> FromRequestParts<Ui> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Self, Problem> {
        param(parts, ui, "id").await.map(Self)
    }
}

impl FromRequestParts<Ui> for StepOf {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Self, Problem> {
        let flow = param(parts, ui, "id").await?;
        Ok(Self(Link { flow, step: param(parts, ui, "step").await? }))
    }
}

impl Asked {
    /// The first value of this name that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, value)| given == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}
