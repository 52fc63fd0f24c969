//! Chromium, and the WebDriver in front of it.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::{DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

use crate::harness::place::run_folder;
use crate::harness::process::{Supervised, free_port, program};

/// How long the driver may take to begin answering on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The driver of this test process; it starts a browser for each session.
struct Driver {
    port: u16,
    _process: Supervised,
}

/// A browser of its own, with a profile that nobody has used: it ends with the last clone of this value.
///
/// # Panics
/// When it does not start; the message says why, and what to install.
pub async fn session() -> WebDriver {
    let mut wishes = DesiredCapabilities::chrome();
    wishes.set_binary(program("chromium", "chromium").to_str().unwrap()).unwrap();
    for word in words() {
        wishes.add_arg(word).unwrap();
    }
    wishes.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    let address = format!("http://127.0.0.1:{}", driver().port);
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    // A session is ended from another runtime, while that of the test, which would drive kept connections, waits.
    let client = client.pool_max_idle_per_host(0).build().unwrap();
    let session = WebDriver::builder(address, wishes).client(client).await;
    session.unwrap_or_else(|error| panic!("Chromium did not start: {error}"))
}

/// What Chromium is started with.
fn words() -> Vec<&'static str> {
    let mut words = vec![
        "--headless=new",
        // Shared memory is small in containers.
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--force-prefers-reduced-motion",
        "--no-proxy-server",
        "--hide-scrollbars",
        // Nothing is asked of the world but the pages under test.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-default-browser-check",
        "--no-first-run",
        // Ends with the driver, even when that is killed.
        "--remote-debugging-pipe",
        "--window-size=1280,800",
    ];
    // Chromium's own sandbox does not run for root. The pages are ours.
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        words.push("--no-sandbox");
    }
    words
}

fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();
    // Somebody may take the free port before the driver does; three times is not chance.
    let shared = DRIVER.get_or_init(|| start().or_else(|_| start()).or_else(|_| start()));
    shared.as_ref().unwrap_or_else(|reason| panic!("the WebDriver did not start: {reason}"))
}

fn start() -> Result<Driver, String> {
    let (folder, port): (PathBuf, u16) = (run_folder("browser"), free_port());
    let mut command = Command::new(program("chromedriver", "chromium-driver"));
    command.arg(format!("--port={port}"));
    // Profiles, caches and crash reports, all of them in the folder that goes.
    for variable in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(variable, &folder);
    }
    let mut process = Supervised::start(&command, &folder, "chromedriver");
    process.wait_until(PATIENCE, |it| it.stdout().contains("started successfully").then_some(()))?;
    Ok(Driver { port, _process: process })
}
