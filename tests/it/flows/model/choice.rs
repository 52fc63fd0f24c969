//! Random choice of what to do next. The choices of a task follow from its seed alone; what they meet does not.

use keystead::domain::clock::Entropy as _;

use super::operation::{Action, Operation, Step};
use super::world::{COMPONENTS, FLOWS, Knowledge, NEEDING, STEPS, WORKSPACES};
use crate::harness::rehearsal::SeededEntropy;

/// A task's choices.
pub struct Choice {
    entropy: SeededEntropy,
    /// What the names of its flows begin with.
    task: usize,
    number: u64,
}

impl Choice {
    /// The choices of one task in a run with this seed.
    pub fn new(seed: u64, task: usize) -> Self {
        let entropy = SeededEntropy::new(seed.wrapping_mul(1_000_003).wrapping_add(task as u64));
        Self { entropy, task, number: 0 }
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes) % bound
    }

    /// True so many times in a hundred.
    fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// What to do next.
    pub fn next(&mut self, known: &Knowledge) -> Operation {
        self.number += 1;
        let workspace = self.pick(&WORKSPACES);
        let flow = self.pick(&FLOWS);
        let place = self.pick(&[0, 1, 0, 1, 2]);
        let action = match self.below(100) {
            0..9 => self.create(known, workspace, flow, place),
            9..27 => self.choose(known, workspace, flow, place),
            27..43 => Action::Activate(flow),
            43..48 => Action::Deactivate(flow),
            48..63 => self.about_one(known, workspace, Action::DeleteCredential),
            63..71 => self.replace(known, workspace, flow),
            71..82 => self.put(known, workspace, flow),
            82..84 => Action::DeleteFlow(flow),
            84..90 => Action::ReadFlow(flow),
            90..92 => self.about_one(known, workspace, Action::ListUsages),
            92..94 => self.about_one(known, workspace, Action::ReadCredential),
            94..96 => Action::Lease { flow, step: STEPS[place] },
            96..98 => self.rename(known, workspace, place),
            98 => Action::ListCredentials,
            _ => Action::ListFlows(self.pick(&[None, Some(true), Some(false)])),
        };
        let mut operation = Operation { workspace, action, if_match: None };
        let is_change = !matches!(operation.action, Action::ReadFlow(_));
        if let Some(flow) = operation.flow().filter(|_| is_change && self.chance(15)) {
            operation.if_match = known.revision(flow);
        }
        operation
    }

    fn create(&self, known: &Knowledge, workspace: &'static str, flow: &'static str, place: usize) -> Action {
        let component =
            if self.chance(90) { COMPONENTS[place % NEEDING] } else { self.pick(&COMPONENTS[..NEEDING]) };
        if known.is_full(workspace, component) {
            return self.choose(known, workspace, flow, place);
        }
        Action::Create { component, link: self.chance(60).then_some((flow, STEPS[place])) }
    }

    fn choose(&self, known: &Knowledge, workspace: &'static str, flow: &'static str, place: usize) -> Action {
        let credential = if self.chance(80) { self.credential(known, workspace, place) } else { None };
        Action::Choose { flow, step: STEPS[place], credential }
    }

    fn replace(&self, known: &Knowledge, workspace: &'static str, flow: &'static str) -> Action {
        let place = self.pick(&[0, 1]);
        let of = self.credential(known, workspace, place);
        let with = self.credential(known, workspace, place);
        match (of, with) {
            (Some(of), Some(with)) if of != with => {
                Action::Replace { of, with, flow: self.chance(40).then_some(flow) }
            }
            _ => self.create(known, workspace, flow, place),
        }
    }

    fn put(&self, known: &Knowledge, workspace: &'static str, flow: &'static str) -> Action {
        let mut steps = Vec::new();
        for (place, id) in STEPS.into_iter().enumerate() {
            if self.chance(75) {
                let component = if self.chance(92) { place } else { usize::try_from(self.below(3)).unwrap() };
                let credential =
                    if self.chance(80) { self.credential(known, workspace, component) } else { None };
                steps.push(Step { id, component: COMPONENTS[component], credential });
            }
        }
        if self.chance(30) {
            steps.reverse();
        }
        Action::PutFlow { flow, name: format!("{}-{}", self.task, self.number), steps }
    }

    fn rename(&self, known: &Knowledge, workspace: &'static str, place: usize) -> Action {
        let name = format!("{}-{}", self.task, self.number);
        let credential = self.credential(known, workspace, place);
        credential.map_or(Action::ListCredentials, |credential| Action::Rename { credential, name })
    }

    fn about_one(&self, known: &Knowledge, workspace: &'static str, action: fn(String) -> Action) -> Action {
        let place = self.pick(&[0, 1]);
        match self.credential(known, workspace, place) {
            Some(id) => action(id),
            None => Action::Create { component: COMPONENTS[place], link: None },
        }
    }

    /// A credential for a step of this component, most of the time: else of another component or workspace, or one
    /// that was deleted.
    fn credential(&self, known: &Knowledge, workspace: &'static str, component: usize) -> Option<String> {
        let number = self.below(100);
        let own = COMPONENTS[component];
        match self.below(100) {
            0..84 => known.credential(workspace, own, number),
            84..89 => known.credential(workspace, self.pick(&COMPONENTS[..NEEDING]), number),
            89..94 => known.credential(self.pick(&WORKSPACES), own, number),
            _ => known.deleted(workspace, own),
        }
    }
}
