//! The settings file.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::log::{LogFormat, LogLevel};
use crate::{api, budgets, egress, sandbox};

/// What a TOML file may say; each key is an option of the command line with `_` for `-`. The sections
/// `[sandbox]`, `[egress]`, `[budgets]` and `[api]` hold what has no option.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    pub listen: Option<SocketAddr>,
    pub metrics_listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub database_url: Option<String>,
    pub allow_egress: Option<Vec<String>>,
    pub root_key_file: Option<PathBuf>,
    pub log_format: Option<LogFormat>,
    pub log_level: Option<LogLevel>,
    /// The folder of the demo's sample plugins.
    pub samples: Option<PathBuf>,
    /// The service that `keystead plugin` talks to.
    pub server: Option<String>,
    /// The API token that `keystead plugin` shows.
    pub token: Option<String>,
    pub sandbox: sandbox::Settings,
    pub egress: egress::Settings,
    pub budgets: budgets::Settings,
    pub api: api::Settings,
}

/// Settings that cannot be taken. Never quotes the file: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file `{}`", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the settings file `{}` is wrong in line {line}: {problem}", .path.display())]
    Wrong { path: PathBuf, line: usize, problem: String },
    #[error(
        "the settings file `{}` gives the allowances twice, as `allow_egress` and as `allow` in `[egress]`; keep one of them",
        .0.display()
    )]
    GivenTwice(PathBuf),
    /// A URL that names no database for Keystead.
    #[error("the database URL {0}")]
    DatabaseUrl(&'static str),
}

impl File {
    /// Reads a file; without one, nothing is set.
    ///
    /// # Errors
    /// [`ConfigError`], naming the file and, where there is one, the key.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        Self::parse(path, &std::fs::read_to_string(path).map_err(unreadable)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut file: Self = toml::from_str(text).map_err(|error| {
            let before = &text.as_bytes()[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            ConfigError::Wrong { path: path.to_owned(), line, problem: explain(error.message()) }
        })?;
        match file.allow_egress.take() {
            Some(_) if !file.egress.allow.is_empty() => Err(ConfigError::GivenTwice(path.to_owned())),
            Some(allow) => {
                file.egress.allow = allow;
                Ok(file)
            }
            None => Ok(file),
        }
    }
}

/// The parser's sentence without the text that it found, which may be a password.
fn explain(problem: &str) -> String {
    if problem.contains("unknown field `root_key`") {
        return "unknown field `root_key`; the root key is no setting: name its file as `root_key_file`, or \
                put it into the environment as `KEYSTEAD_ROOT_KEY`"
            .to_owned();
    }
    let problem = problem.trim().replace('\n', "; ");
    match (problem.find("string \""), problem.find("\", expected")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}a string{}", &problem[..start], &problem[end + 1..])
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        match File::parse(Path::new("keystead.toml"), text) {
            Ok(_) => panic!("taken: {text}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_kind_of_setting_is_read() {
        let text = "listen = '127.0.0.1:0'\nlog_level = 'debug'\nlog_format = 'json'\n\
                    allow_egress = ['127.0.0.1:*']\n[sandbox]\ncpu_ms = 500\n";
        let file = File::parse(Path::new("f"), text).unwrap();
        assert_eq!(file.listen, Some("127.0.0.1:0".parse().unwrap()));
        assert_eq!((file.log_level, file.log_format), (Some(LogLevel::Debug), Some(LogFormat::Json)));
        assert_eq!((file.sandbox.cpu_ms, file.egress.allow), (500, vec!["127.0.0.1:*".to_owned()]));
    }

    #[test]
    fn unknown_key_is_told_with_file_line_and_key() {
        let text = problem("listen = '127.0.0.1:0'\nlisen = 1\n");
        assert!(
            text.contains("`keystead.toml`") && text.contains("line 2") && text.contains("`lisen`"),
            "{text}"
        );
        let text = problem("[sandbox]\ncpu = 1\n");
        assert!(text.contains("line 2") && text.contains("`cpu`"), "{text}");
    }

    #[test]
    fn root_key_does_not_belong_into_the_file() {
        let text = problem("root_key = 'keystead-root-1:s3cret'");
        assert!(text.contains("root_key_file") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn values_are_not_quoted() {
        for text in
            ["database_url = 'postgres://a:s3cret@h/d", "database_url = ['s3cret']", "sandbox = 's3cret'"]
        {
            let told = problem(text);
            assert!(!told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn allowances_given_twice_are_refused() {
        assert!(
            problem("allow_egress = ['10.0.0.1:443']\n[egress]\nallow = ['10.0.0.2:443']").contains("twice")
        );
    }
}
