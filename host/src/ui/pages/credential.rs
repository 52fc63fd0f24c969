//! A credential's page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::replace;
use crate::api::Problem;
use crate::catalogue::Component;
use crate::domain::credential::{Credential, Expected};
use crate::domain::id::{ComponentId, CredentialId};
use crate::domain::rights::Right;
use crate::ui::Ui;
use crate::ui::badges::Badge;
use crate::ui::facts::{Fact, facts, fields};
use crate::ui::history::{Entry, history};
use crate::ui::layout::{Layout, Section, show, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::{Deed, Notice, tell};
use crate::ui::outcomes::{self, Outcome};
use crate::ui::params::Id;
use crate::ui::posted::Posted;
use crate::ui::running;
use crate::ui::texts::{TEXTS, fill};
use crate::ui::titles::Titles;
use crate::ui::usages::{FlowLine, Usages, usage_in_words};
use crate::verify::{VerifyError, verify_stored};

#[derive(Template)]
#[template(path = "credential.html")]
struct CredentialPage {
    page: Layout,
    base: String,
    component: ComponentId,
    component_title: String,
    mark: Mark,
    badge: Badge,
    outcome: Option<Outcome>,
    facts: Vec<Fact>,
    fields: Vec<Fact>,
    usage: String,
    usages: Vec<FlowLine>,
    more_usages: Option<String>,
    history: Vec<Entry>,
    stage_asking: String,
    may_use: bool,
    may_write: bool,
    may_replace: bool,
}

/// A credential that a member looks at, with its component.
pub(in crate::ui) struct Shown {
    pub(in crate::ui) credential: Credential,
    /// None: it is installed no more.
    pub(in crate::ui) component: Option<Arc<Component>>,
}

impl Shown {
    /// # Errors
    /// There is no such credential in the member's workspace, or they may not read it.
    pub(in crate::ui) async fn find(ui: &Ui, member: &Member, id: &CredentialId) -> Result<Self, Problem> {
        member.require(Right::CredentialsRead)?;
        let found = ui.api.app.store.find_credential(&member.workspace, id).await?;
        let credential = found.ok_or_else(Problem::not_found)?;
        let component = ui.api.app.catalogue.find(&credential.component);
        Ok(Self { credential, component })
    }

    pub(in crate::ui) fn title(&self) -> String {
        let title = self.component.as_ref().map(|component| component.title.clone());
        title.unwrap_or_else(|| self.credential.component.to_string())
    }

    pub(in crate::ui) fn mark(&self) -> Mark {
        match &self.component {
            Some(component) => Mark::of(component),
            None => Mark::made(self.credential.component.as_str(), self.credential.component.as_str()),
        }
    }

    /// The path of its page.
    pub(in crate::ui) fn base(&self) -> String {
        format!("/w/{}/credentials/{}", self.credential.workspace, self.credential.id)
    }
}

/// `GET /w/{workspace}/credentials/{id}`
pub(in crate::ui) async fn read(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
    notice: Notice,
) -> Result<Response, Problem> {
    let page = page(&ui, &member, &id, notice.0, None).await?;
    Ok(show(&page))
}

/// `POST /w/{workspace}/credentials/{id}/verify`
pub(in crate::ui) async fn verify(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
    posted: Posted,
) -> Result<Response, Problem> {
    member.require(Right::CredentialsUse)?;
    let Posted { headers, request, .. } = posted;
    let work = {
        let ui = ui.clone();
        Box::pin(async move { verify_again(&ui, &member, &id).await.into_response() })
    };
    Ok(running::answer(&ui, &headers, request, work).await)
}

async fn verify_again(ui: &Ui, member: &Member, id: &CredentialId) -> Result<Response, Problem> {
    let shown = Shown::find(ui, member, id).await?;
    let title = shown.title();
    let (actor, workspace) = (member.actor(), &member.workspace);
    let result = verify_stored(&ui.api.app, &actor, workspace, id, &Expected::Anything).await;
    let (status, wait, outcome) = match result {
        Ok(reverified) => match outcomes::tell(&reverified.verification, &title) {
            None => return Ok(tell(&shown.base(), Deed::Verified).into_response()),
            Some(outcome) => (StatusCode::OK, None, outcome),
        },
        Err(VerifyError::NotFound) => return Err(Problem::not_found()),
        Err(error) => {
            let refused = outcomes::refuse(error, &title)?;
            let outcome = Outcome { title: TEXTS.outcome_not_verified.to_owned(), ..refused.outcome };
            (refused.status, refused.retry_after, outcome)
        }
    };
    let page = page(ui, member, id, None, Some(outcome)).await?;
    Ok(outcomes::with_wait(show_as(status, &page), wait))
}

async fn page(
    ui: &Ui,
    member: &Member,
    id: &CredentialId,
    notice: Option<&'static str>,
    outcome: Option<Outcome>,
) -> Result<CredentialPage, Problem> {
    let shown = Shown::find(ui, member, id).await?;
    let credential = &shown.credential;
    let usages = Usages::find(ui, member, id).await?;
    let title = shown.title();
    let titles = Titles::of_component(shown.component.as_deref());
    Ok(CredentialPage {
        page: member.layout(Section::Credentials, &credential.name).noticing(notice),
        base: shown.base(),
        component: credential.component.clone(),
        mark: shown.mark(),
        badge: Badge::of_credential(credential.status),
        outcome,
        facts: facts(credential, &title, &titles),
        fields: fields(credential, shown.component.as_deref()),
        usage: usage_in_words(&credential.usage),
        more_usages: usages.more(credential),
        usages: usages.flows,
        history: history(ui, member, credential, &title, &titles).await?,
        stage_asking: fill(TEXTS.stage_asking, &[("component", &title)]),
        component_title: title,
        may_use: member.may(Right::CredentialsUse),
        may_write: member.may(Right::CredentialsWrite),
        may_replace: replace::may(member),
    })
}
