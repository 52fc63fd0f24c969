//! What flows look like.

use serde::Serialize;
use utoipa::ToSchema;

use super::views::time;
use crate::domain::flow::{Flow, FlowSummary, Step};

/// A flow of the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Flow)]
pub(super) struct FlowView {
    /// The platform's own.
    #[schema(example = "orders")]
    id: String,
    workspace: String,
    name: String,
    /// Whether the platform runs it. Then every step that needs a credential has one.
    active: bool,
    /// In the order that the platform gave.
    steps: Vec<StepView>,
    created_at: String,
    updated_at: String,
}

/// A step of a flow.
#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
pub(super) struct StepView {
    /// The platform's own, unique in the flow.
    #[schema(example = "fetch")]
    id: String,
    component: String,
    /// Whether the component needs a credential.
    needs_credential: bool,
    /// Id of the credential that it holds.
    credential: Option<String>,
}

/// A flow as an item of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = FlowSummary)]
pub(super) struct FlowSummaryView {
    id: String,
    workspace: String,
    name: String,
    active: bool,
    step_count: u64,
    created_at: String,
    updated_at: String,
}

/// A page of flows.
#[derive(Serialize, ToSchema)]
pub(super) struct FlowPage {
    pub(super) items: Vec<FlowSummaryView>,
    /// Goes on after this page; null on the last one.
    pub(super) next_cursor: Option<String>,
}

impl From<&Flow> for FlowView {
    fn from(flow: &Flow) -> Self {
        Self {
            id: flow.id.to_string(),
            workspace: flow.workspace.to_string(),
            name: flow.name.clone(),
            active: flow.active,
            steps: flow.steps.iter().map(StepView::from).collect(),
            created_at: time(flow.created_at),
            updated_at: time(flow.updated_at),
        }
    }
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.to_string(),
            component: step.component.to_string(),
            needs_credential: step.needs_credential,
            credential: step.credential.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&FlowSummary> for FlowSummaryView {
    fn from(flow: &FlowSummary) -> Self {
        Self {
            id: flow.id.to_string(),
            workspace: flow.workspace.to_string(),
            name: flow.name.clone(),
            active: flow.active,
            step_count: flow.step_count,
            created_at: time(flow.created_at),
            updated_at: time(flow.updated_at),
        }
    }
}
