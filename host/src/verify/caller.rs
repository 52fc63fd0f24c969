//! Whether anybody still waits for the outcome of a verification.
//!
//! A client that goes away ends the part that costs others something, the run of the plugin and what it
//! sends. What comes after it, the audit record and, where the outcome was there already, saving, is
//! brought to its end: nothing is left half done.

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    /// Cancelled when nobody waits any more. Belongs to the task as a log's span does, so that the job
    /// does not carry it through every function.
    static CALLER: CancellationToken;
}

/// Runs `work` for a caller who is gone when `left` is cancelled.
pub async fn for_caller<F: Future>(left: CancellationToken, work: F) -> F::Output {
    CALLER.scope(left, work).await
}

/// Resolves when the caller is gone; never where nobody said who calls.
pub(super) async fn has_left() {
    match CALLER.try_with(CancellationToken::clone) {
        Ok(left) => left.cancelled_owned().await,
        Err(_) => std::future::pending().await,
    }
}
