//! A real Petstore: prism speaks its OpenAPI document, nginx in front of it knows the keys.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::place::{root, run_folder};
use super::process::{Supervised, free_port, http_status, program};

/// The key that the Petstore accepts.
pub const GOOD_KEY: &str = "special-key";
/// A key that it knows, and that may not do anything: 403.
pub const LIMITED_KEY: &str = "limited-key";

/// How long a program may take to begin answering on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The Petstore of this test process. Tests only read from it, so that they can share it.
pub struct Petstore {
    port: u16,
    faults: u16,
    canary: u16,
    folder: PathBuf,
    _prism: Supervised,
    _nginx: Supervised,
}

/// The Petstore, started when it is first asked for.
///
/// # Panics
/// When it does not start; the message says why, and what to install.
pub fn petstore() -> &'static Petstore {
    static PETSTORE: OnceLock<Result<Petstore, String>> = OnceLock::new();
    // Somebody may take a free port before nginx or prism does; three times is not chance.
    let shared = PETSTORE.get_or_init(|| start().or_else(|_| start()).or_else(|_| start()));
    shared.as_ref().unwrap_or_else(|reason| panic!("the Petstore did not start: {reason}"))
}

impl Petstore {
    /// The base URL of the Petstore that works.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The base URL of a Petstore with a fault: `status/429`, `html`, `reflect`; `nginx.conf` lists them.
    pub fn faulty(&self, fault: &str) -> String {
        format!("http://127.0.0.1:{}/{fault}", self.faults)
    }

    /// The port of a listener that no verification may ever reach.
    pub fn canary_port(&self) -> u16 {
        self.canary
    }

    /// The requests that the canary has received, one line each.
    pub fn canary_log(&self) -> String {
        std::fs::read_to_string(self.folder.join("canary.log")).unwrap_or_default()
    }
}

fn start() -> Result<Petstore, String> {
    let folder = run_folder("petstore");
    let run = folder.as_path();
    let sources = root().join("tests/upstreams/petstore");

    let prism_port = free_port();
    let mut command = Command::new(program("node", "nodejs"));
    command.arg(prism_script()).args(["mock", "--multiprocess=false", "-h", "127.0.0.1", "-p"]);
    command.arg(prism_port.to_string()).arg(sources.join("openapi.yaml"));
    let mut prism = Supervised::start(&command, run, "prism");

    let (port, faults, canary) = (free_port(), free_port(), free_port());
    let mut text = std::fs::read_to_string(sources.join("nginx.conf")).unwrap();
    for (word, port) in
        [("@PRISM@", prism_port), ("@PETSTORE@", port), ("@FAULTS@", faults), ("@CANARY@", canary)]
    {
        text = text.replace(word, &port.to_string());
    }
    let settings = run.join("nginx.conf");
    std::fs::write(&settings, text.replace("@RUN@", &run.display().to_string())).unwrap();
    let mut command = Command::new(program("nginx", "nginx-light"));
    command.arg("-p").arg(run).arg("-e").arg("stderr").arg("-c").arg(settings);
    let mut nginx = Supervised::start(&command, run, "nginx");

    nginx
        .wait_until(PATIENCE, |_| http_status(faults, "/status/500/", &[]).filter(|status| *status == 500))?;
    prism.wait_until(PATIENCE, |_| {
        http_status(prism_port, "/store/inventory", &[]).filter(|status| *status == 401)
    })?;
    Ok(Petstore { port, faults, canary, folder, _prism: prism, _nginx: nginx })
}

/// Prism's program, without a shell or npm between it and its supervisor.
fn prism_script() -> PathBuf {
    let path = root().join("tests/upstreams/node_modules/@stoplight/prism-cli/dist/index.js");
    assert!(path.exists(), "prism is missing: run `cargo xtask setup`, or `npm ci` in tests/upstreams");
    path
}
