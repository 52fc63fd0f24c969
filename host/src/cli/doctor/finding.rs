//! What one check found, and what to do about it.

use std::fmt;

use serde::Serialize;

/// How bad it is. The words are part of the command's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    /// Works, but not as it should or not everywhere.
    Warning,
    /// A service would not start, or would break a promise.
    Failed,
}

/// The outcome of one check.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) level: Level,
    found: String,
    /// None where all is well.
    advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), advice: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn failed(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Failed, found: found.into(), advice: Some(advice.into()) }
    }
}

impl fmt::Display for Finding {
    /// One line: level, check, what was found, what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Failed => "failed",
        };
        write!(f, "{level:<8} {:<12} {}", self.check, self.found.replace('\n', " "))?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let finding = Finding::warning("clock", "slow\nby a day", "set it");
        assert_eq!(finding.to_string(), "warning  clock        slow by a day; set it");
    }
}
