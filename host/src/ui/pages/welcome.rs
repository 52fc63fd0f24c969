//! One-time links: the first user, invited ones, and those who choose a new password.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::sign_in::{busy, enter};
use crate::accounts::{self, AcceptError, Invitation, Purpose};
use crate::api::{Kind, Problem};
use crate::domain::secret::Secret;
use crate::ui::Ui;
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::params::Asked;
use crate::ui::posted::OpenForm;
use crate::ui::texts::TEXTS;

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    page: Layout,
    /// What the link is for.
    what: &'static str,
    token: String,
    name: String,
    is_name_fixed: bool,
    problem: Option<String>,
}

/// `GET /welcome?token=…`
pub(in crate::ui) async fn ask(State(ui): State<Ui>, asked: Asked) -> Result<Response, Problem> {
    let token = asked.get("token").unwrap_or_default();
    page(&ui, token, None, None).await
}

/// `POST /welcome`
pub(in crate::ui) async fn accept(
    State(ui): State<Ui>,
    OpenForm(mut posted): OpenForm,
) -> Result<Response, Problem> {
    let token = posted.take("token").unwrap_or_default();
    let name = posted.take("name").unwrap_or_default();
    let password = Secret::new(posted.take("password").unwrap_or_default());
    match accounts::accept(&ui.api.app, &token, &name, password).await {
        Ok(signed_in) => Ok(enter(&ui, &signed_in, "/")),
        Err(AcceptError::Store(error)) => Err(error.into()),
        Err(AcceptError::Hashing(error)) => Err(busy(&error)),
        Err(AcceptError::Gone) => Err(gone()),
        Err(error) => {
            let problem = match error {
                AcceptError::Name(_) => TEXTS.user_name_invalid.to_owned(),
                error => error.to_string(),
            };
            page(&ui, &token, Some(name), Some(problem)).await
        }
    }
}

fn gone() -> Problem {
    Problem::new(Kind::LinkGone, TEXTS.link_gone)
}

async fn page(
    ui: &Ui,
    token: &str,
    name: Option<String>,
    problem: Option<String>,
) -> Result<Response, Problem> {
    let invitation = accounts::find_invitation(&ui.api.app, token).await?.ok_or_else(gone)?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Welcome {
        page: Layout::new(Section::None, TEXTS.welcome),
        what: what(&invitation),
        token: token.to_owned(),
        is_name_fixed: invitation.name().is_some(),
        name: name.or_else(|| invitation.name().map(ToString::to_string)).unwrap_or_default(),
        problem,
    };
    Ok(show_as(status, &page))
}

/// What the link does.
fn what(invitation: &Invitation) -> &'static str {
    match invitation.purpose {
        Purpose::First => TEXTS.welcome_first,
        Purpose::Invited { .. } => TEXTS.welcome_member,
        Purpose::Reset { .. } => TEXTS.welcome_reset,
    }
}
