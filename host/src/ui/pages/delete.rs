//! Deleting a credential: first what it touches.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::credential::Shown;
use super::replace;
use crate::api::Problem;
use crate::domain::credential::Expected;
use crate::domain::id::CredentialId;
use crate::domain::rights::Right;
use crate::store::ChangeError;
use crate::ui::Ui;
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::member::Member;
use crate::ui::notices::{Deed, tell};
use crate::ui::params::Id;
use crate::ui::posted::Posted;
use crate::ui::texts::{TEXTS, fill};
use crate::ui::usages::{FlowLine, Usages};
use crate::usage;

#[derive(Template)]
#[template(path = "delete.html")]
struct Delete {
    page: Layout,
    base: String,
    name: String,
    revision: i64,
    /// Why it cannot be deleted.
    refusal: Option<&'static str>,
    may_replace: bool,
    /// What deleting does.
    consequence: &'static str,
    flows: Vec<FlowLine>,
    more: Option<String>,
}

/// `GET /w/{workspace}/credentials/{id}/delete`
pub(in crate::ui) async fn ask(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
) -> Result<Response, Problem> {
    page(&ui, &member, &id, StatusCode::OK, None).await
}

/// `POST /w/{workspace}/credentials/{id}/delete`
pub(in crate::ui) async fn delete(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    member.require(Right::CredentialsWrite)?;
    let revision = posted.take("revision").and_then(|text| text.parse().ok());
    let expected = Expected::Revisions(revision.into_iter().collect());
    let shown = Shown::find(&ui, &member, &id).await?;
    let workspace = &member.workspace;
    match usage::delete_credential(&ui.api.app, &member.actor(), workspace, &id, &expected).await {
        Ok(_) => {
            let path = format!("/w/{workspace}/components/{}", shown.credential.component);
            Ok(tell(&path, Deed::Deleted).into_response())
        }
        Err(ChangeError::InUse(_)) => page(&ui, &member, &id, StatusCode::CONFLICT, None).await,
        Err(ChangeError::Unexpected) => {
            page(&ui, &member, &id, StatusCode::PRECONDITION_FAILED, Some(TEXTS.changed_meanwhile)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    ui: &Ui,
    member: &Member,
    id: &CredentialId,
    status: StatusCode,
    notice: Option<&'static str>,
) -> Result<Response, Problem> {
    member.require(Right::CredentialsWrite)?;
    let shown = Shown::find(ui, member, id).await?;
    let credential = &shown.credential;
    let usages = Usages::find(ui, member, id).await?;
    let is_used = credential.usage.active > 0;
    let more = usages.more(credential);
    let mut flows = usages.flows;
    // Those that stand in the way first.
    flows.sort_by_key(|flow| !flow.is_active);
    let page = Delete {
        page: member
            .layout(Section::Credentials, fill(TEXTS.delete_title, &[("name", &credential.name)]))
            .noticing(notice),
        base: shown.base(),
        name: credential.name.clone(),
        revision: credential.revision,
        refusal: is_used.then_some(TEXTS.in_use),
        may_replace: replace::may(member),
        consequence: if flows.is_empty() { TEXTS.delete_unused } else { TEXTS.delete_linked },
        flows,
        more,
    };
    Ok(show_as(status, &page))
}
