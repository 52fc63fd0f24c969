//! What happened: each request with its answer, and the order in which requests began and answers came.

use serde_json::Value;

use super::operation::{Action, Operation, Step};
use super::sighting::{Seen, Sighting, State};
use super::world::{COMPONENTS, FLOWS, FlowKey, STEPS, known};

/// From the moment before the request was sent to the moment after its answer came. Moments are numbered throughout
/// a run; whatever the request did, it did between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

impl Span {
    /// Whether this was over when the other began.
    pub fn is_before(self, other: Span) -> bool {
        self.end < other.start
    }
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Event {
    pub span: Span,
    pub operation: Operation,
    pub status: u16,
    /// The kind of problem that the answer tells of; empty where there is none.
    pub problem: String,
    /// Of the `ETag`.
    pub revision: Option<i64>,
    pub body: Value,
    /// It was read while nothing else went on, and stands for all that went before.
    pub is_baseline: bool,
}

impl Event {
    /// Status and kind of problem.
    pub fn outcome(&self) -> (u16, &str) {
        (self.status, &self.problem)
    }

    /// The flow of the operation's workspace with this id.
    pub fn key(&self, flow: &str) -> FlowKey {
        FlowKey { workspace: self.operation.workspace, flow: known(&FLOWS, flow) }
    }

    /// What the answer tells of flows at some moment of the span.
    pub fn sightings(&self) -> Vec<Sighting> {
        let wrote = self.is_baseline || !matches!(self.operation.action, Action::ReadFlow(_));
        let of = |flow, seen| Sighting { span: self.span, flow, wrote, seen };
        match (&self.operation.action, self.status) {
            (Action::DeleteFlow(flow), 204) => vec![of(self.key(flow), Seen::Absent)],
            (Action::ReadFlow(flow), 404) => vec![of(self.key(flow), Seen::Absent)],
            (Action::DeleteFlow(flow) | Action::Activate(flow) | Action::Deactivate(flow), 404) => {
                vec![Sighting { wrote: false, ..of(self.key(flow), Seen::Absent) }]
            }
            (Action::Create { link: Some((flow, step)), .. }, 201) => {
                let active = self.body["usage"]["active"] == 1;
                let steps = vec![(*step, Some(text(&self.body["id"])))];
                vec![of(self.key(flow), Seen::Part { active, steps })]
            }
            (Action::Replace { with, .. }, 200) => self.excerpt("moved", Some(with), true),
            (Action::DeleteCredential(_), 200) => self.excerpt("unlinked", None, true),
            (Action::DeleteCredential(id), 409) => self.excerpt("flows", Some(id), false),
            (_, 200 | 201) => {
                self.state().into_iter().map(|(flow, state)| of(flow, Seen::Whole(state))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Flows with those of their steps that hold this credential, or none.
    fn excerpt(&self, member: &str, credential: Option<&String>, wrote: bool) -> Vec<Sighting> {
        let flows = self.body[member].as_array().map(Vec::as_slice).unwrap_or_default();
        let seen = |flow: &Value| {
            let steps = flow["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
            let steps = steps.iter().map(|step| (known(&STEPS, &text(step)), credential.cloned())).collect();
            let seen = Seen::Part { active: flow["active"] == true, steps };
            Sighting { span: self.span, flow: self.key(&text(&flow["id"])), wrote, seen }
        };
        flows.iter().map(seen).collect()
    }

    /// The flow that the answer shows whole.
    pub fn state(&self) -> Option<(FlowKey, State)> {
        let flow = self.operation.flow()?;
        let step = |step: &Value| Step {
            id: known(&STEPS, &text(&step["id"])),
            component: known(&COMPONENTS, &text(&step["component"])),
            credential: step["credential"].as_str().map(str::to_owned),
        };
        let state = State {
            name: text(&self.body["name"]),
            revision: self.revision?,
            active: self.body["active"].as_bool()?,
            steps: self.body["steps"].as_array()?.iter().map(step).collect(),
        };
        Some((flow, state))
    }
}

/// The text of a value; empty when it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
