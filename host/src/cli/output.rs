//! Where words go: results to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::domain::secret::Secret;

/// One line of result. A reader who has left, such as `head`, has seen what it wanted: that is no error,
/// and the command ends as it would have.
///
/// # Errors
/// When the line cannot be written for another reason.
pub(super) fn result(line: impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// One line for the person at the terminal. When it cannot be shown, the work goes on.
pub(super) fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A question, whose answer follows on the same line.
pub(super) fn ask(question: impl Display) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
}

/// A secret that was made for the caller, alone on standard output.
///
/// # Errors
/// When nobody reads any more: the secret is lost then.
pub(super) fn hand_over(secret: &Secret) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", secret.expose()).and_then(|()| stdout.flush())
}

/// A line of result in which `{}` stands for a secret that was made for the caller.
///
/// # Errors
/// When the line cannot be written.
pub(super) fn result_with(line: &str, secret: &Secret) -> io::Result<()> {
    result(line.replace("{}", secret.expose()))
}

/// A text of somebody else, without what would steer the terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(super::plain("a\u{1b}[2Jb\nc\u{9b}"), "a\u{fffd}[2Jb\nc\u{fffd}");
    }
}
