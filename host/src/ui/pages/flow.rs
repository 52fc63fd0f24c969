//! A flow with its steps.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::api::Problem;
use crate::domain::credential::{Credential, Expected};
use crate::domain::flow::{Flow, Step, Unready, UnreadyStep};
use crate::domain::id::{CredentialId, FlowId};
use crate::domain::rights::Right;
use crate::store::{ChangeError, ListFilter};
use crate::ui::Ui;
use crate::ui::badges::Badge;
use crate::ui::layout::{Layout, Section, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::{Deed, Notice, tell};
use crate::ui::params::Id;
use crate::ui::posted::Posted;
use crate::ui::texts::{TEXTS, fill};
use crate::usage;

/// More credentials than the steps of a flow can hold.
const CREDENTIALS: u32 = 500;

#[derive(Template)]
#[template(path = "flow.html")]
struct FlowPage {
    page: Layout,
    base: String,
    badge: Badge,
    is_active: bool,
    may_write: bool,
    /// Whether they may see what a step could hold.
    may_choose: bool,
    refusal: Option<Refusal>,
    steps: Vec<StepLine>,
}

/// Why the flow cannot be what was asked for.
struct Refusal {
    title: &'static str,
    reasons: Vec<String>,
}

struct StepLine {
    id: String,
    href: String,
    component: String,
    mark: Mark,
    needs: bool,
    credential: Option<Held>,
}

/// The credential of a step.
struct Held {
    /// None for those who may not read credentials.
    href: Option<String>,
    name: String,
    /// None where nobody looked.
    badge: Option<Badge>,
}

/// `GET /w/{workspace}/flows/{id}`
pub(in crate::ui) async fn read(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<FlowId>,
    notice: Notice,
) -> Result<Response, Problem> {
    page(&ui, &member, &id, notice.0, None).await
}

/// `POST /w/{workspace}/flows/{id}/activate`
pub(in crate::ui) async fn activate(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<FlowId>,
    _: Posted,
) -> Result<Response, Problem> {
    switch(&ui, &member, &id, true).await
}

/// `POST /w/{workspace}/flows/{id}/deactivate`
pub(in crate::ui) async fn deactivate(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<FlowId>,
    _: Posted,
) -> Result<Response, Problem> {
    switch(&ui, &member, &id, false).await
}

async fn switch(ui: &Ui, member: &Member, id: &FlowId, active: bool) -> Result<Response, Problem> {
    member.require(Right::FlowsWrite)?;
    let (workspace, actor) = (&member.workspace, member.actor());
    let deed = if active { Deed::Activated } else { Deed::Deactivated };
    let any = Expected::Anything;
    match usage::set_flow_active(&ui.api.app, &actor, workspace, id, active, &any).await {
        Ok(_) => Ok(tell(&format!("/w/{workspace}/flows/{id}"), deed).into_response()),
        Err(ChangeError::Unready(steps)) => {
            let refusal = Refusal { title: TEXTS.cannot_activate, reasons: reasons(&steps) };
            page(ui, member, id, None, Some(refusal)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// One sentence for each step that stands in the way.
pub(in crate::ui) fn reasons(steps: &[UnreadyStep]) -> Vec<String> {
    let text = |step: &UnreadyStep| match step.reason {
        Unready::CredentialMissing => TEXTS.unready_missing,
        Unready::Rejected => TEXTS.unready_rejected,
        Unready::ReauthorizationRequired => TEXTS.unready_reauthorize,
    };
    steps.iter().map(|step| fill(text(step), &[("step", &step.id)])).collect()
}

async fn page(
    ui: &Ui,
    member: &Member,
    id: &FlowId,
    notice: Option<&'static str>,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    member.require(Right::FlowsRead)?;
    let (store, workspace) = (&ui.api.app.store, &member.workspace);
    let Flow { name, active, steps, .. } =
        store.find_flow(workspace, id).await?.ok_or_else(Problem::not_found)?;
    // Who may not read credentials learns that a step holds one, as from the API.
    let may_read = member.may(Right::CredentialsRead);
    let filter = ListFilter { flow: Some(id.clone()), limit: CREDENTIALS, ..ListFilter::default() };
    let held = if may_read { store.list_credentials(workspace, filter).await? } else { Vec::new() };
    let held: HashMap<&CredentialId, &Credential> =
        held.iter().map(|credential| (&credential.id, credential)).collect();
    let base = format!("/w/{workspace}/flows/{id}");
    let status = if refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = FlowPage {
        page: member.layout(Section::Flows, name).noticing(notice),
        badge: Badge::of_flow(active),
        is_active: active,
        may_write: member.may(Right::FlowsWrite),
        may_choose: member.may(Right::FlowsWrite) && may_read,
        refusal,
        steps: steps.iter().map(|step| line(ui, member, &base, step, &held)).collect(),
        base,
    };
    Ok(show_as(status, &page))
}

fn line(
    ui: &Ui,
    member: &Member,
    base: &str,
    step: &Step,
    held: &HashMap<&CredentialId, &Credential>,
) -> StepLine {
    let component = ui.api.app.catalogue.find(&step.component);
    let id = step.component.as_str();
    // Linked between the two reads: it is there, its name comes with the next look.
    let credential = step.credential.as_ref().map(|held_id| Held {
        href: member
            .may(Right::CredentialsRead)
            .then(|| format!("/w/{}/credentials/{held_id}", member.workspace)),
        name: held.get(held_id).map_or_else(|| held_id.to_string(), |credential| credential.name.clone()),
        badge: held.get(held_id).map(|credential| Badge::of_credential(credential.status)),
    });
    StepLine {
        id: step.id.to_string(),
        href: format!("{base}/steps/{}", step.id),
        component: component.as_ref().map_or_else(|| id.to_owned(), |component| component.title.clone()),
        mark: component.as_ref().map_or_else(|| Mark::made(id, id), |component| Mark::of(component)),
        needs: step.needs_credential,
        credential,
    }
}
