//! Lines for the author's eyes. The host cuts them, scrubs them and keeps them with the evidence.

use crate::bindings::keystead::plugin::log::{Level, write};

/// Detail that helps while writing the verifier.
pub fn debug(text: &str) {
    write(Level::Debug, text);
}

/// What happened.
pub fn info(text: &str) {
    write(Level::Info, text);
}

/// What should not have happened.
pub fn warn(text: &str) {
    write(Level::Warn, text);
}

/// Logs a panic's message before it traps; there is no standard error in the sandbox.
pub(crate) fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| warn(&panic.to_string())));
}
