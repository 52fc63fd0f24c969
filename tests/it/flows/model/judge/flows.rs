//! Answers about one flow.

use super::super::event::text;
use super::super::operation::Step;
use super::super::sighting::{Claim, State};
use super::super::world::{STEPS, known, needs_credential};
use super::Case;

/// An error with this reason, when the claim does not hold.
fn demand(holds: bool, reason: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason.into()) }
}

impl Case<'_> {
    /// An error, when a claim about a flow of the workspace could not be true at any moment of the event.
    pub fn possible(&self, flow: &str, claim: Claim<'_>) -> Result<(), String> {
        let key = self.event.key(flow);
        let is_possible = self.history.is_possible(self.place, key, &claim);
        let told = || self.history.tell(self.place, key, &claim);
        if is_possible { Ok(()) } else { Err(format!("{claim:?} of {flow} could not be: {}", told())) }
    }

    /// An error, when a claim about a flow of the workspace was true at each moment of the event.
    pub fn not_certain(&self, flow: &str, claim: Claim<'_>) -> Result<(), String> {
        let key = self.event.key(flow);
        let is_certain = self.history.is_certain(self.place, key, &claim);
        let told = || self.history.tell(self.place, key, &claim);
        if is_certain { Err(format!("{claim:?} of {flow} was so all the time: {}", told())) } else { Ok(()) }
    }

    /// Whether a credential is none of the workspace and of this component, or may not be there.
    pub fn may_be_unknown(&self, credential: &str, component: Option<&str>) -> bool {
        let lives = self.history.lives;
        lives.may_lack(self.event.operation.workspace, credential, self.event.span)
            || component.is_some_and(|component| lives.component(credential) != Some(component))
    }

    /// The flow as the answer shows it.
    fn shown(&self) -> Result<State, String> {
        self.event.state().map(|(_, state)| state).ok_or_else(|| "no flow is shown".to_owned())
    }

    /// What holds of each changed flow with or without `If-Match`.
    fn check_revision(&self, flow: &str, state: &State) -> Result<(), String> {
        let Some(expected) = self.event.operation.if_match else { return Ok(()) };
        self.possible(flow, Claim::Revision(expected))?;
        demand((expected..=expected + 1).contains(&state.revision), "another revision than the next")
    }

    /// The answers that all changes of a flow may have.
    fn refused(&self, flow: &str) -> Result<(), String> {
        match (self.event.status, self.event.operation.if_match) {
            (412, Some(expected)) => self.possible(flow, Claim::NotRevision(expected)),
            (404, _) => self.possible(flow, Claim::Absent),
            _ => Err("no reason is known for this answer".to_owned()),
        }
    }

    /// What is seen of a flow without changing it is what somebody has written.
    fn check_seen(&self, flow: &str, state: &State) -> Result<(), String> {
        self.possible(flow, Claim::Active(state.active))?;
        for id in STEPS {
            match state.step(id) {
                None => self.possible(flow, Claim::Lacks { step: id })?,
                Some(Step { component, credential, .. }) => {
                    let (step, credential, active) = (id, credential.as_deref(), Some(state.active));
                    self.possible(flow, Claim::IsOf { step, component })?;
                    self.possible(flow, Claim::Holds { step, credential, active })?;
                }
            }
        }
        Ok(())
    }
}

pub fn put(case: &Case<'_>, flow: &str, steps: &[Step]) -> Result<(), String> {
    match case.event.outcome() {
        (201, _) => {
            let state = case.shown()?;
            case.possible(flow, Claim::Absent)?;
            demand(!state.active && state.revision == 1, "a new flow is inactive")?;
            demand(state.steps == steps, "other steps than were sent")
        }
        (200, _) => {
            let state = case.shown()?;
            case.not_certain(flow, Claim::Absent)?;
            case.check_revision(flow, &state)?;
            case.possible(flow, Claim::Active(state.active))?;
            demand(state.steps == steps, "other steps than were sent")
        }
        (422, _) => {
            let is_unknown = |step: &Step| {
                step.credential.as_deref().is_some_and(|id| case.may_be_unknown(id, Some(step.component)))
            };
            demand(steps.iter().any(is_unknown), "each credential was there")
        }
        (409, _) => {
            let lacks = |step: &Step| needs_credential(step.component) && step.credential.is_none();
            demand(steps.iter().any(lacks), "no step lacks its credential")?;
            case.possible(flow, Claim::Active(true))
        }
        _ => case.refused(flow),
    }
}

pub fn read(case: &Case<'_>, flow: &str) -> Result<(), String> {
    match case.event.status {
        200 => case.check_seen(flow, &case.shown()?),
        _ => case.refused(flow),
    }
}

pub fn delete(case: &Case<'_>, flow: &str) -> Result<(), String> {
    match case.event.status {
        204 => {
            let expected = case.event.operation.if_match;
            expected.map_or(Ok(()), |expected| case.possible(flow, Claim::Revision(expected)))?;
            case.not_certain(flow, Claim::Absent)
        }
        _ => case.refused(flow),
    }
}

pub fn set_active(case: &Case<'_>, flow: &str, active: bool) -> Result<(), String> {
    match case.event.status {
        200 => {
            let state = case.shown()?;
            case.not_certain(flow, Claim::Absent)?;
            case.check_revision(flow, &state)?;
            demand(state.active == active, "not what was asked for")?;
            for step in &state.steps {
                let (step, credential) = (step.id, step.credential.as_deref());
                case.possible(flow, Claim::Holds { step, credential, active: None })?;
            }
            Ok(())
        }
        409 => {
            let unready = case.event.body["steps"].as_array().filter(|steps| !steps.is_empty());
            for step in unready.ok_or("no step is named")? {
                demand(step["reason"] == "credential-missing", "another reason than a missing credential")?;
                let id = known(&STEPS, &text(&step["id"]));
                demand(needs_credential(&text(&step["component"])), "a step that needs no credential")?;
                case.possible(flow, Claim::Holds { step: id, credential: None, active: Some(false) })?;
            }
            Ok(())
        }
        _ => case.refused(flow),
    }
}

pub fn choose(
    case: &Case<'_>,
    flow: &str,
    step: &'static str,
    credential: Option<&str>,
) -> Result<(), String> {
    match (case.event.status, credential) {
        (200, _) => {
            let state = case.shown()?;
            case.not_certain(flow, Claim::Absent)?;
            case.check_revision(flow, &state)?;
            case.possible(flow, Claim::Active(state.active))?;
            let held = state.step(step).map(|step| step.credential.as_deref());
            demand(held == Some(credential), "the step holds something else")
        }
        (422, Some(id)) if case.may_be_unknown(id, None) => Ok(()),
        (422, Some(id)) => {
            let component = case.history.lives.component(id).unwrap_or_default();
            case.possible(flow, Claim::IsNotOf { step, component })
        }
        (409, None) => case.possible(flow, Claim::Active(true)),
        (404, _) => case.possible(flow, Claim::Lacks { step }),
        _ => case.refused(flow),
    }
}

pub fn lease(case: &Case<'_>, flow: &str, step: &str) -> Result<(), String> {
    match case.event.outcome() {
        (200, _) => {
            let id = text(&case.event.body["credential"]);
            case.may_have(&id)?;
            case.possible(flow, Claim::Holds { step, credential: Some(&id), active: Some(true) })
        }
        (409, "flow-inactive") => case.possible(flow, Claim::Active(false)),
        (409, _) => case.possible(flow, Claim::Holds { step, credential: None, active: Some(true) }),
        _ => case.possible(flow, Claim::Lacks { step }),
    }
}
