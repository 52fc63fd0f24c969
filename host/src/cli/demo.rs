//! `keystead demo`: everything on loopback, to try it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use jiff::SignedDuration;

use super::failure::Failure;
use super::options::{ConfigOption, LogOptions, listen_address};
use super::{Exit, output, serve, signals};
use crate::app::App;
use crate::config::{Database, File, LogLevel, default_listen};
use crate::demo::{self, Petstore};
use crate::domain::id::WorkspaceId;
use crate::domain::rights::{Right, Scope};
use crate::domain::secret::Secret;
use crate::keyring::KeySource;
use crate::ui::Address;
use crate::{accounts, boot, logging, web};

/// How long the demo's tokens work.
const TOKEN_TIME: SignedDuration = SignedDuration::from_hours(24);

/// Starts everything on loopback: the service, the sample plugins, and a small Petstore to verify against
///
/// Prints tokens and commands to paste. Ctrl-C ends it and removes its data, unless --data-dir keeps them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  keystead demo
  keystead demo --data-dir ./demo-data")]
pub(super) struct Demo {
    /// The address of the API, on loopback; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "KEYSTEAD_LISTEN", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// Keeps the data in this folder; started again, the demo goes on with it
    #[arg(long, value_name = "DIR", env = "KEYSTEAD_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The folder of the sample plugins [default: `samples` beside the program]
    #[arg(long, value_name = "DIR", env = "KEYSTEAD_SAMPLES")]
    samples: Option<PathBuf>,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let file = self.config.load()?;
        let mut log = self.log.merge(&file);
        // What a person tries is not buried in lines about it.
        log.level = if log.level == LogLevel::Info { LogLevel::Warn } else { log.level };
        logging::start(log);
        file.api.check().map_err(Failure::usage)?;
        let address = self.listen.or(file.listen).unwrap_or_else(default_listen);
        if !address.ip().is_loopback() {
            return Err(Failure::usage(format!("the demo listens on loopback only, not on {address}"))
                .hint("`keystead serve` is for other addresses")
                .into());
        }
        let samples = read_samples(self.samples.or_else(|| file.samples.clone()))?;
        let kept = self.data_dir.or_else(|| file.data_dir.clone());
        let asked_to_stop = signals::watch()?;
        let listener = serve::listen(address).await?;

        // Removed when it is dropped, which is when the service has stopped.
        let temporary = tempfile::Builder::new().prefix("keystead-demo-").tempdir()?;
        let data_dir = kept.clone().unwrap_or_else(|| temporary.path().to_owned());
        let petstore = Petstore::bind(last_port(&data_dir)).await.context("cannot start the Petstore")?;
        let app = assemble(&data_dir, &file, listener.local_addr()?, &petstore).await?;
        std::fs::write(port_file(&data_dir), petstore.address().port().to_string())?;
        for sample in samples {
            install(&app, sample).await?;
        }
        let tokens = mint(&app).await?;
        let base_url = petstore.base_url();
        tokio::spawn(petstore.run());
        let pages = Address::loopback(listener.local_addr()?);
        let first_link = accounts::first_link(&app).await?;
        tell(listener.local_addr()?, &base_url, &tokens, kept.as_deref())?;
        tell_of_pages(listener.local_addr()?, &base_url, first_link.as_ref())?;
        web::serve(listener, app.clone(), file.api, pages, asked_to_stop.cancelled_owned()).await?;
        app.store.close().await;
        if kept.is_none() {
            output::note("the demo has ended; its data are removed");
        }
        Ok(Exit::Done)
    }
}

fn read_samples(folder: Option<PathBuf>) -> anyhow::Result<Vec<demo::Sample>> {
    let folder = match folder {
        Some(folder) => folder,
        None => std::env::current_exe()?.with_file_name("samples"),
    };
    demo::read(&folder).map_err(|error| {
        let failure = Failure::usage(match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        });
        failure.hint("name the folder that holds them with --samples; from the sources, `cargo xtask demo` builds them").into()
    })
}

