//! Which root key the installation is sealed with: its id and a check value, never the key.

use jiff::Timestamp;

use super::error::StoreError;
use super::transaction::{Access, Store, Tx};

/// What is known of the root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootKeyRecord {
    pub key_id: String,
    /// 32 bytes derived from the key; tells it from another with the same id.
    pub check: Vec<u8>,
}

impl Store {
    /// The root key that this installation was started with first; none before that.
    pub async fn root_key(&self) -> Result<Option<RootKeyRecord>, StoreError> {
        read_tx!(self, Access::Installation, tx => find(tx).await)
    }

    /// Records the root key of a new installation and returns what stands recorded now: another record,
    /// when another replica was faster, which the caller has to compare with its own key.
    pub async fn record_root_key(
        &self,
        record: RootKeyRecord,
        now: Timestamp,
    ) -> Result<RootKeyRecord, StoreError> {
        write_tx!(self, Access::Installation, tx => insert(tx, &record, now).await)
    }
}

async fn find(tx: &mut Tx) -> Result<Option<RootKeyRecord>, StoreError> {
    let row: Option<(String, Vec<u8>)> = on!(tx, c =>
        sqlx::query_as("SELECT key_id, check_value FROM root_key WHERE id = 1").fetch_optional(c).await?);
    Ok(row.map(|(key_id, check)| RootKeyRecord { key_id, check }))
}

async fn insert(tx: &mut Tx, record: &RootKeyRecord, now: Timestamp) -> Result<RootKeyRecord, StoreError> {
    const INSERT: &str = "INSERT INTO root_key (id, key_id, check_value, created_at) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO NOTHING";
    on!(tx, c => sqlx::query(INSERT)
        .bind(record.key_id.as_str())
        .bind(record.check.as_slice())
        .bind(now.as_millisecond())
        .execute(c).await?.rows_affected());
    find(tx).await?.ok_or_else(|| {
        StoreError::Internal("the root key's record is missing after it was written".to_owned())
    })
}
