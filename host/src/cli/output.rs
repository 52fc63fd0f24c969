//! Where words go: results to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde_json::Value;

use crate::domain::secret::Secret;

/// One line of result. A reader who has left, such as `head`, has seen what it wanted: that is no error,
/// and the command ends as it would have.
///
/// # Errors
/// When the line cannot be written for another reason.
pub(super) fn result(line: impl Display) -> io::Result<()> {
    result_and_more(line).map(|_| ())
}

/// One line of a long result. False when the reader has left, and the rest need not be made.
///
/// # Errors
/// When the line cannot be written for another reason.
pub(super) fn result_and_more(line: impl Display) -> io::Result<bool> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        outcome => outcome.map(|()| true),
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
    text.chars().map(|c| if steers(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The same, on one line.
pub(super) fn plain_line(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON for machines, on several lines. What would steer a terminal that it is shown on is escaped, which
/// JSON means the same by (RFC 8259, section 7).
pub(super) fn json(value: &Value) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| escaped(&text))
}

/// The same on one line.
pub(super) fn json_line(value: &Value) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| escaped(&text))
}

/// Outside of strings JSON has no such character but the line feed, which strings have escaped already.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) && c != '\n' {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// Whether a character is a control, a separator of lines, or turns the direction of what follows.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{9b}"), "a\u{fffd}[2Jb\nc\u{fffd}");
        assert_eq!(plain_line("a\nb\u{202e}c\u{2028}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn json_is_escaped_and_means_the_same() {
        let value = serde_json::json!({"a\u{9b}": ["\u{1b}[2J\n\u{7f}\u{202e}", "ü", 1]});
        for text in [json(&value).unwrap(), json_line(&value).unwrap()] {
            assert!(!text.chars().any(|c| steers(c) && c != '\n'), "{text:?}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
