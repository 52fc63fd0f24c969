//! What must be true of each flow that anybody was shown, and of all that were shown together.

use std::collections::HashMap;

use super::super::event::Span;
use super::super::history::History;
use super::super::operation::Action;
use super::super::sighting::{Seen, Sighting, State};
use super::super::world::{FlowKey, flows, needs_credential};

/// Everything that cannot be.
pub fn judge(history: &History<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for flow in flows() {
        let sightings = history.of(flow);
        for (_, sighting) in sightings {
            let held = match &sighting.seen {
                Seen::Absent => continue,
                Seen::Whole(state) => check_whole(history, sighting, state),
                Seen::Part { steps, .. } => {
                    steps.iter().find_map(|(_, held)| check_held(history, sighting, held.as_deref()?, None))
                }
            };
            violations.extend(held.map(|reason| format!("{reason}: {sighting:?}")));
        }
        violations.extend(compare(history, flow));
    }
    violations
}

/// A step of an active flow has the credential that it needs; each credential is of its workspace and component, and
/// is there.
fn check_whole(history: &History<'_>, sighting: &Sighting, state: &State) -> Option<String> {
    state.steps.iter().find_map(|step| match &step.credential {
        Some(id) => check_held(history, sighting, id, Some(step.component)),
        None if state.active && needs_credential(step.component) => {
            Some(format!("{} of an active flow lacks its credential", step.id))
        }
        None => None,
    })
}

fn check_held(
    history: &History<'_>,
    sighting: &Sighting,
    id: &str,
    component: Option<&str>,
) -> Option<String> {
    let lives = history.lives;
    if component.is_some_and(|component| lives.component(id) != Some(component)) {
        return Some(format!("{id} is of another component"));
    }
    let may_have = lives.may_have(sighting.flow.workspace, id, sighting.span);
    (!may_have).then(|| format!("{id} was not there, or in another workspace"))
}

/// A registration's revisions only grow, each is one state, and each change makes one of its own.
fn compare(history: &History<'_>, flow: FlowKey) -> Vec<String> {
    let mut violations = Vec::new();
    let mut states: HashMap<(&str, i64), &State> = HashMap::new();
    let mut made: HashMap<(&str, i64), usize> = HashMap::new();
    let mut shown: Vec<(Span, &State)> = Vec::new();
    for (place, sighting) in history.of(flow) {
        let Seen::Whole(state) = &sighting.seen else { continue };
        let key = (state.name.as_str(), state.revision);
        if *states.entry(key).or_insert(state) != state {
            violations.push(format!("two states of one revision: {state:?}, {:?}", states[&key]));
        }
        let is_change =
            matches!(history.events[*place].operation.action, Action::PutFlow { .. } | Action::Choose { .. });
        if is_change && made.insert(key, *place).is_some() {
            violations.push(format!("two changes made one revision: {state:?}"));
        }
        let later = shown.iter().find(|(span, other)| {
            other.name == state.name
                && ((span.is_before(sighting.span) && other.revision > state.revision)
                    || (sighting.span.is_before(*span) && state.revision > other.revision))
        });
        if let Some((_, other)) = later {
            violations.push(format!("a revision came back: {state:?}, {other:?}"));
        }
        shown.push((sighting.span, state));
    }
    violations
}
