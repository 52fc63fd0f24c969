//! Where a credential is used, by flow.

use super::Ui;
use super::badges::Badge;
use super::member::Member;
use super::texts::{TEXTS, count, fill};
use crate::api::Problem;
use crate::domain::credential::{Credential, UsageCount};
use crate::domain::flow::Usage;
use crate::domain::id::{CredentialId, FlowId};
use crate::domain::rights::Right;

/// Steps that a page shows at most.
const SHOWN: u32 = 100;

/// A flow with those of its steps that hold the credential.
pub(super) struct FlowLine {
    pub(super) id: FlowId,
    /// None for those who may not look at flows.
    pub(super) href: Option<String>,
    pub(super) name: String,
    /// Their ids, in a row.
    pub(super) steps: String,
    pub(super) is_active: bool,
    pub(super) badge: Badge,
}

/// The first usages of a credential.
pub(super) struct Usages {
    pub(super) flows: Vec<FlowLine>,
    /// Steps that `flows` names.
    shown: u64,
}

impl Usages {
    pub(super) async fn find(ui: &Ui, member: &Member, id: &CredentialId) -> Result<Self, Problem> {
        let usages = ui.api.app.store.list_usages(&member.workspace, id, None, SHOWN).await?;
        let sees_flows = member.may(Right::FlowsRead);
        let mut flows: Vec<FlowLine> = Vec::new();
        for Usage { flow, name, step, active } in &usages {
            match flows.last_mut().filter(|line| line.id == *flow) {
                Some(line) => {
                    line.steps.push_str(", ");
                    line.steps.push_str(step.as_str());
                }
                None => flows.push(FlowLine {
                    id: flow.clone(),
                    href: sees_flows.then(|| format!("/w/{}/flows/{flow}", member.workspace)),
                    name: name.clone(),
                    steps: step.to_string(),
                    is_active: *active,
                    badge: Badge::of_flow(*active),
                }),
            }
        }
        Ok(Self { flows, shown: usages.len() as u64 })
    }

    /// Tells of those that are not shown.
    pub(super) fn more(&self, credential: &Credential) -> Option<String> {
        let UsageCount { active, inactive, .. } = credential.usage;
        let rest = (active + inactive).saturating_sub(self.shown);
        (rest > 0).then(|| fill(TEXTS.more_usages, &[("n", &rest)]))
    }
}

/// How much a credential is used.
pub(super) fn usage_in_words(usage: &UsageCount) -> String {
    let steps = usage.active + usage.inactive;
    if steps == 0 {
        return TEXTS.usage_none.to_owned();
    }
    let steps = count(steps, TEXTS.step_one, TEXTS.step_many);
    fill(TEXTS.usage, &[("steps", &steps), ("flows", &active_flows(usage.active_flows))])
}

/// How many active flows use a credential.
pub(super) fn active_flows(n: u64) -> String {
    match n {
        0 => TEXTS.active_flow_none.to_owned(),
        n => count(n, TEXTS.active_flow_one, TEXTS.active_flow_many),
    }
}
