//! Whether each answer is one that the operation may have had, by what is known of all that happened.

mod answers;
mod credentials;
mod flows;
mod lists;
mod states;
mod tests;

use super::event::Event;
use super::history::{History, Lives};
use super::operation::Action;

/// Everything that cannot be, in sentences. The first `known` events are taken for granted: they were read while it
/// was quiet.
pub fn judge(events: &[Event], known: usize, lives: &Lives) -> Vec<String> {
    let history = History::new(events, lives);
    let mut violations = states::judge(&history);
    for (place, event) in events.iter().enumerate().skip(known) {
        if let Err(reason) = explain(&history, place, event) {
            violations.push(format!("{reason}: {event:?}"));
        }
    }
    violations
}

/// An error, when nothing can explain the event's answer.
fn explain(history: &History<'_>, place: usize, event: &Event) -> Result<(), String> {
    answers::check(event)?;
    let event = Case { history, place, event };
    match &event.event.operation.action {
        Action::Create { component, link } => credentials::create(&event, component, *link),
        Action::ReadCredential(id) | Action::Rename { credential: id, .. } => credentials::read(&event, id),
        Action::DeleteCredential(id) => credentials::delete(&event, id),
        Action::Replace { of, with, flow } => credentials::replace(&event, of, with, *flow),
        Action::ListUsages(id) => lists::usages(&event, id),
        Action::ListCredentials => lists::credentials(&event),
        Action::ListFlows(active) => lists::flows(&event, *active),
        Action::PutFlow { flow, steps, .. } => flows::put(&event, flow, steps),
        Action::ReadFlow(flow) => flows::read(&event, flow),
        Action::DeleteFlow(flow) => flows::delete(&event, flow),
        Action::Activate(flow) => flows::set_active(&event, flow, true),
        Action::Deactivate(flow) => flows::set_active(&event, flow, false),
        Action::Lease { flow, step } => flows::lease(&event, flow, step),
        Action::Choose { flow, step, credential } => flows::choose(&event, flow, step, credential.as_deref()),
    }
}

/// One event among all.
struct Case<'a> {
    history: &'a History<'a>,
    place: usize,
    event: &'a Event,
}
