//! Options that several subcommands share, and how they are merged with the settings file.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::client::Client;
use crate::config::{ConfigError, Database, File, Log, LogFormat, LogLevel};
use crate::domain::secret::Secret;

/// The settings file.
#[derive(Args)]
pub(super) struct ConfigOption {
    /// A TOML file with settings: the long names of options with `_` for `-`, and the sections
    /// [sandbox], [egress] and [api]
    #[arg(long, value_name = "FILE", env = "KEYSTEAD_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigOption {
    /// The file's settings; none without a file.
    pub(super) fn load(&self) -> Result<File, ConfigError> {
        File::load(self.config.as_deref())
    }
}

/// The database.
#[derive(Args)]
pub(super) struct DatabaseOptions {
    /// The folder of the embedded database and its root key [default: ./keystead-data; the SQLite file's
    /// folder where --database-url names one]
    #[arg(long, value_name = "DIR", env = "KEYSTEAD_DATA_DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Another database: `sqlite://PATH` or `postgres://USER@HOST/DATABASE` [default: SQLite in the data folder]
    #[arg(long, value_name = "URL", env = "KEYSTEAD_DATABASE_URL", hide_env_values = true, value_parser = secret)]
    database_url: Option<Secret>,
}

impl DatabaseOptions {
    /// The database that these options and the file name together.
    ///
    /// # Errors
    /// [`ConfigError::DatabaseUrl`].
    pub(super) fn merge(self, file: &mut File) -> Result<Database, ConfigError> {
        let url = self.database_url.or_else(|| file.database_url.take().map(Secret::new));
        let database = Database::new(self.data_dir.or_else(|| file.data_dir.take()), url);
        database.check()?;
        Ok(database)
    }
}

/// The log.
#[derive(Args)]
pub(super) struct LogOptions {
    /// The form of log lines [default: text]
    #[arg(long, value_name = "FORMAT", env = "KEYSTEAD_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
    /// The least important lines to show [default: info]
    #[arg(long, value_name = "LEVEL", env = "KEYSTEAD_LOG_LEVEL", value_enum)]
    log_level: Option<LogLevel>,
}

impl LogOptions {
    pub(super) fn merge(self, file: &File) -> Log {
        Log {
            format: self.log_format.or(file.log_format).unwrap_or_default(),
            level: self.log_level.or(file.log_level).unwrap_or_default(),
        }
    }
}

/// Where packets may go.
#[derive(Args)]
pub(super) struct EgressOptions {
    /// A range beside the public internet that plugins may reach, such as `10.1.0.0/16:443`; the port may
    /// be `*`. May be given several times
    #[arg(long, value_name = "CIDR:PORT", env = "KEYSTEAD_ALLOW_EGRESS", value_delimiter = ',')]
    allow_egress: Vec<String>,
}

impl EgressOptions {
    /// Puts the allowances that were given in the place of those of the file.
    pub(super) fn merge(self, file: &mut File) {
        if !self.allow_egress.is_empty() {
            file.egress.allow = self.allow_egress;
        }
    }
}

/// A running service.
#[derive(Args)]
pub(super) struct ServerOptions {
    /// The service to talk to [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", env = "KEYSTEAD_SERVER")]
    server: Option<String>,
    /// The API token to present; better given in the environment, where other users do not see it
    #[arg(long, value_name = "TOKEN", env = "KEYSTEAD_TOKEN", hide_env_values = true, value_parser = secret)]
    token: Option<Secret>,
}

impl ServerOptions {
    /// The service's URL and the token, where one is given.
    pub(super) fn merge(self, file: &mut File) -> (String, Option<Secret>) {
        let server = self.server.or_else(|| file.server.take());
        let token = self.token.or_else(|| file.token.take().map(Secret::new));
        (server.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()), token)
    }
}

/// A running service, with the settings file that may name it.
#[derive(Args)]
pub(super) struct ServiceOptions {
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl ServiceOptions {
    /// A client of the service that these options and the file name together.
    ///
    /// # Errors
    /// A settings file that cannot be read, a URL that is none of a service, or no token.
    pub(super) fn connect(self) -> anyhow::Result<Client> {
        let (server, token) = self.server.merge(&mut self.config.load()?);
        Ok(Client::new(&server, token)?)
    }
}

/// Reads an address to listen on.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "give an address and a port, such as `127.0.0.1:8090` or `[::1]:8090`; names are not looked up"
            .to_owned()
    })
}

/// Wraps a text that clap must not show.
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}
