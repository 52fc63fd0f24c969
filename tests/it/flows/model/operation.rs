//! What a task may do, and the request that asks for it.

use serde_json::{Value, json};

use super::world::FlowKey;

/// One request of a task.
#[derive(Clone, Debug)]
pub struct Operation {
    pub workspace: &'static str,
    pub action: Action,
    /// The revision that the flow must have.
    pub if_match: Option<i64>,
}

/// What is asked for. Flows and steps by their ids, credentials by theirs.
#[derive(Clone, Debug)]
pub enum Action {
    Create {
        component: &'static str,
        link: Option<(&'static str, &'static str)>,
    },
    ReadCredential(String),
    /// Gives a credential a new name.
    Rename {
        credential: String,
        name: String,
    },
    DeleteCredential(String),
    ListUsages(String),
    Replace {
        of: String,
        with: String,
        flow: Option<&'static str>,
    },
    ListCredentials,
    ListFlows(Option<bool>),
    PutFlow {
        flow: &'static str,
        name: String,
        steps: Vec<Step>,
    },
    ReadFlow(&'static str),
    DeleteFlow(&'static str),
    Activate(&'static str),
    Deactivate(&'static str),
    Choose {
        flow: &'static str,
        step: &'static str,
        credential: Option<String>,
    },
    Lease {
        flow: &'static str,
        step: &'static str,
    },
}

/// A step, as it is asked for and as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub id: &'static str,
    pub component: &'static str,
    pub credential: Option<String>,
}

impl Operation {
    /// Method, path and body.
    pub fn request(&self) -> (&'static str, String, Option<Value>) {
        match &self.action {
            Action::Create { component, link } => {
                let mut draft = json!({"component": component, "fields": {"region": "north"}});
                if let Some((flow, step)) = link {
                    draft["link"] = json!({"flow": flow, "step": step});
                }
                ("POST", "/v1/credentials".to_owned(), Some(draft))
            }
            Action::Rename { credential, name } => {
                ("PATCH", format!("/v1/credentials/{credential}"), Some(json!({"name": name})))
            }
            Action::ReadCredential(id) => ("GET", format!("/v1/credentials/{id}"), None),
            Action::DeleteCredential(id) => ("DELETE", format!("/v1/credentials/{id}"), None),
            Action::ListUsages(id) => ("GET", format!("/v1/credentials/{id}/usages?limit=100"), None),
            Action::Replace { of, with, flow } => {
                let mut body = json!({"with": with});
                if let Some(flow) = flow {
                    body["flows"] = json!([flow]);
                }
                ("POST", format!("/v1/credentials/{of}/replace"), Some(body))
            }
            Action::ListCredentials => ("GET", "/v1/credentials?limit=100".to_owned(), None),
            Action::ListFlows(None) => ("GET", "/v1/flows?limit=100".to_owned(), None),
            Action::ListFlows(Some(active)) => ("GET", format!("/v1/flows?limit=100&active={active}"), None),
            Action::PutFlow { flow, name, steps } => {
                let step = |step: &Step| json!({"id": step.id, "component": step.component, "credential": step.credential});
                let steps: Vec<Value> = steps.iter().map(step).collect();
                ("PUT", format!("/v1/flows/{flow}"), Some(json!({"name": name, "steps": steps})))
            }
            Action::ReadFlow(flow) => ("GET", format!("/v1/flows/{flow}"), None),
            Action::DeleteFlow(flow) => ("DELETE", format!("/v1/flows/{flow}"), None),
            Action::Activate(flow) => ("POST", format!("/v1/flows/{flow}/activate"), None),
            Action::Deactivate(flow) => ("POST", format!("/v1/flows/{flow}/deactivate"), None),
            Action::Choose { flow, step, credential } => {
                let path = format!("/v1/flows/{flow}/steps/{step}/credential");
                ("PUT", path, Some(json!({"credential": credential})))
            }
            Action::Lease { flow, step } => ("POST", format!("/v1/flows/{flow}/steps/{step}/lease"), None),
        }
    }

    /// The flow that the path names.
    pub fn flow(&self) -> Option<FlowKey> {
        let flow = match self.action {
            Action::PutFlow { flow, .. }
            | Action::ReadFlow(flow)
            | Action::DeleteFlow(flow)
            | Action::Activate(flow)
            | Action::Deactivate(flow)
            | Action::Choose { flow, .. } => flow,
            _ => return None,
        };
        Some(FlowKey { workspace: self.workspace, flow })
    }
}
