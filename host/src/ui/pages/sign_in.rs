//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::accounts::{self, HashingFailed, SignInError, SignedIn};
use crate::api::{Kind, Problem};
use crate::domain::secret::Secret;
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::member::Visitor;
use crate::ui::notices::{Deed, Notice, tell};
use crate::ui::params::Asked;
use crate::ui::posted::{OpenForm, Posted};
use crate::ui::texts::TEXTS;
use crate::ui::{Ui, cookie};

/// Clear Site Data, 3.1.
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Layout,
    name: String,
    /// The page that people wanted to see.
    next: String,
    problem: Option<String>,
}

/// `GET /sign-in`
pub(in crate::ui) async fn ask(visitor: Option<Visitor>, asked: Asked, notice: Notice) -> Response {
    let next = own_path(asked.get("next"));
    match visitor {
        Some(_) => Redirect::to(&next).into_response(),
        None => {
            let page = Layout::new(Section::None, TEXTS.sign_in).noticing(notice.0);
            show_as(StatusCode::OK, &SignIn { page, name: String::new(), next, problem: None })
        }
    }
}

/// `POST /sign-in`
pub(in crate::ui) async fn sign_in(
    State(ui): State<Ui>,
    OpenForm(mut posted): OpenForm,
) -> Result<Response, Problem> {
    let name = posted.take("name").unwrap_or_default();
    let password = Secret::new(posted.take("password").unwrap_or_default());
    let next = own_path(posted.take("next").as_deref());
    match accounts::sign_in(&ui.api.app, &name, password).await {
        Ok(signed_in) => Ok(enter(&ui, &signed_in, &next)),
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(SignInError::Hashing(error)) => Err(busy(&error)),
        Err(error) => {
            let (status, wait) = match &error {
                SignInError::Blocked { retry_after } => (StatusCode::TOO_MANY_REQUESTS, Some(*retry_after)),
                _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
            };
            let page = Layout::new(Section::None, TEXTS.sign_in);
            let page = SignIn { page, name, next, problem: Some(error.to_string()) };
            let mut response = show_as(status, &page);
            if let Some(seconds) = wait {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
    }
}

/// `POST /sign-out`
pub(in crate::ui) async fn sign_out(
    State(ui): State<Ui>,
    visitor: Visitor,
    _: Posted,
) -> Result<Response, Problem> {
    accounts::sign_out(&ui.api.app, &visitor.session).await?;
    Ok(leave(&ui))
}

/// Passwords cannot be looked at just now.
pub(in crate::ui) fn busy(error: &HashingFailed) -> Problem {
    let detail = "Passwords cannot be checked at the moment; try again in a moment.";
    Problem::new(Kind::Unavailable, detail).retry_after(Some(1)).caused_by(error)
}

/// To a page, with the cookie of a new session.
pub(in crate::ui) fn enter(ui: &Ui, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    let cookie = ui.address.as_ref().and_then(|address| cookie::keep(address, &signed_in.cookie));
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// To the page where one signs in, without the cookie.
pub(in crate::ui) fn leave(ui: &Ui) -> Response {
    let mut response = tell("/sign-in", Deed::SignedOut).into_response();
    // Pages that the browser keeps for its Back button are not to be seen again.
    response.headers_mut().insert(CLEAR, HeaderValue::from_static("\"cache\""));
    if let Some(cookie) = ui.address.as_ref().and_then(|address| cookie::forget(address)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A path of this site; anything else is the start page. `//host` and `/\host` would be other sites.
fn own_path(text: Option<&str>) -> String {
    let is_own = |text: &&str| {
        text.starts_with('/')
            && !text.starts_with("//")
            && !text.contains('\\')
            && text.chars().all(|c| c.is_ascii_graphic())
    };
    text.filter(is_own).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        assert_eq!(own_path(Some("/w/default/credentials?q=a%20b")), "/w/default/credentials?q=a%20b");
        for text in
            ["https://evil.example", "//evil.example", "/\\evil.example", "/a\n/b", "evil", "", "/\t/evil"]
        {
            assert_eq!(own_path(Some(text)), "/", "{text}");
        }
        assert_eq!(own_path(None), "/");
    }
}
