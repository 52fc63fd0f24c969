//! Limits of the HTTP server.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::limit::{self, OutOfRange};

/// Limits of the HTTP server. Every one has a default that suits a service behind a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Largest JSON body, bytes. Default 256 KiB, 1 KiB to 16 MiB.
    pub json_body_bytes: usize,
    /// Largest plugin that can be uploaded, bytes. Default 64 MiB, 64 KiB to 512 MiB.
    pub plugin_body_bytes: usize,
    /// How long a client may take to send a body, milliseconds. Default 30 000, 100 to 600 000.
    pub body_ms: u64,
    /// How long a request may take as a whole, milliseconds; longer than a verification may.
    /// Default 60 000, 1 000 to 3 600 000.
    pub request_ms: u64,
    /// How long a client may take to send the head of a request, milliseconds; idle connections are
    /// closed by it too. Default 10 000, 100 to 600 000.
    pub header_ms: u64,
    /// Largest head of a request, bytes. Default 16 KiB, 8 KiB to 256 KiB.
    pub header_bytes: usize,
    /// Most header fields of a request. Default 64, 16 to 1 000.
    pub headers: usize,
    /// How long requests may go on after the service was asked to stop, milliseconds.
    /// Default 20 000, 0 to 600 000.
    pub grace_ms: u64,
    /// How long a client may leave its answer unread, milliseconds. Default 30 000, 100 to 600 000.
    pub write_ms: u64,
    /// Most connections at once. One more closes the one that has waited longest for a request; when all
    /// stay at work for a second, it is answered 503 itself. Each takes a file descriptor. Default 1 024, 1 to 65 536.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            json_body_bytes: 256 << 10,
            plugin_body_bytes: 64 << 20,
            body_ms: 30_000,
            request_ms: 60_000,
            header_ms: 10_000,
            header_bytes: 16 << 10,
            headers: 64,
            grace_ms: 20_000,
            write_ms: 30_000,
            connections: 1024,
        }
    }
}

impl Settings {
    /// Whether every value lies in its range.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let limits = [
            ("json_body_bytes", size(self.json_body_bytes), 1 << 10..=16 << 20),
            ("plugin_body_bytes", size(self.plugin_body_bytes), 64 << 10..=512 << 20),
            ("body_ms", self.body_ms, 100..=600_000),
            ("request_ms", self.request_ms, 1_000..=3_600_000),
            ("header_ms", self.header_ms, 100..=600_000),
            ("header_bytes", size(self.header_bytes), 8 << 10..=256 << 10),
            ("headers", size(self.headers), 16..=1_000),
            ("grace_ms", self.grace_ms, 0..=600_000),
            ("write_ms", self.write_ms, 100..=600_000),
            ("connections", size(self.connections), 1..=65_536),
        ];
        limit::check("api", &limits)
    }

    pub(crate) fn body_time(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    pub(crate) fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }

    pub(crate) fn header_time(&self) -> Duration {
        Duration::from_millis(self.header_ms)
    }

    pub(crate) fn write_time(&self) -> Duration {
        Duration::from_millis(self.write_ms)
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_lie_in_their_ranges() {
        Settings::default().check().unwrap();
    }

    #[test]
    fn a_value_outside_its_range_is_named() {
        let settings = Settings { grace_ms: 600_001, ..Settings::default() };
        let sentence = settings.check().unwrap_err();
        assert_eq!(sentence.to_string(), "`api.grace_ms` is 600001; it must be from 0 to 600000");
        assert!(Settings { connections: 0, ..Settings::default() }.check().is_err());
    }
}
