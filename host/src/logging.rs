//! The log, on standard error: structured lines, by one rule.
//!
//! **Logged is what identifies and what measures:** ids of requests, workspaces, credentials, tokens and
//! components, digests, names of rules, routes as patterns, status codes, kinds of failures, counts,
//! durations, and sentences that this program makes.
//!
//! **Never logged, at any level:** fields of credentials, public ones too; secrets, sealed tokens, API
//! tokens, root keys, database URLs; paths, queries, headers and bodies of requests and answers on either
//! side; what a plugin writes. A value is never logged because it looks harmless.
//!
//! The libraries below may write at `debug` and `trace` what they send. So the level that an operator
//! chooses is Keystead's own; of libraries only warnings and errors are shown, whatever it is, and the
//! variable `RUST_LOG` is not read.
//!
//! | Level | For |
//! |---|---|
//! | error | a fault of ours, or a component that cannot work: somebody has to look |
//! | warn | works, but not as it should |
//! | info | start and stop; one line for each request that was answered |
//! | debug | the end of each phase with its duration, connections that end early |
//! | trace | nothing of ours |
//!
//! Everything below a request stands in the span `request` with its `request_id`, which the client has as
//! `X-Request-Id` and in problem documents. Below it are the spans of [`crate::telemetry::Phase`]:
//! `schema`, `sandbox` (in it `upstream`, in that `connect`, in that `dns`), `seal` and `commit`. Names of
//! spans and fields are stable; sentences are not.

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
