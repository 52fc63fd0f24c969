//! Answers about one credential.

use super::super::event::text;
use super::super::sighting::Claim;
use super::super::world::{FLOWS, STEPS, known};
use super::Case;

impl Case<'_> {
    /// An error, when the workspace certainly had the credential.
    fn may_lack(&self, id: &str) -> Result<(), String> {
        let may_lack = self.history.lives.may_lack(self.event.operation.workspace, id, self.event.span);
        if may_lack { Ok(()) } else { Err(format!("{id} was there all the time")) }
    }

    /// An error, when the workspace certainly had no such credential.
    pub fn may_have(&self, id: &str) -> Result<(), String> {
        let may_have = self.history.lives.may_have(self.event.operation.workspace, id, self.event.span);
        if may_have { Ok(()) } else { Err(format!("{id} was never there meanwhile")) }
    }

    /// Of each flow, how many steps certainly held a credential all the time, and how many may have held it at some
    /// moment, while the flow was so.
    fn count_usages(&self, id: &str, active: bool) -> Vec<(u64, u64)> {
        let of = |flow: &'static str| {
            let (mut certain, mut possible) = (0, 0);
            for step in STEPS {
                let claim = Claim::Holds { step, credential: Some(id), active: Some(active) };
                let key = self.event.key(flow);
                certain += u64::from(self.history.is_certain(self.place, key, &claim));
                possible += u64::from(self.history.is_possible(self.place, key, &claim));
            }
            (certain, possible)
        };
        FLOWS.into_iter().map(of).collect()
    }

    /// The flow and step of each usage that the answer tells, by flow.
    fn told(&self, member: &str) -> Result<Vec<(&'static str, &'static str, bool)>, String> {
        let mut told = Vec::new();
        for flow in self.event.body[member].as_array().ok_or_else(|| format!("no {member}"))? {
            let (id, active) = (known(&FLOWS, &text(&flow["id"])), flow["active"] == true);
            for step in flow["steps"].as_array().ok_or("no steps")? {
                told.push((id, known(&STEPS, &text(step)), active));
            }
        }
        // The world is smaller than an excerpt.
        let is_all = self.event.body["total"] == told.len();
        if is_all { Ok(told) } else { Err("the total is not that of the steps".to_owned()) }
    }
}

pub fn create(case: &Case<'_>, component: &str, link: Option<(&str, &str)>) -> Result<(), String> {
    match (case.event.status, link) {
        (201, None) => Ok(()),
        (201, Some((flow, step))) => case.possible(flow, Claim::IsOf { step, component }),
        (_, Some((flow, step))) => case.possible(flow, Claim::IsNotOf { step, component }),
        _ => Err("no reason is known for this answer".to_owned()),
    }
}

pub fn read(case: &Case<'_>, id: &str) -> Result<(), String> {
    if case.event.status != 200 {
        return case.may_lack(id);
    }
    case.may_have(id)?;
    let usage = &case.event.body["usage"];
    for (name, counts) in [
        ("active", case.count_usages(id, true)),
        ("inactive", case.count_usages(id, false)),
        (
            "active_flows",
            case.count_usages(id, true).into_iter().map(|(c, p)| (c.min(1), p.min(1))).collect(),
        ),
    ] {
        let (certain, possible) =
            counts.into_iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let told = usage[name].as_u64().ok_or("no usage")?;
        if told < certain || told > possible {
            return Err(format!("{name}: from {certain} to {possible} usages"));
        }
    }
    Ok(())
}

/// A credential that an active flow uses all the time stays; one that no active flow can have used goes.
pub fn delete(case: &Case<'_>, id: &str) -> Result<(), String> {
    let credential = Some(id);
    match case.event.status {
        404 => case.may_lack(id),
        409 => {
            case.may_have(id)?;
            let told = case.told("flows")?;
            if told.is_empty() {
                return Err("no flow is named".to_owned());
            }
            told.into_iter().try_for_each(|(flow, step, active)| match active {
                true => case.possible(flow, Claim::Holds { step, credential, active: Some(true) }),
                false => Err(format!("{flow} is named, and said to be inactive")),
            })
        }
        status => {
            case.may_have(id)?;
            let told = if status == 200 { case.told("unlinked")? } else { Vec::new() };
            for flow in FLOWS {
                for step in STEPS {
                    match told.iter().find(|told| (told.0, told.1) == (flow, step)) {
                        None => case.not_certain(flow, Claim::Holds { step, credential, active: None })?,
                        Some((.., true)) => return Err(format!("taken from {flow}, which is active")),
                        Some(_) => {
                            case.possible(flow, Claim::Holds { step, credential, active: Some(false) })?
                        }
                    }
                    case.not_certain(flow, Claim::Holds { step, credential, active: Some(true) })?;
                }
            }
            if status == 200 && told.is_empty() {
                Err("200, and nothing was unlinked".to_owned())
            } else {
                Ok(())
            }
        }
    }
}

pub fn replace(case: &Case<'_>, of: &str, with: &str, flow: Option<&str>) -> Result<(), String> {
    let credential = Some(of);
    match (case.event.outcome(), flow) {
        ((404, _), _) => case.may_lack(of),
        ((422, "unknown-credential"), _) => {
            let component = case.history.lives.component(of);
            if case.may_be_unknown(with, component) { Ok(()) } else { Err(format!("{with} was there")) }
        }
        ((422, _), Some(flow)) => case.possible(flow, Claim::Unused { credential: of }),
        ((200, _), scope) => {
            case.may_have(of)?;
            case.may_have(with)?;
            let moved = case.told("moved")?;
            for flow in FLOWS {
                let is_meant = scope.is_none_or(|scope| scope == flow);
                for step in STEPS {
                    match moved.iter().find(|moved| (moved.0, moved.1) == (flow, step)) {
                        None if is_meant => {
                            case.not_certain(flow, Claim::Holds { step, credential, active: None })?
                        }
                        None => {}
                        Some(_) if !is_meant => return Err(format!("{flow} was not meant")),
                        Some(&(.., active)) => {
                            case.possible(flow, Claim::Holds { step, credential, active: Some(active) })?;
                        }
                    }
                }
            }
            Ok(())
        }
        _ => Err("no reason is known for this answer".to_owned()),
    }
}
