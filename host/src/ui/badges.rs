//! Small words with a sign and a colour; none says anything by its colour alone.

use super::texts::TEXTS;
use crate::domain::credential::Status;

/// A status as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Badge {
    /// Name in the style sheet.
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) text: &'static str,
    /// One sentence.
    pub(super) meaning: &'static str,
}

impl Badge {
    pub(super) fn of_credential(status: Status) -> Self {
        let (sign, text, meaning) = match status {
            Status::Verified => ("✓", TEXTS.verified, TEXTS.verified_means),
            Status::Unverified => ("?", TEXTS.unverified, TEXTS.unverified_means),
            Status::Rejected => ("✕", TEXTS.rejected, TEXTS.rejected_means),
            Status::ReauthorizationRequired => ("!", TEXTS.reauthorize, TEXTS.reauthorize_means),
        };
        Self { class: status.as_str(), sign, text, meaning }
    }

    pub(super) fn of_flow(is_active: bool) -> Self {
        let (class, sign, text) =
            if is_active { ("active", "▶", TEXTS.active) } else { ("inactive", "○", TEXTS.inactive) };
        Self { class, sign, text, meaning: "" }
    }

    pub(super) fn of_component(is_faulty: bool) -> Self {
        let (class, sign, text) = if is_faulty {
            ("faulty", "✕", TEXTS.faulty)
        } else {
            ("active", "✓", TEXTS.component_active)
        };
        Self { class, sign, text, meaning: "" }
    }
}
