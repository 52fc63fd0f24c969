//! The REST API: JSON below `/v1`, problem documents (RFC 9457), bearer tokens, OpenAPI 3.1 made from
//! the handlers themselves. The server in front of it stands in `web`.

mod auth;
mod body;
mod components;
mod conditions;
mod credentials;
mod error;
mod flow_views;
mod flows;
mod health;
mod leases;
mod members;
mod openapi;
mod page;
mod path;
mod problem;
mod problems;
mod query;
mod readings;
mod refusals;
mod settings;
mod usage_views;
mod usages;
mod views;

use std::sync::Arc;

use axum::Router;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) use body::{read_form, read_upload};
pub use error::{Kind, PROBLEMS, Row};
pub use openapi::openapi;
pub(crate) use problem::{Problem, RequestId};
pub use settings::Settings;

/// What handlers are passed.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: Arc<App>,
    pub(crate) settings: Arc<Settings>,
    /// Requests at work: one that has begun is finished, even when its client went away.
    pub(crate) at_work: TaskTracker,
}

impl Api {
    pub(crate) fn new(app: Arc<App>, settings: Settings) -> Self {
        Self { app, settings: Arc::new(settings), at_work: TaskTracker::new() }
    }

    /// The routes of the API, without what every request gets.
    pub(crate) fn into_router(self) -> Router {
        let (router, _) = routes().split_for_parts();
        router.with_state(self)
    }
}

/// Every route. What stands here stands in the OpenAPI document, and nothing else does.
fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::frame())
        // What runs
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        // The API about itself
        .routes(routes!(openapi::serve_document))
        .routes(routes!(problems::explain))
        // Credentials of the token's workspace
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::read, credentials::edit, credentials::delete))
        .routes(routes!(credentials::verify))
        .routes(routes!(usages::list))
        .routes(routes!(usages::replace))
        // Flows of the token's workspace
        .routes(routes!(flows::list))
        .routes(routes!(flows::put, flows::read, flows::delete))
        .routes(routes!(flows::activate))
        .routes(routes!(flows::deactivate))
        .routes(routes!(flows::choose))
        .routes(routes!(leases::create))
        // Components of the installation
        .routes(routes!(components::list, components::install))
        .routes(routes!(components::read, components::remove))
}
