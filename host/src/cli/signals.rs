//! The signals that ask a process to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Is cancelled when the process is asked to stop, by SIGTERM or SIGINT. From then on the signals do
/// what they do by default no longer, so whoever waits for it has to come to an end.
///
/// # Errors
/// When the signals cannot be watched.
pub(super) fn watch() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let asked = CancellationToken::new();
    let told = asked.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.cancel();
    });
    Ok(asked)
}
