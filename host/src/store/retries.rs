//! Requests that may be sent again: which credential one of them created.

use jiff::{SignedDuration, Timestamp};

use super::credentials::{Row, select_credentials};
use super::error::StoreError;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::{Credential, IdempotencyKey};
use crate::domain::id::WorkspaceId;

/// How long a key stands for the request that it came with.
pub const KEPT_REQUESTS: SignedDuration = SignedDuration::from_hours(24);

/// What a request is known by.
#[derive(Clone, Debug)]
pub struct Request {
    pub key: IdempotencyKey,
    /// Keyed hash of everything that was asked for.
    pub hash: [u8; 32],
    /// Keys that came before this time may be used anew.
    pub since: Timestamp,
}

impl Store {
    /// The credential that the newest request with this key created, and that request's hash.
    pub async fn find_created(
        &self,
        workspace: &WorkspaceId,
        request: &Request,
    ) -> Result<Option<(Credential, Vec<u8>)>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => find(tx, workspace, request).await)
    }
}

#[derive(sqlx::FromRow)]
struct CreatedRow {
    #[sqlx(flatten)]
    public: Row,
    idempotency_hash: Vec<u8>,
}

async fn find(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    request: &Request,
) -> Result<Option<(Credential, Vec<u8>)>, StoreError> {
    const SELECT: &str = select_credentials!(
        ", idempotency_hash FROM credentials WHERE workspace = $1 AND idempotency_key = $2 AND created_at > $3"
    );
    let row: Option<CreatedRow> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(workspace.as_str())
        .bind(request.key.as_str())
        .bind(request.since.as_millisecond())
        .fetch_optional(c).await?);
    row.map(|row| Ok((row.public.read()?, row.idempotency_hash))).transpose()
}

impl Request {
    /// Frees the key where it has stood long enough.
    pub(super) async fn forget_older(&self, tx: &mut Tx, workspace: &WorkspaceId) -> Result<(), StoreError> {
        const FORGET: &str = "UPDATE credentials SET idempotency_key = NULL, idempotency_hash = NULL
             WHERE workspace = $1 AND idempotency_key = $2 AND created_at <= $3";
        on!(tx, c => sqlx::query(FORGET)
            .bind(workspace.as_str())
            .bind(self.key.as_str())
            .bind(self.since.as_millisecond())
            .execute(c).await?.rows_affected());
        Ok(())
    }
}
