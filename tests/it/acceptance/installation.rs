//! A running Keystead: the real binary, in a folder of its own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::place::profile_dir;
use crate::harness::process::Supervised;
use crate::harness::wasm::plugin_file;

/// A service that was started with `keystead serve`, and everything that it and its command line have said.
pub struct Installation {
    service: Option<Supervised>,
    address: String,
    folder: tempfile::TempDir,
    /// What names the database; for every subcommand that opens it.
    database: Vec<String>,
    environment: Vec<(String, String)>,
    said: String,
}

/// The variable and the settings file of a service whose budgets are never used up.
pub const GENEROUS: (&str, &str) =
    ("KEYSTEAD_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/it/acceptance/generous.toml"));

impl Installation {
    /// Starts the service. `database` are the options that name its database, none for the default;
    /// `environment` is added to an environment without any `KEYSTEAD_…`.
    pub fn start(database: &[&str], environment: &[(&str, &str)]) -> Installation {
        let mut installation = Installation {
            service: None,
            address: String::new(),
            folder: tempfile::tempdir().unwrap(),
            database: database.iter().map(|&word| word.to_owned()).collect(),
            environment: environment
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            said: String::new(),
        };
        std::fs::create_dir(installation.data_dir()).unwrap();
        installation.serve();
        installation
    }

    /// Starts the service; over the same data, once it was stopped or killed.
    pub fn serve(&mut self) {
        let mut serve = self.keystead(&["serve", "--listen", "127.0.0.1:0"]);
        serve.args(["--allow-egress", "127.0.0.1/32:*"]).args(self.database_options());
        let mut service = Supervised::start(&serve, self.folder.path(), "serve");
        let address = service.wait_until(Duration::from_secs(60), |it| {
            find_address(&format!("{}{}", it.stdout(), it.stderr()))
        });
        self.address = address.unwrap();
        self.service = Some(service);
    }

    /// Kills the service with SIGKILL.
    pub fn kill(&mut self) {
        self.service.take().unwrap().kill();
    }

    /// Where the service listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the service keeps its files.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A new API token; `words` say of which kind and with which rights.
    pub fn token(&mut self, words: &[&str]) -> String {
        let mut command = self.keystead(&["token", "create"]);
        command.args(words).args(self.database_options());
        let token = self.run(&mut command).0.trim().to_owned();
        assert!(!token.is_empty() && !token.contains(char::is_whitespace), "no token alone: {token:?}");
        token
    }

    /// Invites a person; the one-time link. `words` say who it is and with which rights.
    pub fn invite(&mut self, words: &[&str]) -> String {
        let mut command = self.keystead(&["user", "add"]);
        command.args(words).args(["--public-url", &self.address]).args(self.database_options());
        self.run(&mut command).0.trim().to_owned()
    }

    /// Installs a sample plugin over the network; everything that the command printed.
    pub fn install(&mut self, plugin: &str, token: &str) -> String {
        let mut command =
            self.keystead(&["plugin", "install", "--yes", "--server", &self.address, "--token", token]);
        let (stdout, stderr) = self.run(command.arg(plugin_file(plugin)));
        format!("{stdout}{stderr}")
    }

    /// Calls the API: the status, and the body as JSON (null where there is none).
    pub async fn call(&mut self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.address);
        let mut request = client.request(method.parse().unwrap(), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        self.said += &format!("{status} {:?}\n", response.headers());
        let text = response.text().await.unwrap();
        self.said += &text;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Asks the service to stop; its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let folder = self.folder.path().to_path_buf();
        let code = self.service.take().and_then(Supervised::stop);
        for name in ["serve.out", "serve.err"] {
            self.said += &std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        }
        code
    }

    /// All that the service and its command line have printed, logged and answered.
    pub fn said(&self) -> String {
        let logs = self.service.as_ref().map(|service| format!("{}{}", service.stdout(), service.stderr()));
        format!("{}{}", self.said, logs.unwrap_or_default())
    }

    /// What the service has logged so far.
    pub fn log(&self) -> String {
        self.service.as_ref().map(Supervised::stderr).unwrap_or_default()
    }

    fn database_options(&self) -> Vec<String> {
        let data_dir = self.data_dir().display().to_string();
        [vec!["--data-dir".to_owned(), data_dir], self.database.clone()].concat()
    }

    fn keystead(&self, words: &[&str]) -> Command {
        let mut command = keystead(words);
        // Everything on, unless told otherwise: what is never logged must not be logged here either.
        command.env("KEYSTEAD_LOG_LEVEL", "trace").env("RUST_LOG", "trace");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&mut self, command: &mut Command) -> (String, String) {
        let (stdout, stderr) = run(command);
        self.said += &format!("{stdout}{stderr}");
        (stdout, stderr)
    }
}

/// The binary beside the tests, in an environment without any `KEYSTEAD_…`.
pub fn keystead(words: &[&str]) -> Command {
    let program = profile_dir().join("keystead");
    assert!(program.exists(), "{} is missing: run `cargo xtask test`", program.display());
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KEYSTEAD_")) {
        command.env_remove(name);
    }
    command.args(words);
    command
}

/// Runs a command that has to succeed; its standard output and standard error.
pub fn run(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    (stdout, stderr)
}

/// The address that the service says it listens on.
fn find_address(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("http://127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // More digits may follow while nothing else stands behind them.
    (port.len() < rest.len()).then(|| format!("http://127.0.0.1:{port}"))
}

#[test]
fn address_is_found_in_a_line_of_the_log() {
    assert_eq!(find_address("listening on http://127.0.0.1:80"), None);
    assert_eq!(
        find_address("listening on http://127.0.0.1:8080\n").as_deref(),
        Some("http://127.0.0.1:8080")
    );
    assert_eq!(find_address("{\"at\":\"http://127.0.0.1:81/\"}\n").as_deref(), Some("http://127.0.0.1:81"));
}
