//! From columns to words: whatever this program did not write is told with its coordinates.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;

/// One row's place, for errors.
pub(super) struct Place<'a> {
    pub table: &'static str,
    pub row: &'a dyn Display,
}

impl Place<'_> {
    /// A column that cannot be read.
    pub(super) fn corrupt(&self, column: &str) -> StoreError {
        StoreError::corrupt(self.table, column, self.row)
    }

    /// An id or another text with a form.
    pub(super) fn parse<T: FromStr>(&self, column: &str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.corrupt(column))
    }

    /// A JSON document.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    /// A time in milliseconds.
    pub(super) fn time(&self, column: &str, milliseconds: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(milliseconds).map_err(|_| self.corrupt(column))
    }

    /// A time that may be missing.
    pub(super) fn optional_time(
        &self,
        column: &str,
        milliseconds: Option<i64>,
    ) -> Result<Option<Timestamp>, StoreError> {
        milliseconds.map(|milliseconds| self.time(column, milliseconds)).transpose()
    }
}

/// A document as stored.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Internal("a document cannot be written as JSON".to_owned()))
}
