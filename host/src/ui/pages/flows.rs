//! The flows of a workspace.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::api::Problem;
use crate::domain::flow::FlowSummary;
use crate::domain::rights::Right;
use crate::store::FlowFilter;
use crate::ui::Ui;
use crate::ui::badges::Badge;
use crate::ui::layout::{Layout, Section, show};
use crate::ui::member::Member;
use crate::ui::params::Asked;
use crate::ui::texts::{TEXTS, count};

/// Rows of a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "flows.html")]
struct Flows {
    page: Layout,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    href: String,
    name: String,
    steps: String,
    badge: Badge,
}

/// `GET /w/{workspace}/flows`
pub(in crate::ui) async fn list(
    State(ui): State<Ui>,
    member: Member,
    asked: Asked,
) -> Result<Response, Problem> {
    member.require(Right::FlowsRead)?;
    let base = format!("/w/{}/flows", member.workspace);
    let after = asked.get("after").and_then(|text| text.parse().ok());
    let filter = FlowFilter { active: None, after, limit: PAGE + 1 };
    let mut found = ui.api.app.store.list_flows(&member.workspace, filter).await?;
    let has_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| has_more).map(|last| {
        let after: String = url::form_urlencoded::byte_serialize(last.id.as_str().as_bytes()).collect();
        format!("{base}?after={after}")
    });
    let row = |flow: FlowSummary| Row {
        href: format!("{base}/{}", flow.id),
        name: flow.name,
        steps: count(flow.step_count, TEXTS.step_one, TEXTS.step_many),
        badge: Badge::of_flow(flow.active),
    };
    let page = member.layout(Section::Flows, TEXTS.flows);
    Ok(show(&Flows { page, rows: found.into_iter().map(row).collect(), next }))
}
