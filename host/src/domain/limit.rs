//! Numbers of the configuration and the ranges that they must lie in.

use std::ops::RangeInclusive;

/// A number of the configuration: name, value and range.
pub type Limit = (&'static str, u64, RangeInclusive<u64>);

/// A number outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{section}.{name}` is {value}; it must be from {least} to {most}")]
pub struct OutOfRange {
    /// The section of the configuration file.
    pub section: &'static str,
    pub name: &'static str,
    pub value: u64,
    pub least: u64,
    pub most: u64,
}

/// Whether every number lies in its range.
///
/// # Errors
/// The first that does not.
pub fn check(section: &'static str, limits: &[Limit]) -> Result<(), OutOfRange> {
    let outside = limits.iter().find(|(_, value, range)| !range.contains(value));
    outside.map_or(Ok(()), |(name, value, range)| {
        Err(OutOfRange { section, name, value: *value, least: *range.start(), most: *range.end() })
    })
}

impl From<OutOfRange> for String {
    fn from(error: OutOfRange) -> Self {
        error.to_string()
    }
}
