//! Giving the flows that use a credential another one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::credential::Shown;
use crate::api::Problem;
use crate::domain::id::{ComponentId, CredentialId, FlowId};
use crate::domain::rights::Right;
use crate::store::ChangeError;
use crate::ui::Ui;
use crate::ui::choices::{Choice, choices};
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::member::Member;
use crate::ui::notices::{Deed, tell};
use crate::ui::params::Id;
use crate::ui::posted::Posted;
use crate::ui::texts::{TEXTS, fill};
use crate::ui::usages::{FlowLine, Usages};
use crate::usage::{self, WantedReplacement};

#[derive(Template)]
#[template(path = "replace.html")]
struct Replace {
    page: Layout,
    base: String,
    name: String,
    component: ComponentId,
    problem: Option<String>,
    others: Vec<Choice>,
    flows: Vec<FlowLine>,
    /// Offers those that are not listed.
    more: Option<String>,
    offers_unverified: bool,
}

/// `GET /w/{workspace}/credentials/{id}/replace`
pub(in crate::ui) async fn ask(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
) -> Result<Response, Problem> {
    page(&ui, &member, &id, None, None).await
}

/// `POST /w/{workspace}/credentials/{id}/replace`
pub(in crate::ui) async fn replace(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    require(&member)?;
    let shown = Shown::find(&ui, &member, &id).await?;
    let with: Option<CredentialId> = posted.take("with").and_then(|text| text.parse().ok());
    let accept_unverified = posted.take("accept_unverified").is_some();
    let in_all = posted.take("all").is_some();
    let flows: Vec<FlowId> = posted.take_all("flow").iter().filter_map(|text| text.parse().ok()).collect();
    let Some(with) = with.filter(|with| *with != id && (in_all || !flows.is_empty())) else {
        return page(&ui, &member, &id, None, Some(TEXTS.replace_choose.to_owned())).await;
    };
    let flows = (!in_all).then_some(flows);
    let wanted = WantedReplacement { of: id.clone(), with: with.clone(), flows, accept_unverified };
    match usage::replace_credential(&ui.api.app, &member.actor(), &member.workspace, wanted).await {
        Ok(_) => Ok(tell(&shown.base(), Deed::Replaced).into_response()),
        Err(error @ (ChangeError::UnknownNames { .. } | ChangeError::Unused(_))) => {
            tracing::debug!(%error, "what was chosen to replace is there no more");
            page(&ui, &member, &id, None, Some(TEXTS.gone.to_owned())).await
        }
        Err(error @ ChangeError::NotVerified(_)) => {
            let problem = Problem::from(error).detail().to_owned();
            page(&ui, &member, &id, Some(&with), Some(problem)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a member may give flows another credential.
pub(in crate::ui) fn may(member: &Member) -> bool {
    require(member).is_ok()
}

fn require(member: &Member) -> Result<(), Problem> {
    member.require(Right::CredentialsWrite)?;
    member.require(Right::FlowsWrite)
}

async fn page(
    ui: &Ui,
    member: &Member,
    id: &CredentialId,
    chosen: Option<&CredentialId>,
    problem: Option<String>,
) -> Result<Response, Problem> {
    require(member)?;
    let shown = Shown::find(ui, member, id).await?;
    let credential = &shown.credential;
    let usages = Usages::find(ui, member, id).await?;
    let more = usages.more(credential).map(|_| {
        let steps = credential.usage.active + credential.usage.inactive;
        fill(TEXTS.replace_more, &[("n", &steps)])
    });
    let (others, _) = choices(ui, member, &credential.component, chosen, Some(id)).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Replace {
        page: member.layout(Section::Credentials, fill(TEXTS.replace_title, &[("name", &credential.name)])),
        base: shown.base(),
        name: credential.name.clone(),
        component: credential.component.clone(),
        problem,
        offers_unverified: others.iter().any(|other| !other.is_verified),
        others,
        flows: usages.flows,
        more,
    };
    Ok(show_as(status, &page))
}
