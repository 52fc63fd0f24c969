//! Answers that list.

use serde_json::Value;

use super::super::event::text;
use super::super::sighting::Claim;
use super::super::world::{FLOWS, STEPS, known};
use super::Case;

impl Case<'_> {
    fn items(&self) -> Result<&Vec<Value>, String> {
        if !self.event.body["next_cursor"].is_null() {
            return Err("more than a page".to_owned());
        }
        self.event.body["items"].as_array().ok_or_else(|| "no items".to_owned())
    }
}

pub fn usages(case: &Case<'_>, id: &str) -> Result<(), String> {
    if case.event.status == 404 {
        return super::credentials::read(case, id);
    }
    case.may_have(id)?;
    let mut told = Vec::new();
    for item in case.items()? {
        let (flow, step) = (known(&FLOWS, &text(&item["flow"])), known(&STEPS, &text(&item["step"])));
        let active = Some(item["active"] == true);
        case.possible(flow, Claim::Holds { step, credential: Some(id), active })?;
        told.push((flow, step));
    }
    if !told.is_sorted() {
        return Err("not in order".to_owned());
    }
    for flow in FLOWS {
        for step in STEPS.into_iter().filter(|step| !told.contains(&(flow, *step))) {
            case.not_certain(flow, Claim::Holds { step, credential: Some(id), active: None })?;
        }
    }
    Ok(())
}

pub fn credentials(case: &Case<'_>) -> Result<(), String> {
    let workspace = case.event.operation.workspace;
    let mut told = Vec::new();
    for item in case.items()? {
        let id = text(&item["id"]);
        case.may_have(&id)?;
        let component = case.history.lives.component(&id);
        if item["workspace"] != workspace || item["component"].as_str() != component {
            return Err(format!("{id} is of another workspace or component"));
        }
        told.push(id);
    }
    for (id, life) in &case.history.lives.0 {
        let is_missing = life.workspace == workspace && !told.contains(id);
        if is_missing && !case.history.lives.may_lack(workspace, id, case.event.span) {
            return Err(format!("{id} was there and is not listed"));
        }
    }
    Ok(())
}

pub fn flows(case: &Case<'_>, filter: Option<bool>) -> Result<(), String> {
    let mut told = Vec::new();
    for item in case.items()? {
        let (flow, active) = (known(&FLOWS, &text(&item["id"])), item["active"] == true);
        if item["workspace"] != case.event.operation.workspace
            || filter.is_some_and(|filter| filter != active)
        {
            return Err(format!("{flow} is of another workspace or not as was asked for"));
        }
        case.possible(flow, Claim::Active(active))?;
        told.push(flow);
    }
    if !told.is_sorted() {
        return Err("not in order".to_owned());
    }
    for flow in FLOWS.into_iter().filter(|flow| !told.contains(flow)) {
        for active in [true, false].into_iter().filter(|active| filter.is_none_or(|filter| filter == *active))
        {
            case.not_certain(flow, Claim::Active(active))?;
        }
    }
    Ok(())
}
