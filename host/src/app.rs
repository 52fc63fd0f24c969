//! The struct of real things that everything else is passed.

use std::sync::Arc;

use crate::accounts::Accounts;
use crate::budgets::Budgets;
use crate::catalogue::Catalogue;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{AuditId, TokenId, UserId, WorkspaceId};
use crate::egress::Egress;
use crate::keyring::Keyring;
use crate::sandbox::Sandbox;
use crate::store::{AuditRecord, Store};
use crate::telemetry::Telemetry;

/// One running Keystead, shared as `Arc<App>`.
pub struct App {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub store: Store,
    pub keyring: Keyring,
    pub catalogue: Catalogue,
    pub sandbox: Arc<Sandbox>,
    pub egress: Egress,
    pub telemetry: Telemetry,
    pub accounts: Accounts,
    pub budgets: Budgets,
}

impl App {
    /// An audit record of now. `detail` never holds a value of a field.
    pub fn audit_record(
        &self,
        actor: &Actor,
        workspace: Option<&WorkspaceId>,
        action: &'static str,
        subject: &str,
        outcome: &str,
        detail: serde_json::Value,
    ) -> AuditRecord {
        AuditRecord {
            id: AuditId::generate(&*self.clock, &*self.entropy),
            workspace: workspace.cloned(),
            at: self.clock.now(),
            actor: actor.id(),
            action,
            subject: Some(subject.to_owned()),
            outcome: outcome.to_owned(),
            detail,
        }
    }
}

/// Who does something, for the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The holder of an API token.
    Token(TokenId),
    /// A person who signed in to the web pages.
    User(UserId),
    /// Somebody at the command line of the machine, or Keystead itself.
    Operator,
}

impl Actor {
    /// The id of the token or the person; none for the command line and the system.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Token(token) => Some(token.to_string()),
            Self::User(user) => Some(user.to_string()),
            Self::Operator => None,
        }
    }
}
