//! All that happened since the last moment of quiet, and what follows from it. What is possible or certain is never
//! told too strictly: a run that went well is never blamed.

use std::collections::HashMap;

use super::event::{Event, Span};
use super::operation::Action;
use super::sighting::{Claim, Says, Sighting};
use super::world::FlowKey;

/// A credential's life.
#[derive(Clone, Debug)]
pub struct Life {
    pub workspace: &'static str,
    pub component: &'static str,
    pub created: Span,
    pub deleted: Option<Span>,
}

/// All credentials that were ever created, by id.
#[derive(Clone, Debug, Default)]
pub struct Lives(pub HashMap<String, Life>);

impl Lives {
    /// Takes in what events tell of creations and deletions; what cannot be.
    pub fn learn(&mut self, events: &[Event]) -> Vec<String> {
        let mut violations = Vec::new();
        for event in events {
            if let (Action::Create { component, .. }, 201) = (&event.operation.action, event.status) {
                let (workspace, id) =
                    (event.operation.workspace, event.body["id"].as_str().unwrap_or_default());
                let life = Life { workspace, component, created: event.span, deleted: None };
                if self.0.insert(id.to_owned(), life).is_some() {
                    violations.push(format!("{id} was created twice"));
                }
            }
        }
        for event in events {
            if let (Action::DeleteCredential(id), 200 | 204) = (&event.operation.action, event.status) {
                match self.0.get_mut(id) {
                    Some(life) if life.deleted.is_none() => life.deleted = Some(event.span),
                    Some(_) => violations.push(format!("{id} was deleted twice")),
                    None => violations.push(format!("{id} was deleted, and nobody was told of its creation")),
                }
            }
        }
        violations
    }

    /// The credentials of a workspace that are there and nobody deletes.
    pub fn remaining(&self, workspace: &str) -> impl Iterator<Item = (&String, &Life)> {
        self.0.iter().filter(move |(_, life)| life.workspace == workspace && life.deleted.is_none())
    }

    /// Whether a workspace may not have had this credential at some moment of a span.
    pub fn may_lack(&self, workspace: &str, id: &str, span: Span) -> bool {
        self.0.get(id).is_none_or(|life| {
            life.workspace != workspace
                || span.start < life.created.end
                || life.deleted.is_some_and(|deleted| deleted.start < span.end)
        })
    }

    /// Whether a workspace may have had this credential at some moment of a span.
    pub fn may_have(&self, workspace: &str, id: &str, span: Span) -> bool {
        self.0.get(id).is_some_and(|life| {
            life.workspace == workspace
                && life.created.start < span.end
                && life.deleted.is_none_or(|deleted| span.start < deleted.end)
        })
    }

    /// The component of a credential.
    pub fn component(&self, id: &str) -> Option<&'static str> {
        self.0.get(id).map(|life| life.component)
    }
}

/// Events, and what they tell of each flow.
pub struct History<'a> {
    pub events: &'a [Event],
    pub lives: &'a Lives,
    /// With the place of the event that each is of.
    sightings: HashMap<FlowKey, Vec<(usize, Sighting)>>,
}

impl<'a> History<'a> {
    /// What events tell, with the lives of all credentials that they speak of.
    pub fn new(events: &'a [Event], lives: &'a Lives) -> Self {
        let mut sightings: HashMap<FlowKey, Vec<(usize, Sighting)>> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            for sighting in event.sightings() {
                sightings.entry(sighting.flow).or_default().push((place, sighting));
            }
        }
        Self { events, lives, sightings }
    }

    /// All that is known of a flow, with the places of the events.
    pub fn of(&self, flow: FlowKey) -> &[(usize, Sighting)] {
        self.sightings.get(&flow).map(Vec::as_slice).unwrap_or_default()
    }

    /// What all events but one say about a claim.
    fn judged(&self, except: usize, flow: FlowKey, claim: &Claim<'_>) -> Vec<(Says, bool, Span)> {
        let others = self.of(flow).iter().filter(|(place, _)| *place != except);
        others.map(|(_, sighting)| (claim.judge(&sighting.seen), sighting.wrote, sighting.span)).collect()
    }

    /// Whether a claim may have been true at some moment of the event at this place, by what other events tell:
    /// somebody made it true before the event ended, and nobody saw it untrue between the two.
    pub fn is_possible(&self, place: usize, flow: FlowKey, claim: &Claim<'_>) -> bool {
        let span = self.events[place].span;
        let judged = self.judged(place, flow, claim);
        judged.iter().any(|&(says, wrote, made)| {
            wrote
                && matches!(says, Says::Yes | Says::Perhaps)
                && made.start < span.end
                && !judged
                    .iter()
                    .any(|&(says, _, seen)| says == Says::No && made.is_before(seen) && seen.is_before(span))
        })
    }

    /// Whether a claim was true at each moment of the event at this place: it was before, and nobody could make it
    /// untrue until the event ended.
    pub fn is_certain(&self, place: usize, flow: FlowKey, claim: &Claim<'_>) -> bool {
        let span = self.events[place].span;
        let judged = self.judged(place, flow, claim);
        judged.iter().any(|&(says, _, known)| {
            says == Says::Yes
                && known.is_before(span)
                && !judged.iter().any(|&(says, wrote, change)| {
                    (says == Says::No || (says == Says::Perhaps && wrote))
                        && known.start < change.end
                        && change.start < span.end
                })
        })
    }

    /// What is known about a claim shortly before the event at this place ended, for a person who has to find out why.
    pub fn tell(&self, place: usize, flow: FlowKey, claim: &Claim<'_>) -> String {
        let span = self.events[place].span;
        let mut lines: Vec<(u64, String)> = self
            .of(flow)
            .iter()
            .filter(|(other, sighting)| *other != place && sighting.span.start < span.end)
            .map(|(other, sighting)| {
                let Sighting { span, wrote, seen, .. } = sighting;
                let (says, action) = (claim.judge(seen), &self.events[*other].operation.action);
                (
                    span.end,
                    format!("{}-{} {says:?}, wrote {wrote}: {action:?} {seen:?}", span.start, span.end),
                )
            })
            .collect();
        lines.sort();
        let last = lines.iter().rev().take(8).rev().map(|(_, line)| line.as_str());
        last.collect::<Vec<_>>().join("\n")
    }
}
