//! What an operator's deeds need: they are done by the service and by the command line.

use serde_json::Value;

use crate::app::App;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::AuditId;
use crate::store::{AuditRecord, Store};

/// A store, with time and randomness.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub store: &'a Store,
    pub clock: &'a dyn Clock,
    pub entropy: &'a dyn Entropy,
}

impl<'a> Means<'a> {
    /// Those of a running service.
    pub fn of(app: &'a App) -> Self {
        Self { store: &app.store, clock: &*app.clock, entropy: &*app.entropy }
    }

    /// An audit record of now, of the system or somebody at the command line.
    pub(super) fn audit(&self, action: &'static str, outcome: &str, detail: Value) -> AuditRecord {
        AuditRecord {
            id: AuditId::generate(self.clock, self.entropy),
            workspace: None,
            at: self.clock.now(),
            actor: None,
            action,
            subject: None,
            outcome: outcome.to_owned(),
            detail,
        }
    }
}
