//! A person's consent: given beforehand with --yes, or asked for on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::failure::Failure;
use super::output;

/// Whether consent is given or can be asked for.
///
/// # Errors
/// When there is nobody to ask; `hint` says what to do then.
pub(super) fn check_possible(yes: bool, hint: &str) -> Result<(), Failure> {
    // What is piped in is nobody's consent.
    if yes || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("there is no terminal to ask for consent").hint(hint))
}

/// Asks once; only a clear yes is one.
///
/// # Errors
/// When the answer cannot be read.
pub(super) fn ask(question: &str) -> io::Result<bool> {
    output::ask(format_args!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
