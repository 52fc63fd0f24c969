//! A token made at the command line of the machine.

use jiff::Timestamp;

use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{AuditId, TokenId};
use crate::domain::rights::{Right, Scope};
use crate::domain::secret::Secret;
use crate::domain::token::{TokenKind, TokenText};
use crate::store::{AuditRecord, NewToken, Store, StoreError};

/// Makes a token, stores its hash with an audit record, and returns its text, which is nowhere else.
///
/// # Errors
/// When its workspace does not exist, or the database fails.
pub async fn mint_token(
    store: &Store,
    scope: Scope,
    rights: Vec<Right>,
    expires_at: Option<Timestamp>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Secret, StoreError> {
    let now = clock.now();
    let text = TokenText::generate(TokenKind::from(&scope), entropy);
    let names: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
    let detail = serde_json::json!({ "rights": names, "expires_at": expires_at.map(|at| at.to_string()) });
    let workspace = match &scope {
        Scope::Workspace(workspace) => Some(workspace.clone()),
        Scope::Installation => None,
    };
    let id = TokenId::generate(clock, entropy);
    let audit = AuditRecord {
        id: AuditId::generate(clock, entropy),
        workspace,
        at: now,
        actor: None,
        action: "token.create",
        subject: Some(id.to_string()),
        outcome: "created".to_owned(),
        detail,
    };
    let token = NewToken { id, scope, rights, hash: text.hash(), expires_at, created_at: now };
    store.insert_token(token, audit).await?;
    Ok(text.into_secret())
}
