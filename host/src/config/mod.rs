//! Settings: where each one may be given, and what it is when nobody gives it.
//!
//! A setting is taken from the command line, else from the environment (`KEYSTEAD_…`), else from the
//! TOML file given with `--config`, else it has its default. A variable that is empty counts as not
//! given. A list that is given replaces the list
//! of the next place; it is never added to it.

mod database;
mod file;
mod log;
mod root_key;

pub use database::Database;
pub use file::{ConfigError, File};
pub use log::{Log, LogFormat, LogLevel};
pub use root_key::{ROOT_KEY_VARIABLE, root_key_from_env};

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::ui::Address;
use crate::{api, budgets, egress, sandbox};

/// Everything that a running service is told.
pub struct Settings {
    /// Where the API listens. Default 127.0.0.1:8080; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where metrics are served. Default: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Where browsers find the pages. Default on loopback: the address itself; else the pages are closed.
    pub public_url: Option<Address>,
    pub database: Database,
    /// The file that holds the root key. Default on SQLite: `root.key` in the data folder, or beside the
    /// file of the URL when no data folder is given, made on first start; none on PostgreSQL.
    pub root_key_file: Option<PathBuf>,
    pub log: Log,
    pub sandbox: sandbox::Settings,
    pub egress: egress::Settings,
    pub budgets: budgets::Settings,
    pub api: api::Settings,
}

/// The address to listen on when none is given: this machine alone.
pub fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))
}
