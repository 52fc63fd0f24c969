//! `keystead serve`: the service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;

use super::failure::Failure;
use super::options::{ConfigOption, DatabaseOptions, EgressOptions, LogOptions, listen_address};
use super::{Exit, output, signals};
use crate::app::App;
use crate::config::{File, Log, LogFormat, Settings, default_listen, root_key_from_env};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::keyring::KeySource;
use crate::ui::Address;
use crate::{accounts, boot, egress, logging, web};

/// Runs the service until it is asked to stop (SIGTERM or Ctrl-C)
///
/// It brings the tables of the database up to date first. Without --database-url everything is in the data
/// folder: the database, and the root key `root.key`, which is made on first start. On PostgreSQL a root key
/// is never made up: give one with --root-key-file, or in the environment as KEYSTEAD_ROOT_KEY (there is no
/// option for it, since command lines are seen by everybody on the machine).
///
/// A setting is taken from the command line, else from the environment, else from the file of --config.
#[derive(Args)]
#[command(after_help = "\
Examples:
  keystead serve --data-dir ./keystead-data
  keystead serve --allow-egress 10.1.0.0/16:443
  keystead serve --data-dir ./keystead-data --metrics-listen 127.0.0.1:9464
  keystead serve --config keystead.toml --log-format json")]
pub(super) struct Serve {
    #[command(flatten)]
    service: ServiceOptions,
}

/// What a service is told.
#[derive(Args)]
pub(super) struct ServiceOptions {
    /// The address of the API; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "KEYSTEAD_LISTEN", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// An address for `GET /metrics`, without a token for whoever reaches it; another one than the API's
    /// [default: none]
    #[arg(long, value_name = "ADDRESS:PORT", env = "KEYSTEAD_METRICS_LISTEN", value_parser = listen_address)]
    metrics_listen: Option<SocketAddr>,
    /// Where people find the pages, such as https://keystead.example.com; they are closed on an address that
    /// others can reach, unless this is given [default: the loopback address]
    #[arg(long, value_name = "URL", env = "KEYSTEAD_PUBLIC_URL", value_parser = Address::public)]
    public_url: Option<Address>,
    #[command(flatten)]
    database: DatabaseOptions,
    /// The file of the root key, for nobody else to read [default on SQLite: root.key in the data folder]
    #[arg(long, value_name = "FILE", env = "KEYSTEAD_ROOT_KEY_FILE")]
    root_key_file: Option<PathBuf>,
    #[command(flatten)]
    egress: EgressOptions,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let settings = self.service.settings()?;
        logging::start(settings.log);
        boot::prepare_process();
        settings.api.check().map_err(Failure::usage)?;
        let asked_to_stop = signals::watch()?;
        let listener = listen(settings.listen).await?;
        let address = listener.local_addr()?;
        let metrics = match settings.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let metrics_address = metrics.as_ref().map(TcpListener::local_addr).transpose()?;
        let pages = settings.public_url.or_else(|| Address::loopback(address));
        let plan = boot::Plan {
            keys: KeySource {
                text_from_env: root_key_from_env(),
                file: settings.root_key_file,
                default_file: settings.database.default_key_file(),
            },
            database: &settings.database,
            sandbox: &settings.sandbox,
            egress: &settings.egress,
            own_listeners: [Some(address), metrics_address].into_iter().flatten().collect(),
        };
        let app = Arc::new(boot::assemble(plan).await?);
        announce(&format!("listening on http://{address}"), settings.log);
        if let Some((listener, address)) = metrics.zip(metrics_address) {
            announce(&format!("metrics at http://{address}/metrics"), settings.log);
            tokio::spawn(web::serve_metrics(listener, app.clone(), asked_to_stop.clone().cancelled_owned()));
        }
        if let Some(pages) = &pages {
            offer_first_link(&app, pages, settings.log).await?;
        }
        warn_of_openness(address, &settings.egress);
        web::serve(listener, app.clone(), settings.api, pages, asked_to_stop.cancelled_owned())
            .await
            .with_context(|| format!("cannot serve on {address}"))?;
        app.store.close().await;
        Ok(Exit::Done)
    }
}

impl ServiceOptions {
    /// Command line and environment over the file over the defaults.
    pub(super) fn settings(self) -> anyhow::Result<Settings> {
        let mut file: File = self.config.load()?;
        self.egress.merge(&mut file);
        Ok(Settings {
            listen: self.listen.or(file.listen).unwrap_or_else(default_listen),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            public_url: match file.public_url.take() {
                _ if self.public_url.is_some() => self.public_url,
                Some(text) => Some(
                    Address::public(&text)
                        .map_err(|error| Failure::usage(format!("the setting `public_url` {error}")))?,
                ),
                None => None,
            },
            database: self.database.merge(&mut file)?,
            root_key_file: self.root_key_file.or(file.root_key_file.take()),
            log: self.log.merge(&file),
            sandbox: file.sandbox,
            egress: file.egress,
            api: file.api,
        })
    }
}

/// Binds an address, before anything is written.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::refused(format!("cannot listen on {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failure
                .hint("another program listens there; choose another port with --listen, 0 takes a free one"),
            _ => failure.hint("choose an address of this machine with --listen"),
        }
    })
}

/// While nobody can sign in to the pages: a link that makes the first user. It is shown here alone.
async fn offer_first_link(app: &App, pages: &Address, log: Log) -> anyhow::Result<()> {
    if let Some(token) = accounts::first_link(app).await? {
        announce(
            &format!(
                "nobody can sign in to the pages yet; this link makes the first user, once, within 24 hours: \
                 {}/welcome?token={}",
                pages.origin(),
                token.expose()
            ),
            log,
        );
    }
    Ok(())
}

/// Says that the service is ready, whatever the level of the log.
fn announce(message: &str, log: Log) {
    match log.format {
        LogFormat::Text => output::note(message),
        LogFormat::Json => output::note(serde_json::json!({
            "timestamp": SystemClock.now().to_string(), "level": "INFO", "message": message,
        })),
    }
}

/// Warns of settings that are more open than they look.
fn warn_of_openness(address: SocketAddr, egress: &egress::Settings) {
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from outside this machine, and Keystead speaks plain HTTP: put a proxy that \
             speaks TLS before it"
        );
    }
    for allowance in egress.allowances().iter().flatten() {
        if allowance.to_string().contains("/0:") {
            tracing::warn!(
                "the allowance `{allowance}` opens all addresses, private ones and this machine too; name the \
                 ranges that plugins need"
            );
        }
    }
}
