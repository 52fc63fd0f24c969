//! Putting the real things together, in the order in which each needs the one before. The root key is
//! checked before anything is written.

mod database;
mod error;
mod process;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;

pub use database::{migrate, open_existing, open_for_commands, open_for_service};
pub use error::{Age, BootError, KeyProblem};
pub use process::{open_files_limit, prepare_process, user};
pub use token::mint_token;

use crate::accounts::Accounts;
use crate::app::App;
use crate::budgets::{self, Budgets};
use crate::catalogue::Catalogue;
use crate::config::Database;
use crate::domain::clock::{SystemClock, SystemEntropy};
use crate::egress::resolver::SystemResolver;
use crate::egress::{self, Egress};
use crate::keyring::KeySource;
use crate::sandbox::{self, Sandbox};
use crate::telemetry::Telemetry;

/// What a service is made of.
pub struct Plan<'a> {
    pub database: &'a Database,
    pub keys: KeySource,
    pub sandbox: &'a sandbox::Settings,
    pub egress: &'a egress::Settings,
    pub budgets: &'a budgets::Settings,
    /// Where this service listens: never a destination.
    pub own_listeners: Vec<SocketAddr>,
}

/// Makes everything that a service needs, tables included.
///
/// # Errors
/// [`BootError`]. Settings and the root key are checked first; nothing is written when one is wrong.
pub async fn assemble(plan: Plan<'_>) -> Result<App, BootError> {
    let budgets = Budgets::new(plan.budgets)?;
    let sandbox = make_sandbox(plan.sandbox)?;
    let egress = make_egress(plan.egress, plan.own_listeners)?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let (store, keyring) = open_for_service(plan.database, plan.keys, &*clock, &*entropy).await?;
    if store.bypasses_row_security().await? {
        tracing::warn!(
            "the PostgreSQL role passes row-level security, so the second wall between workspaces is \
             missing; log in as a role without SUPERUSER and BYPASSRLS"
        );
    }
    let catalogue = Catalogue::load(&store, &sandbox).await?;
    let telemetry = Telemetry::default();
    let accounts = Accounts::default();
    Ok(App { clock, entropy, store, keyring, catalogue, sandbox, egress, telemetry, accounts, budgets })
}

/// The sandbox.
///
/// # Errors
/// [`BootError::Sandbox`].
pub fn make_sandbox(settings: &sandbox::Settings) -> Result<Arc<Sandbox>, BootError> {
    Ok(Arc::new(Sandbox::new(settings)?))
}

/// The way out, with the system's resolver.
///
/// # Errors
/// [`BootError::Egress`] or [`BootError::Resolver`].
pub fn make_egress(settings: &egress::Settings, own_listeners: Vec<SocketAddr>) -> Result<Egress, BootError> {
    let resolver = Arc::new(SystemResolver::new()?);
    Egress::new(settings.clone(), resolver, own_listeners).map_err(BootError::Egress)
}
