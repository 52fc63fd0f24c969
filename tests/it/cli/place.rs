//! A folder in which a test runs `keystead`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::harness::place::profile_dir;
use crate::harness::process::Supervised;

/// Longer than any start takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A folder of one test, empty at first.
pub struct Place {
    folder: tempfile::TempDir,
}

/// A service or demo that runs.
pub struct Running {
    program: Supervised,
    _log: tempfile::TempDir,
    /// `http://127.0.0.1:PORT`.
    pub address: String,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The binary beside the tests, in this folder, in an environment without any `KEYSTEAD_…` but these.
    pub fn command(&self, words: &[&str], environment: &[(&str, &str)]) -> Command {
        let program = profile_dir().join("keystead");
        assert!(program.exists(), "{} is missing: run `cargo xtask test`", program.display());
        let mut command = Command::new(program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KEYSTEAD_")) {
            command.env_remove(name);
        }
        command.args(words).envs(environment.iter().copied()).current_dir(self.path());
        command
    }

    /// Runs `keystead` with these words to its end.
    pub fn run(&self, words: &[&str]) -> Said {
        self.run_with(words, &[], "")
    }

    /// The same with more environment and with text on standard input, which is never a terminal.
    pub fn run_with(&self, words: &[&str], environment: &[(&str, &str)], input: &str) -> Said {
        let mut command = self.command(words, environment);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever does not read what it is given may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Said::of(child.wait_with_output().unwrap())
    }

    /// Starts `serve` or `demo` on a free port and waits until it listens.
    pub fn start(&self, words: &[&str], environment: &[(&str, &str)]) -> Running {
        let environment = [&[("KEYSTEAD_LISTEN", "127.0.0.1:0")], environment].concat();
        let command = self.command(words, &environment);
        let log = tempfile::tempdir().unwrap();
        let mut program = Supervised::start(&command, log.path(), "keystead");
        let address = program.wait_until(PATIENCE, |it| {
            let said = it.stderr();
            let (_, rest) = said.split_once("listening on ")?;
            let end = rest.find(['\n', '"'])?;
            Some(rest[..end].to_owned())
        });
        Running { address: address.unwrap(), program, _log: log }
    }

    /// Every file below a folder with its bytes; folders end with a slash.
    pub fn listing(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        list(&self.path().join(below), &mut found);
        found
    }
}

fn list(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            found.insert(format!("{name}/"), Vec::new());
            list(&path, found);
        } else {
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
}

impl Said {
    fn of(output: Output) -> Said {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Said { code: output.status.code(), stdout, stderr }
    }

    /// Asserts the exit code, and that standard error holds all of these.
    #[track_caller]
    pub fn ended(self, code: i32, told: &[&str]) -> Said {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in told {
            assert!(self.stderr.contains(text), "not told: {text}\n{self:#?}");
        }
        self
    }

    /// What a command printed that made one thing: a single line.
    #[track_caller]
    pub fn alone(self) -> String {
        let line = self.stdout.strip_suffix('\n').unwrap_or(&self.stdout);
        assert!(!line.is_empty() && !line.contains(char::is_whitespace), "not alone: {:?}", self.stdout);
        line.to_owned()
    }
}

impl Running {
    /// What it has written to standard output.
    pub fn stdout(&self) -> String {
        self.program.stdout()
    }

    /// What it has written to standard error.
    pub fn stderr(&self) -> String {
        self.program.stderr()
    }

    /// Calls the API: the status and the body's JSON.
    pub async fn get(&self, path: &str, token: &str) -> (u16, serde_json::Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(format!("{}{path}", self.address)).bearer_auth(token).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// Asks it to stop; all that it has written to standard error.
    pub fn stop_and_read(self) -> String {
        let Running { program, _log, .. } = self;
        let path = _log.path().to_owned();
        assert_eq!(program.stop(), Some(0));
        let texts =
            std::fs::read_dir(path).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()));
        texts.map(Result::unwrap).collect()
    }

    /// Asks it to stop; its exit code.
    pub fn stop(self) -> Option<i32> {
        self.program.stop()
    }
}
