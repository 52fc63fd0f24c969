//! Progress where a person waits: on standard error, and only when that is a terminal.

use std::time::Duration;

use indicatif::ProgressBar;

/// A line that moves as long as this is held.
pub(super) struct Shown(ProgressBar);

/// Shows what is being done.
pub(super) fn show(what: String) -> Shown {
    // indicatif draws on standard error, and nothing where that is no terminal.
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    Shown(bar)
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
