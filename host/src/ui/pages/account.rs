//! The page of whoever is signed in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::sign_in::{busy, enter, leave};
use crate::accounts::{self, PasswordError, SessionView};
use crate::api::Problem;
use crate::domain::secret::Secret;
use crate::ui::Ui;
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::member::Visitor;
use crate::ui::notices::{Deed, Notice, path_after};
use crate::ui::posted::Posted;
use crate::ui::texts::{TEXTS, fill};
use crate::ui::times::Time;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    page: Layout,
    /// What they may do, in a row.
    roles: String,
    sessions: Vec<Line>,
    problem: Option<String>,
}

/// A browser that is signed in.
struct Line {
    started: String,
    seen: String,
    is_this: bool,
}

/// `GET /account`
pub(in crate::ui) async fn read(
    State(ui): State<Ui>,
    visitor: Visitor,
    notice: Notice,
) -> Result<Response, Problem> {
    page(&ui, &visitor, notice.0, None).await
}

/// `POST /account/sign-out-everywhere`
pub(in crate::ui) async fn sign_out_everywhere(
    State(ui): State<Ui>,
    visitor: Visitor,
    _: Posted,
) -> Result<Response, Problem> {
    accounts::sign_out_everywhere(&ui.api.app, &visitor.session).await?;
    Ok(leave(&ui))
}

/// `POST /account/password`
pub(in crate::ui) async fn change_password(
    State(ui): State<Ui>,
    visitor: Visitor,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let old = Secret::new(posted.take("old").unwrap_or_default());
    let new = Secret::new(posted.take("new").unwrap_or_default());
    match accounts::change_password(&ui.api.app, &visitor.session, old, new).await {
        Ok(signed_in) => Ok(enter(&ui, &signed_in, &path_after("/account", Deed::PasswordChanged))),
        Err(PasswordError::Store(error)) => Err(error.into()),
        Err(PasswordError::Hashing(error)) => Err(busy(&error)),
        Err(error) => {
            let mut response = page(&ui, &visitor, None, Some(error.to_string())).await?;
            if let PasswordError::Blocked { retry_after } = error {
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                response.headers_mut().insert(RETRY_AFTER, retry_after.into());
            }
            Ok(response)
        }
    }
}

async fn page(
    ui: &Ui,
    visitor: &Visitor,
    notice: Option<&'static str>,
    problem: Option<String>,
) -> Result<Response, Problem> {
    let session = &visitor.session;
    let sessions = accounts::list_sessions(&ui.api.app, session).await?;
    let line = |other: SessionView| Line {
        started: fill(TEXTS.session_started, &[("time", &Time::from(other.created_at).words)]),
        seen: fill(TEXTS.session_seen, &[("time", &Time::from(other.last_seen_at).words)]),
        is_this: other.id == session.id,
    };
    let mut roles: Vec<String> = session
        .memberships
        .iter()
        .map(|member| {
            let rights: Vec<&str> = member.rights.iter().map(|right| right.as_str()).collect();
            fill(TEXTS.role_in, &[("workspace", &member.workspace), ("rights", &rights.join(", "))])
        })
        .collect();
    if session.operator {
        roles.push(TEXTS.roles_operator.to_owned());
    }
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Account {
        page: visitor.layout(Section::Account, session.name.as_str()).noticing(notice),
        roles: roles.join(" · "),
        sessions: sessions.into_iter().map(line).collect(),
        problem,
    };
    Ok(show_as(status, &page))
}
