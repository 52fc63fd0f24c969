//! Who looks at a page.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use subtle::ConstantTimeEq as _;

use super::Ui;
use super::cookie;
use super::layout::{Layout, Section};
use super::posted::form_token;
use crate::accounts::{self, Session};
use crate::api::{Kind, Problem};
use crate::app::Actor;
use crate::domain::id::WorkspaceId;
use crate::domain::rights::Right;

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) session: Session,
    /// What the forms of this session carry.
    pub(super) form_token: String,
}

/// Somebody who is signed in, in a workspace of theirs that the path names.
pub(super) struct Member {
    pub(super) visitor: Visitor,
    pub(super) workspace: WorkspaceId,
}

/// Somebody who may change the installation.
pub(super) struct Operator(pub(super) Visitor);

impl Visitor {
    /// Whether a form with this token is one of this session.
    pub(super) fn has_sent(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.form_token.as_bytes()).into()
    }

    pub(super) fn actor(&self) -> Actor {
        self.session.actor()
    }

    /// The frame of a page outside of any workspace.
    pub(super) fn layout(&self, section: Section, title: impl Into<String>) -> Layout {
        Layout::new(section, title).signed_in(self, None)
    }
}

impl Member {
    pub(super) fn may(&self, right: Right) -> bool {
        self.visitor.session.may(&self.workspace, right)
    }

    /// # Errors
    /// A page that says which right is missing.
    pub(super) fn require(&self, right: Right) -> Result<(), Problem> {
        if self.may(right) {
            return Ok(());
        }
        let detail = format!(
            "You may not do this in the workspace {}: it needs the right `{right}`. An administrator can give it to you.",
            self.workspace
        );
        Err(Problem::new(Kind::MissingRight, detail))
    }

    pub(super) fn actor(&self) -> Actor {
        self.visitor.actor()
    }

    /// The frame of a page of the workspace.
    pub(super) fn layout(&self, section: Section, title: impl Into<String>) -> Layout {
        Layout::new(section, title).signed_in(&self.visitor, Some(&self.workspace))
    }
}

/// Who is signed in; none when nobody is. Looked up once for each request.
async fn find(parts: &mut Parts, ui: &Ui) -> Result<Option<Visitor>, Problem> {
    if let Some(known) = parts.extensions.get::<Visitor>() {
        return Ok(Some(known.clone()));
    }
    let Some(address) = &ui.address else { return Ok(None) };
    let Some(text) = cookie::read(address, &parts.headers) else { return Ok(None) };
    let Some(session) = accounts::find_session(&ui.api.app, text.expose()).await? else { return Ok(None) };
    let visitor = Visitor { session, form_token: form_token(&text) };
    parts.extensions.insert(visitor.clone());
    Ok(Some(visitor))
}

impl FromRequestParts<Ui> for Visitor {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Self, Response> {
        let found = find(parts, ui).await.map_err(Problem::into_response)?;
        found.ok_or_else(|| sign_in(parts))
    }
}

/// To the page where one signs in, and from there back to where one was.
fn sign_in(parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if !parts.method.is_safe() || path == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

/// Whether somebody is signed in; for pages that do without.
impl axum::extract::OptionalFromRequestParts<Ui> for Visitor {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Option<Self>, Response> {
        find(parts, ui).await.map_err(Problem::into_response)
    }
}

impl FromRequestParts<Ui> for Member {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Self, Response> {
        let visitor = <Visitor as FromRequestParts<Ui>>::from_request_parts(parts, ui).await?;
        let params =
            RawPathParams::from_request_parts(parts, ui).await.map_err(IntoResponse::into_response)?;
        let named = params.iter().find(|(name, _)| *name == "workspace").map(|(_, value)| value);
        let workspace = named.and_then(|text| text.parse::<WorkspaceId>().ok());
        // A workspace of others looks like one that is not there.
        match workspace {
            Some(workspace)
                if visitor.session.memberships.iter().any(|member| member.workspace == workspace) =>
            {
                Ok(Self { visitor, workspace })
            }
            _ => Err(Problem::not_found().into_response()),
        }
    }
}

impl FromRequestParts<Ui> for Operator {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, ui: &Ui) -> Result<Self, Response> {
        let visitor = <Visitor as FromRequestParts<Ui>>::from_request_parts(parts, ui).await?;
        if visitor.session.operator {
            return Ok(Self(visitor));
        }
        let detail = "This page is for operators of the installation.";
        Err(Problem::new(Kind::MissingRight, detail).into_response())
    }
}
