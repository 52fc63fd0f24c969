//! The web pages: made on the server, over the same functions that the API calls. They work without
//! script; what there is of it shows progress and hides what a choice does not need.

mod address;
mod assets;
mod badges;
mod choices;
mod cookie;
mod credential_form;
mod facts;
pub mod form;
mod guard;
mod history;
mod layout;
mod marks;
mod member;
mod notices;
mod outcomes;
mod pages;
mod params;
mod posted;
mod running;
mod texts;
mod times;
mod titles;
mod uploads;
mod usages;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::api::{Api, Problem};
use layout::home;
use member::Visitor;
use pages::{
    account, component, components, create, credential, credentials, delete, edit, flow, flows, install,
    replace, sign_in, step, welcome,
};

pub use address::{Address, InvalidAddress};
pub(crate) use pages::problem::page as problem_page;

/// What pages are passed.
#[derive(Clone)]
struct Ui {
    api: Api,
    /// None: the pages are closed.
    address: Option<Arc<Address>>,
    uploads: uploads::Uploads,
}

/// Every page, without what every request gets.
pub(crate) fn router(api: Api, address: Option<Address>) -> Router {
    let ui = Ui { api, address: address.map(Arc::new), uploads: uploads::Uploads::default() };
    Router::new()
        .route("/", get(start))
        // People
        .route("/sign-in", get(sign_in::ask).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/welcome", get(welcome::ask).post(welcome::accept))
        .route("/account", get(account::read))
        .route("/account/password", post(account::change_password))
        .route("/account/sign-out-everywhere", post(account::sign_out_everywhere))
        // Credentials of a workspace
        .route("/w/{workspace}/credentials", get(credentials::show_grid))
        .route("/w/{workspace}/credentials/new", get(credentials::choose))
        .route("/w/{workspace}/components/{id}", get(component::list))
        .route("/w/{workspace}/components/{id}/new", get(create::blank).post(create::save))
        .route("/w/{workspace}/credentials/{id}", get(credential::read))
        .route("/w/{workspace}/credentials/{id}/verify", post(credential::verify))
        .route("/w/{workspace}/credentials/{id}/edit", get(edit::stored).post(edit::save))
        .route("/w/{workspace}/credentials/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/w/{workspace}/credentials/{id}/replace", get(replace::ask).post(replace::replace))
        // Flows of a workspace
        .route("/w/{workspace}/flows", get(flows::list))
        .route("/w/{workspace}/flows/{id}", get(flow::read))
        .route("/w/{workspace}/flows/{id}/activate", post(flow::activate))
        .route("/w/{workspace}/flows/{id}/deactivate", post(flow::deactivate))
        .route("/w/{workspace}/flows/{id}/steps/{step}", get(step::ask).post(step::choose))
        // Components of the installation
        .route("/components", get(components::list))
        .route("/components/install", get(install::ask).post(install::look))
        .route("/components/install/{digest}", post(install::install))
        .route("/components/install/{digest}/icon", get(install::icon))
        .route("/components/{id}", get(components::read))
        .route("/components/{id}/remove", post(components::remove))
        .route("/icons/{id}/{version}", get(marks::serve))
        .route("/assets/{name}", get(assets::serve))
        .layer(from_fn_with_state(ui.clone(), guard::stand))
        .with_state(ui)
}

/// `GET /`: to the first page of a workspace that the visitor may look at, or to what an operator of none can do.
async fn start(visitor: Visitor) -> Result<Redirect, Problem> {
    let session = &visitor.session;
    match session.memberships.iter().find_map(|member| home(session, &member.workspace)) {
        Some(path) => Ok(Redirect::to(&path)),
        None if session.operator => Ok(Redirect::to("/components")),
        None => Ok(Redirect::to("/account")),
    }
}
