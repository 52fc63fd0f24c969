//! The sealed record of a credential: read only where a stored credential is verified or leased.

use super::credentials::{Row, select_credentials};
use super::error::StoreError;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::Credential;
use crate::domain::id::{CredentialId, WorkspaceId};

/// A credential with its sealed fields.
#[derive(Clone, Debug)]
pub struct SealedCredential {
    pub credential: Credential,
    /// What the keyring opens.
    pub record: Vec<u8>,
    /// Id of the root key that it is sealed with.
    pub key_id: String,
}

impl Store {
    /// A credential with its sealed fields, both from one row; none when the workspace has none such.
    pub async fn find_sealed(
        &self,
        workspace: &WorkspaceId,
        id: &CredentialId,
    ) -> Result<Option<SealedCredential>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, id).await)
    }
}

#[derive(sqlx::FromRow)]
struct SealedRow {
    #[sqlx(flatten)]
    public: Row,
    record: Vec<u8>,
    key_id: String,
}

pub(super) async fn find(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &CredentialId,
) -> Result<Option<SealedCredential>, StoreError> {
    const SELECT: &str =
        select_credentials!(", record, key_id FROM credentials WHERE workspace = $1 AND id = $2");
    let row: Option<SealedRow> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(c).await?);
    row.map(|row| {
        Ok(SealedCredential { credential: row.public.read()?, record: row.record, key_id: row.key_id })
    })
    .transpose()
}
