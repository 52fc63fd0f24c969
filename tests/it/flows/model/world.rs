//! The small world that everybody works on at once: few flows and credentials, so that operations meet often.

use std::collections::HashMap;
use std::sync::Mutex;

/// Tenants; ids of flows and steps are the same in both.
pub const WORKSPACES: [&str; 2] = ["default", "other"];
/// Components that need a credential, and one that needs none.
pub const COMPONENTS: [&str; 3] = ["mail", "shop", "clock"];
/// How many of [`COMPONENTS`] need a credential: the first ones.
pub const NEEDING: usize = 2;
/// The flows of each workspace.
pub const FLOWS: [&str; 3] = ["orders", "returns", "stock"];
/// The steps that a flow may have; each has the component of the same place, most of the time.
pub const STEPS: [&str; 3] = ["fetch", "push", "wait"];
/// Credentials that a workspace has of one component, about.
const CREDENTIALS: usize = 3;

/// A flow of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    pub workspace: &'static str,
    pub flow: &'static str,
}

/// Whether a component needs a credential.
pub fn needs_credential(component: &str) -> bool {
    COMPONENTS[..NEEDING].contains(&component)
}

/// All flows.
pub fn flows() -> impl Iterator<Item = FlowKey> {
    WORKSPACES.into_iter().flat_map(|workspace| FLOWS.map(|flow| FlowKey { workspace, flow }))
}

/// The name in a list that is this text.
///
/// # Panics
/// When the service names something that nobody has made.
pub fn known(list: &[&'static str], text: &str) -> &'static str {
    list.iter().find(|name| **name == text).unwrap_or_else(|| panic!("nobody has made {text:?}"))
}

/// What the tasks know together, by the answers that they got; it may be out of date at any moment.
#[derive(Default)]
pub struct Knowledge(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// By workspace and component, the oldest first.
    credentials: HashMap<(&'static str, &'static str), Vec<String>>,
    /// One that was deleted, by workspace and component.
    deleted: HashMap<(&'static str, &'static str), String>,
    /// The revision of each flow that was seen last.
    revisions: HashMap<FlowKey, i64>,
}

impl Knowledge {
    /// Notes a credential that was created.
    pub fn add(&self, workspace: &'static str, component: &'static str, id: &str) {
        self.0.lock().unwrap().credentials.entry((workspace, component)).or_default().push(id.to_owned());
    }

    /// Notes that a credential was deleted.
    pub fn remove(&self, id: &str) {
        let Known { credentials, deleted, .. } = &mut *self.0.lock().unwrap();
        for (owner, ids) in credentials {
            if ids.extract_if(.., |known| known == id).count() > 0 {
                deleted.insert(*owner, id.to_owned());
            }
        }
    }

    /// Whether there are as many credentials of a component as there should be.
    pub fn is_full(&self, workspace: &'static str, component: &'static str) -> bool {
        self.0
            .lock()
            .unwrap()
            .credentials
            .get(&(workspace, component))
            .is_some_and(|ids| ids.len() >= CREDENTIALS)
    }

    /// One of the credentials of a component, by a number.
    pub fn credential(
        &self,
        workspace: &'static str,
        component: &'static str,
        number: u64,
    ) -> Option<String> {
        let known = self.0.lock().unwrap();
        let ids = known.credentials.get(&(workspace, component)).filter(|ids| !ids.is_empty())?;
        Some(ids[usize::try_from(number).unwrap() % ids.len()].clone())
    }

    /// A credential that was deleted.
    pub fn deleted(&self, workspace: &'static str, component: &'static str) -> Option<String> {
        self.0.lock().unwrap().deleted.get(&(workspace, component)).cloned()
    }

    /// Notes the revision of a flow.
    pub fn note(&self, flow: FlowKey, revision: i64) {
        self.0.lock().unwrap().revisions.insert(flow, revision);
    }

    /// The revision of a flow that was seen last.
    pub fn revision(&self, flow: FlowKey) -> Option<i64> {
        self.0.lock().unwrap().revisions.get(&flow).copied()
    }
}
