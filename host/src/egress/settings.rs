//! Settings of egress, with their ranges.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::policy::{Allowance, AllowanceError};
use crate::domain::limit::{self, Limit, OutOfRange};

/// How far and how much egress may go. Every limit has a default and a range.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ranges that are opened beside the public internet, as `cidr:port` (`10.0.0.0/8:443`,
    /// `127.0.0.1:*`, `[fd00::]/8:443`). Default: none. At most 256.
    pub allow: Vec<String>,
    /// A PEM file of authorities that are trusted beside the platform's own. Default: none.
    pub extra_ca_file: Option<PathBuf>,
    /// Exchanges in one verification. Default 8, range 1 to 64.
    pub exchanges: usize,
    /// Bytes that one verification may send, as the plugin made them (URLs, headers and bodies of all
    /// its requests, tokens not yet replaced).
    /// Default 65536, range 1024 to 1048576.
    pub request_bytes: usize,
    /// Headers of one answer. Default 100, range 16 to 1000.
    pub response_headers: usize,
    /// Bytes of the headers of one answer, names and values. Default 65536, range 1024 to 262144.
    pub response_header_bytes: usize,
    /// Bytes of the body of one answer as they arrive, compressed. Default 1048576, range 1024 to 16777216.
    pub response_wire_bytes: usize,
    /// Bytes of the body of one answer after decompression. Default 1048576, range 1024 to 16777216.
    pub response_body_bytes: usize,
    /// Milliseconds of one exchange: lookup, connection, TLS, headers and body together.
    /// Default 10000, range 100 to 120000.
    pub exchange_ms: u64,
    /// Milliseconds until a connection stands, TLS included. Default 5000, range 100 to 60000.
    pub connect_ms: u64,
    /// Exchanges with one origin that fail in a row, for want of a connection or an answer, before it is
    /// left alone for a while. Default 5, range 1 to 1000.
    pub circuit_failures: u32,
}

/// A setting that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A number outside its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// More allowances than are looked through for each address.
    #[error("`egress.allow` has {0} entries; at most 256 are taken, so join ranges")]
    TooManyAllowances(usize),
    /// An allowance that cannot be read or that may not be given.
    #[error("`egress.allow`: {0}")]
    Allowance(#[from] AllowanceError),
}

impl From<SettingsError> for String {
    fn from(error: SettingsError) -> Self {
        error.to_string()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            extra_ca_file: None,
            exchanges: 8,
            request_bytes: 64 * 1024,
            response_headers: 100,
            response_header_bytes: 64 * 1024,
            response_wire_bytes: 1024 * 1024,
            response_body_bytes: 1024 * 1024,
            exchange_ms: 10_000,
            connect_ms: 5_000,
            circuit_failures: 5,
        }
    }
}

impl Settings {
    /// Checks every range and allowance.
    ///
    /// # Errors
    /// The first setting that cannot be taken, with what would be.
    pub fn check(&self) -> Result<(), SettingsError> {
        limit::check("egress", &self.limits())?;
        if self.allow.len() > 256 {
            return Err(SettingsError::TooManyAllowances(self.allow.len()));
        }
        self.allowances().map(drop)
    }

    /// Each number by name, with its value and its range.
    fn limits(&self) -> [Limit; 9] {
        let (kib, mib) = (1024, 1024 * 1024);
        [
            ("exchanges", self.exchanges as u64, 1..=64),
            ("request_bytes", self.request_bytes as u64, kib..=mib),
            ("response_headers", self.response_headers as u64, 16..=1000),
            ("response_header_bytes", self.response_header_bytes as u64, kib..=256 * kib),
            ("response_wire_bytes", self.response_wire_bytes as u64, kib..=16 * mib),
            ("response_body_bytes", self.response_body_bytes as u64, kib..=16 * mib),
            ("exchange_ms", self.exchange_ms, 100..=120_000),
            ("connect_ms", self.connect_ms, 100..=60_000),
            ("circuit_failures", self.circuit_failures.into(), 1..=1000),
        ]
    }

    /// The allowances, read.
    ///
    /// # Errors
    /// The first that cannot be read or that may not be given.
    pub fn allowances(&self) -> Result<Vec<Allowance>, SettingsError> {
        self.allow.iter().map(|text| text.parse().map_err(SettingsError::Allowance)).collect()
    }

    /// The time of one exchange.
    pub fn exchange_time(&self) -> Duration {
        Duration::from_millis(self.exchange_ms)
    }

    /// The time until a connection stands.
    pub fn connect_time(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_pass_their_own_check() {
        Settings::default().check().unwrap();
    }

    #[test]
    fn the_table_of_limits_shows_each_default_and_range() {
        let table = include_str!("../../../wit/v1/limits.md");
        for (name, default, range) in Settings::default().limits() {
            let row = format!("| `{name}` | {default} | {} to {} |", range.start(), range.end());
            assert!(table.contains(&row), "wit/v1/limits.md lacks: {row}");
        }
    }

    #[test]
    fn each_number_is_taken_at_its_edges_and_refused_beyond_them() {
        type Set = fn(&mut Settings, u64);
        let table: [(Set, u64, u64); 9] = [
            (|s, v| s.exchanges = v as usize, 1, 64),
            (|s, v| s.request_bytes = v as usize, 1024, 1_048_576),
            (|s, v| s.response_headers = v as usize, 16, 1000),
            (|s, v| s.response_header_bytes = v as usize, 1024, 262_144),
            (|s, v| s.response_wire_bytes = v as usize, 1024, 16_777_216),
            (|s, v| s.response_body_bytes = v as usize, 1024, 16_777_216),
            (|s, v| s.exchange_ms = v, 100, 120_000),
            (|s, v| s.connect_ms = v, 100, 60_000),
            (|s, v| s.circuit_failures = v as u32, 1, 1000),
        ];
        for (set, least, most) in table {
            for (value, taken) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
                let mut settings = Settings::default();
                set(&mut settings, value);
                assert_eq!(settings.check().is_ok(), taken, "{value} in {settings:?}");
            }
        }
    }

    #[test]
    fn an_allowance_of_the_metadata_range_is_refused_at_start() {
        let settings = Settings { allow: vec!["169.254.0.0/16:80".into()], ..Settings::default() };
        let text = settings.check().unwrap_err().to_string();
        assert!(text.contains("169.254.0.0/16:80") && text.contains("no allowance opens"), "{text}");
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let text = serde_json::from_str::<Settings>(r#"{"alow": []}"#).unwrap_err().to_string();
        assert!(text.contains("alow"), "{text}");
    }
}
