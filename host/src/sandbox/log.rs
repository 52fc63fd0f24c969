//! What a plugin tells its author: log lines, standard output and standard error.

use super::settings::Settings;
use super::text::{cut, escape};
use crate::domain::evidence::LogLine;
use crate::egress::Session;

/// The lines of one run, bounded.
pub(super) struct Log {
    lines: Vec<(&'static str, String)>,
    max_lines: usize,
    max_line_bytes: usize,
    dropped: u64,
    /// Lines whose end has not been written yet; one byte more than is kept shows that one is too long.
    out: Vec<u8>,
    err: Vec<u8>,
}

/// Which of the two standard streams.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Out,
    Err,
}

impl Stream {
    fn level(self) -> &'static str {
        match self {
            Self::Out => "stdout",
            Self::Err => "stderr",
        }
    }
}

impl Log {
    /// An empty log.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            lines: Vec::new(),
            max_lines: settings.log_lines as usize,
            max_line_bytes: settings.log_line_bytes as usize,
            dropped: 0,
            out: Vec::new(),
            err: Vec::new(),
        }
    }

    /// Adds one line; what is too long is cut, what is too much is counted.
    pub(super) fn write(&mut self, level: &'static str, text: &str) {
        if self.lines.len() >= self.max_lines {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let kept = cut(text, self.max_line_bytes);
        let mark = if kept.len() < text.len() { "…" } else { "" };
        self.lines.push((level, format!("{kept}{mark}")));
    }

    /// Adds bytes of a standard stream; each line feed ends a line.
    pub(super) fn write_stream(&mut self, stream: Stream, bytes: &[u8]) {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            self.extend(stream, part);
            self.end_line(stream);
        }
        self.extend(stream, last);
    }

    fn extend(&mut self, stream: Stream, bytes: &[u8]) {
        let max = self.max_line_bytes;
        let partial = self.partial(stream);
        let room = (max + 1).saturating_sub(partial.len());
        partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self, stream: Stream) {
        let bytes = std::mem::take(self.partial(stream));
        self.write(stream.level(), &String::from_utf8_lossy(&bytes));
    }

    fn partial(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// The lines, scrubbed and safe to print. A last line says how many were dropped.
    pub(super) fn finish(mut self, session: Option<&Session>) -> Vec<LogLine> {
        for stream in [Stream::Out, Stream::Err] {
            if !self.partial(stream).is_empty() {
                self.end_line(stream);
            }
        }
        let dropped = self.dropped;
        let mut lines: Vec<LogLine> = self
            .lines
            .into_iter()
            .map(|(level, text)| LogLine { level: level.to_owned(), text: clean(text, session) })
            .collect();
        if dropped > 0 {
            let text = format!("{dropped} further lines were dropped");
            lines.push(LogLine { level: "warn".to_owned(), text });
        }
        lines
    }
}

/// Text of a guest, scrubbed as it is and once more as it will be shown.
pub(super) fn clean(text: String, session: Option<&Session>) -> String {
    let Some(session) = session else { return escape(&text) };
    let scrubbed = session.scrub(text);
    let escaped = escape(&scrubbed);
    if escaped == scrubbed { scrubbed } else { session.scrub(escaped) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: u32, bytes: u32) -> Log {
        Log::new(&Settings { log_lines: lines, log_line_bytes: bytes, ..Settings::default() })
    }

    fn texts(log: Log) -> Vec<String> {
        log.finish(None).into_iter().map(|line| format!("{} {}", line.level, line.text)).collect()
    }

    #[test]
    fn further_lines_are_counted_in_one_last_line() {
        let mut log = log(2, 80);
        for text in ["a", "b", "c", "d"] {
            log.write("info", text);
        }
        assert_eq!(texts(log), ["info a", "info b", "warn 2 further lines were dropped"]);
    }

    #[test]
    fn long_line_is_cut_between_characters() {
        let mut log = log(2, 4);
        log.write("info", "abcü");
        log.write_stream(Stream::Err, b"abcdefgh");
        log.write_stream(Stream::Err, b"ijk\n");
        assert_eq!(texts(log), ["info abc…", "stderr abcd…"]);
    }

    #[test]
    fn a_line_without_end_takes_no_more_room_than_is_shown_of_it() {
        let mut log = log(2, 80);
        for _ in 0..1_000 {
            log.write_stream(Stream::Out, &[b'a'; 1_000]);
        }
        assert_eq!(log.out.len(), 81);
        assert_eq!(texts(log), [format!("stdout {}…", "a".repeat(80))]);
    }

    #[test]
    fn streams_are_split_into_lines() {
        let mut log = log(9, 80);
        log.write_stream(Stream::Out, b"one\ntw");
        log.write_stream(Stream::Err, b"other\n");
        log.write_stream(Stream::Out, b"o\nrest\x1b[0m");
        assert_eq!(texts(log), ["stdout one", "stderr other", "stdout two", r"stdout rest\u{1b}[0m"]);
    }
}
