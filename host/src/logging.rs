//! The log, on standard error.
//!
//! **Never logged, at any level:** fields of credentials, secrets, sealed tokens, API tokens, root keys,
//! database URLs, and the headers, queries and bodies of requests and answers on either side. What
//! identifies (ids, digests, names of rules, status codes, durations) may be logged.
//!
//! The libraries below may write at `debug` and `trace` what they send. So the level that an operator
//! chooses is Keystead's own; of libraries only warnings and errors are shown, whatever it is, and the
//! variable `RUST_LOG` is not read.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts the log of this process. A second start changes nothing.
pub fn start(log: Log) {
    let filter = EnvFilter::new(format!("warn,keystead={}", log.level.as_str()));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let _ = match log.format {
        LogFormat::Text => {
            let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
            lines.with_ansi(is_terminal).with_target(false).try_init()
        }
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
