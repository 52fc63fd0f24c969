//! The frame of every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::assets;
use super::member::Visitor;
use super::texts::{TEXTS, Texts};
use crate::api::Problem;
use crate::domain::id::WorkspaceId;

/// Where in the menu a page belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Credentials,
    Flows,
    Components,
    Account,
    /// Outside: nobody is signed in.
    None,
}

/// What the frame shows.
pub(super) struct Layout {
    pub(super) t: &'static Texts,
    pub(super) title: String,
    pub(super) section: Section,
    /// The workspace that the page belongs to, or the visitor's first one.
    pub(super) workspace: String,
    pub(super) workspaces: Vec<String>,
    /// Empty where nobody is signed in.
    pub(super) user: String,
    pub(super) is_operator: bool,
    pub(super) form_token: String,
    /// What has just been done.
    pub(super) notice: Option<String>,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
}

impl Layout {
    /// A page of somebody who is not signed in.
    pub(super) fn new(section: Section, title: impl Into<String>) -> Self {
        Self {
            t: &TEXTS,
            title: title.into(),
            section,
            workspace: String::new(),
            workspaces: Vec::new(),
            user: String::new(),
            is_operator: false,
            form_token: String::new(),
            notice: None,
            style: assets::style_path(),
            script: assets::script_path(),
        }
    }

    pub(super) fn signed_in(mut self, visitor: &Visitor, workspace: Option<&WorkspaceId>) -> Self {
        let session = &visitor.session;
        self.workspaces = session.memberships.iter().map(|member| member.workspace.to_string()).collect();
        self.workspace = match workspace {
            Some(workspace) => workspace.to_string(),
            None => self.workspaces.first().cloned().unwrap_or_default(),
        };
        self.user = session.name.to_string();
        self.is_operator = session.operator;
        self.form_token.clone_from(&visitor.form_token);
        self
    }

    pub(super) fn noticing(mut self, notice: Option<impl Into<String>>) -> Self {
        self.notice = notice.map(Into::into);
        self
    }

    /// For the menu.
    pub(super) fn is_in(&self, section: Section) -> bool {
        self.section == section
    }
}

/// A page that was made.
pub(super) fn show(page: &impl Template) -> Response {
    show_as(StatusCode::OK, page)
}

/// A page with another status than 200.
pub(super) fn show_as(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}
