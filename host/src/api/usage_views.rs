//! What usages of credentials look like.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::credential::UsageCount;
use crate::domain::flow::{Usage, UsageExcerpt};

/// How many steps hold a credential.
#[derive(Serialize, ToSchema)]
#[schema(as = UsageCount)]
pub(super) struct UsageCountView {
    /// Steps of active flows: while there is one, the credential cannot be deleted.
    active: u64,
    /// Steps of inactive flows.
    inactive: u64,
    /// Active flows that those steps belong to.
    active_flows: u64,
}

/// A step that holds the credential.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(super) struct UsageView {
    flow: String,
    /// The flow's name.
    name: String,
    step: String,
    /// Whether the flow is active.
    active: bool,
}

/// A page of usages.
#[derive(Serialize, ToSchema)]
pub(super) struct UsagePage {
    pub(super) items: Vec<UsageView>,
    /// Goes on after this page; null on the last one.
    pub(super) next_cursor: Option<String>,
}

/// Steps of one flow that hold, or held, a credential.
#[derive(Serialize, ToSchema)]
#[schema(as = UsingFlow)]
pub(super) struct UsingFlowView {
    id: String,
    name: String,
    active: bool,
    steps: Vec<String>,
}

/// What the deletion of a credential took it from.
#[derive(Serialize, ToSchema)]
pub(super) struct Unlinked {
    /// The first 20 steps, by flow. They hold no credential now.
    unlinked: Vec<UsingFlowView>,
    /// How many steps there were.
    total: u64,
}

/// Which steps were given the other credential.
#[derive(Serialize, ToSchema)]
pub(super) struct Replaced {
    /// The first 20 steps, by flow.
    moved: Vec<UsingFlowView>,
    /// How many steps there were.
    total: u64,
}

impl UsingFlowView {
    /// How many of its steps are told.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The flow and its steps, for a sentence.
    pub(super) fn in_words(&self) -> String {
        let noun = if self.steps.len() == 1 { "step" } else { "steps" };
        let steps: Vec<String> = self.steps.iter().map(|step| format!("`{step}`")).collect();
        format!("flow `{}` (“{}”, {noun} {})", self.id, self.name, steps.join(", "))
    }
}

/// Usages by flow, in the order that they have.
pub(super) fn group(usages: &[Usage]) -> Vec<UsingFlowView> {
    let same_flow = usages.chunk_by(|one, next| one.flow == next.flow);
    let view = |steps: &[Usage]| {
        let flow = steps.first()?;
        Some(UsingFlowView {
            id: flow.flow.to_string(),
            name: flow.name.clone(),
            active: flow.active,
            steps: steps.iter().map(|usage| usage.step.to_string()).collect(),
        })
    };
    same_flow.filter_map(view).collect()
}

impl From<UsageCount> for UsageCountView {
    fn from(count: UsageCount) -> Self {
        Self { active: count.active, inactive: count.inactive, active_flows: count.active_flows }
    }
}

impl From<&Usage> for UsageView {
    fn from(usage: &Usage) -> Self {
        Self {
            flow: usage.flow.to_string(),
            name: usage.name.clone(),
            step: usage.step.to_string(),
            active: usage.active,
        }
    }
}

impl From<&UsageExcerpt> for Unlinked {
    fn from(usages: &UsageExcerpt) -> Self {
        Self { unlinked: group(&usages.first), total: usages.total }
    }
}

impl From<&UsageExcerpt> for Replaced {
    fn from(usages: &UsageExcerpt) -> Self {
        Self { moved: group(&usages.first), total: usages.total }
    }
}
