//! The credential of a step: an existing one, or a new one that is made here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::flow::reasons;
use crate::api::Problem;
use crate::domain::credential::Expected;
use crate::domain::flow::{Flow, Link, Step};
use crate::domain::id::CredentialId;
use crate::domain::rights::Right;
use crate::store::ChangeError;
use crate::ui::Ui;
use crate::ui::choices::{Choice, OFFERED, choices};
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::{Deed, tell};
use crate::ui::params::StepOf;
use crate::ui::posted::Posted;
use crate::ui::texts::{TEXTS, fill};
use crate::usage;

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    page: Layout,
    flow_href: String,
    flow_name: String,
    component_title: String,
    mark: Mark,
    /// Where a new one is made; none for those who may not.
    create: Option<String>,
    action: String,
    problem: Option<String>,
    others: Vec<Choice>,
    limit_note: Option<String>,
    /// Whether the step holds one now.
    is_held: bool,
}

/// `GET /w/{workspace}/flows/{id}/steps/{step}`
pub(in crate::ui) async fn ask(
    State(ui): State<Ui>,
    member: Member,
    StepOf(link): StepOf,
) -> Result<Response, Problem> {
    page(&ui, &member, &link, None).await
}

/// `POST /w/{workspace}/flows/{id}/steps/{step}`
pub(in crate::ui) async fn choose(
    State(ui): State<Ui>,
    member: Member,
    StepOf(link): StepOf,
    mut posted: Posted,
) -> Result<Response, Problem> {
    member.require(Right::FlowsWrite)?;
    let clears = posted.take("clear").is_some();
    let chosen: Option<CredentialId> = posted.take("credential").and_then(|text| text.parse().ok());
    if chosen.is_none() && !clears {
        return page(&ui, &member, &link, Some(TEXTS.choose_one.to_owned())).await;
    }
    let chosen = chosen.filter(|_| !clears);
    let (app, actor, workspace) = (&ui.api.app, member.actor(), &member.workspace);
    let any = Expected::Anything;
    match usage::choose_credential(app, &actor, workspace, &link, chosen.as_ref(), &any).await {
        Ok(_) => {
            let deed = if chosen.is_some() { Deed::Chosen } else { Deed::Cleared };
            Ok(tell(&format!("/w/{workspace}/flows/{}", link.flow), deed).into_response())
        }
        Err(ChangeError::Unready(steps)) => {
            let problem = format!("{}. {}", TEXTS.cannot_change, reasons(&steps).join(" "));
            page(&ui, &member, &link, Some(problem)).await
        }
        Err(ChangeError::UnknownNames { .. }) => page(&ui, &member, &link, Some(TEXTS.gone.to_owned())).await,
        Err(error) => Err(error.into()),
    }
}

async fn page(ui: &Ui, member: &Member, link: &Link, problem: Option<String>) -> Result<Response, Problem> {
    member.require(Right::FlowsWrite)?;
    member.require(Right::CredentialsRead)?;
    let workspace = &member.workspace;
    let flow = ui.api.app.store.find_flow(workspace, &link.flow).await?.ok_or_else(Problem::not_found)?;
    let Flow { name, steps, .. } = flow;
    let step: &Step = steps.iter().find(|step| step.id == link.step).ok_or_else(Problem::not_found)?;
    let component = ui.api.app.catalogue.find(&step.component);
    let id = step.component.as_str();
    let (others, has_more) = choices(ui, member, &step.component, step.credential.as_ref(), None).await?;
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("flow", link.flow.as_str()).append_pair("step", link.step.as_str());
    let create = format!("/w/{workspace}/components/{id}/new?{}", pairs.finish());
    let flow_href = format!("/w/{workspace}/flows/{}", link.flow);
    let status = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = StepPage {
        page: member.layout(Section::Flows, fill(TEXTS.step_title, &[("step", &link.step)])),
        action: format!("{flow_href}/steps/{}", link.step),
        flow_href,
        flow_name: name,
        component_title: component
            .as_ref()
            .map_or_else(|| id.to_owned(), |component| component.title.clone()),
        mark: component.as_ref().map_or_else(|| Mark::made(id, id), |component| Mark::of(component)),
        create: (component.is_some() && member.may(Right::CredentialsWrite)).then_some(create),
        problem,
        others,
        limit_note: has_more.then(|| fill(TEXTS.choose_limit, &[("n", &OFFERED)])),
        is_held: step.credential.is_some(),
    };
    Ok(show_as(status, &page))
}
