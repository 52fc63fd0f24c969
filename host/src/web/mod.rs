//! What people and machines reach: the API and the pages behind one server, and the metrics behind another.

mod connections;
mod envelope;
mod held;
mod metrics;
mod patience;
mod server;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::api::{Api, Problem, Settings};
use crate::app::App;
use crate::ui::{self, Address};

pub use server::{serve, serve_metrics};

/// API and pages over `app`. A test calls it without a socket; [`serve`] puts a server in front of it.
/// Without an address the pages are closed.
pub fn router(app: Arc<App>, settings: Settings, address: Option<Address>) -> Router {
    site(Api::new(app, settings), address)
}

fn site(api: Api, address: Option<Address>) -> Router {
    let envelope = from_fn_with_state(api.clone(), envelope::wrap);
    let pages = ui::router(api.clone(), address);
    api.into_router().merge(pages).fallback(no_such_path).layer(envelope)
}

/// For paths that no route has.
async fn no_such_path() -> Problem {
    Problem::not_found()
}
