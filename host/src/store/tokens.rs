//! API tokens. Only the SHA-256 of a token's text is stored.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::dialect;
use super::error::StoreError;
use super::row::{Place, to_json};
use super::transaction::{Access, Store, Tx};
use crate::domain::id::{TokenId, WorkspaceId};
use crate::domain::rights::{Principal, Right, Scope};

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub id: TokenId,
    pub scope: Scope,
    pub rights: Vec<Right>,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// When it stops working; never, when none.
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Store {
    /// Stores a token.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its workspace does not exist.
    pub async fn insert_token(&self, token: NewToken, audit: AuditRecord) -> Result<(), StoreError> {
        let workspace = workspace_of(&token.scope);
        // A workspace's token may be recorded as a deed of the installation.
        let access = if audit.workspace.as_ref() == workspace { Access::of(workspace) } else { Access::Jobs };
        write_tx!(self, access, tx => insert(tx, &token, &audit).await)
    }

    /// Who bears the token with this hash; none when it is unknown or expired at `now`.
    pub async fn find_token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Principal>, StoreError> {
        // The workspace is what is being looked for: authentication sees all tokens.
        read_tx!(self, Access::Jobs, tx => find(tx, hash, now).await)
    }
}

fn workspace_of(scope: &Scope) -> Option<&WorkspaceId> {
    match scope {
        Scope::Workspace(workspace) => Some(workspace),
        Scope::Installation => None,
    }
}

async fn insert(tx: &mut Tx, token: &NewToken, record: &AuditRecord) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO api_tokens (id, kind, workspace, rights, hash, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let workspace = workspace_of(&token.scope).map(WorkspaceId::as_str);
    let kind = if workspace.is_some() { "workspace" } else { "installation" };
    let names: Vec<&str> = token.rights.iter().map(|right| right.as_str()).collect();
    let rights = to_json(&names)?;
    let outcome = on!(tx, c => sqlx::query(INSERT)
        .bind(token.id.as_str())
        .bind(kind)
        .bind(workspace)
        .bind(rights.as_str())
        .bind(&token.hash[..])
        .bind(token.expires_at.map(Timestamp::as_millisecond))
        .bind(token.created_at.as_millisecond())
        .execute(c).await.map(|_| ()));
    outcome.map_err(|error| match workspace {
        Some(workspace) if dialect::is_missing_reference(&error) => StoreError::Conflict(format!(
            "workspace `{workspace}` does not exist; create it with `keystead workspace create {workspace}`"
        )),
        _ => error.into(),
    })?;
    audit::insert(tx, record).await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    workspace: Option<String>,
    rights: String,
}

async fn find(tx: &mut Tx, hash: &[u8; 32], now: Timestamp) -> Result<Option<Principal>, StoreError> {
    const SELECT: &str = "SELECT id, workspace, rights FROM api_tokens
         WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(&hash[..])
        .bind(now.as_millisecond())
        .fetch_optional(c).await?);
    row.map(Row::read).transpose()
}

impl Row {
    fn read(self) -> Result<Principal, StoreError> {
        let place = Place { table: "api_tokens", row: &self.id };
        let names: Vec<String> = place.json("rights", &self.rights)?;
        let rights =
            names.iter().map(|name| place.parse("rights", name)).collect::<Result<Vec<Right>, _>>()?;
        let scope = match &self.workspace {
            Some(workspace) => Scope::Workspace(place.parse("workspace", workspace)?),
            None => Scope::Installation,
        };
        Ok(Principal { token: place.parse("id", &self.id)?, scope, rights })
    }
}
