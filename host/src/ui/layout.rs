//! The frame of every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::assets;
use super::member::Visitor;
use super::texts::{TEXTS, Texts};
use crate::accounts::{Membership, Session};
use crate::api::Problem;
use crate::domain::id::WorkspaceId;
use crate::domain::rights::Right;

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

/// A workspace that one can go to.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) href: String,
}

/// The path of the first page of a workspace that somebody may look at.
pub(super) fn home(session: &Session, workspace: &WorkspaceId) -> Option<String> {
    let pages = [(Right::CredentialsRead, "credentials"), (Right::FlowsRead, "flows")];
    let (_, page) = pages.into_iter().find(|(right, _)| session.may(workspace, *right))?;
    Some(format!("/w/{workspace}/{page}"))
}

/// What the frame shows.
pub(super) struct Layout {
    pub(super) t: &'static Texts,
    pub(super) title: String,
    pub(super) section: Section,
    /// The workspace that the page belongs to, or the visitor's first one.
    pub(super) workspace: String,
    pub(super) workspaces: Vec<Place>,
    /// What they may look at there.
    pub(super) reads_credentials: bool,
    pub(super) reads_flows: bool,
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
            reads_credentials: false,
            reads_flows: false,
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
        let place = |member: &Membership| Place {
            name: member.workspace.to_string(),
            href: home(session, &member.workspace).unwrap_or_else(|| "/account".to_owned()),
        };
        self.workspaces = session.memberships.iter().map(place).collect();
        let first = session.memberships.first().map(|member| &member.workspace);
        if let Some(workspace) = workspace.or(first) {
            self.workspace = workspace.to_string();
            self.reads_credentials = session.may(workspace, Right::CredentialsRead);
            self.reads_flows = session.may(workspace, Right::FlowsRead);
        }
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
