//! The only place that knows the databases: SQLite on one machine, PostgreSQL under many replicas.
//! Each statement is written once and compiled for both; what differs stands in `dialect`.
//!
//! Every call of a workspace's rows takes the workspace and runs in a transaction that names it, so
//! that on PostgreSQL row-level security is a second wall behind the `workspace = $1` of each statement.
//! Whatever changes something commits its audit record in the same transaction.

#[macro_use]
mod transaction;

mod audit;
mod batch;
mod budgets;
mod change;
mod components;
mod credentials;
mod dialect;
mod edits;
mod error;
mod examination;
mod flows;
mod invitations;
mod leases;
mod lists;
mod open;
mod pool;
mod retries;
mod root_key;
mod row;
mod schema;
mod sealed;
mod sessions;
mod steps;
mod tokens;
mod usages;
mod users;
mod verifications;
mod workspaces;

pub use audit::{AuditEntry, AuditRecord};
pub use change::ChangeError;
pub use components::{ComponentRow, Installed, NewRelease, ReleaseRow, ReleaseStatus};
pub use credentials::{Count, NewCredential};
pub use dialect::Backend;
pub use edits::{NewFields, NewName};
pub use error::StoreError;
pub use examination::Examination;
pub use flows::{FlowFilter, NewFlow, NewStep};
pub use invitations::{AcceptError, NewInvitation};
pub use leases::USE_PRECISION;
pub use lists::{ListFilter, Position};
pub use pool::PoolLoad;
pub use retries::{KEPT_REQUESTS, Request};
pub use root_key::RootKeyRecord;
pub use sealed::SealedCredential;
pub use sessions::NewSession;
pub use tokens::NewToken;
pub use transaction::Store;
pub use usages::Replacement;
pub use users::{Attempt, Candidate};
pub use verifications::{Finding, KEPT_VERIFICATIONS, NewVerification, StoredVerification};
pub use workspaces::WorkspaceRow;