/// A service whose way out leads to the Petstore and nowhere else inside.
async fn assemble(
    data_dir: &Path,
    file: &File,
    address: SocketAddr,
    petstore: &Petstore,
) -> anyhow::Result<Arc<App>> {
    let database = Database::new(Some(data_dir.to_owned()), None);
    let mut egress = file.egress.clone();
    let port = petstore.address().port();
    egress.allow = vec![format!("{}/32:{port}", petstore.address().ip())];
    let plan = boot::Plan {
        keys: KeySource { text_from_env: None, file: None, default_file: database.default_key_file() },
        database: &database,
        sandbox: &file.sandbox,
        egress: &egress,
        own_listeners: vec![address],
    };
    Ok(Arc::new(boot::assemble(plan).await?))
}

async fn install(app: &App, sample: demo::Sample) -> anyhow::Result<()> {
    let path = sample.path.clone();
    let (component, is_new) = demo::install(app, sample)
        .await
        .with_context(|| format!("cannot install the sample `{}`", path.display()))?;
    let done = if is_new { "installed" } else { "kept" };
    output::note(format_args!("{done} {} {}", component.id, component.release.version));
    for sentence in &component.sentences {
        output::note(format_args!("  asks: {}", output::plain(sentence)));
    }
    Ok(())
}

/// The tokens of a demo.
struct Tokens {
    workspace: Secret,
    installation: Secret,
}

async fn mint(app: &App) -> anyhow::Result<Tokens> {
    let expires = app.clock.now().checked_add(TOKEN_TIME)?;
    let mint = |scope, right| {
        boot::mint_token(&app.store, scope, vec![right], Some(expires), &*app.clock, &*app.entropy)
    };
    Ok(Tokens {
        workspace: mint(Scope::Workspace(WorkspaceId::default_workspace()), Right::Admin).await?,
        installation: mint(Scope::Installation, Right::Operator).await?,
    })
}

fn tell(address: SocketAddr, base_url: &str, tokens: &Tokens, kept: Option<&Path>) -> anyhow::Result<()> {
    output::note(format_args!("a Petstore answers at {base_url}; it accepts the key `{}`", demo::GOOD_KEY));
    match kept {
        Some(folder) => output::note(format_args!("data are kept in `{}`", folder.display())),
        None => output::note("data are in a temporary folder, removed at the end; --data-dir keeps them"),
    }
    output::result_with("workspace token, for 24 hours: {}", &tokens.workspace)?;
    output::result_with("installation token, for 24 hours: {}", &tokens.installation)?;
    output::result(
        "(the first opens the workspace `default`; the second installs plugins: `keystead plugin install`)",
    )?;
    output::result("")?;
    output::result_with(&demo::guide(address, base_url, &program()?), &tokens.workspace)?;
    Ok(())
}

/// Where to click.
fn tell_of_pages(address: SocketAddr, base_url: &str, first_link: Option<&Secret>) -> anyhow::Result<()> {
    output::result("")?;
    match first_link {
        Some(token) => {
            output::result(format_args!(
                "# In a browser: choose a name and a password; then Create New Credential, with the key `{}` and\n\
                 # the base URL {base_url}",
                demo::GOOD_KEY
            ))?;
            output::result_with(&format!("http://{address}/welcome?token={{}}"), token)?;
        }
        None => {
            output::result(format_args!("# In a browser, with the name that you chose\nhttp://{address}/"))?
        }
    }
    output::result("")?;
    output::note(format_args!("listening on http://{address}"));
    output::note("Ctrl-C ends it");
    Ok(())
}

/// This program's file, for a shell.
fn program() -> anyhow::Result<String> {
    let path = std::env::current_exe()?.display().to_string();
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    Ok(if is_plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) })
}

/// Where a kept folder remembers the Petstore's port: saved credentials name it.
fn port_file(data_dir: &Path) -> PathBuf {
    data_dir.join("petstore.port")
}

fn last_port(data_dir: &Path) -> Option<u16> {
    std::fs::read_to_string(port_file(data_dir)).ok()?.trim().parse().ok()
}
