//! The page with a credential's form: for a new one and for an edit.

use askama::Template;

use super::form::{Form, Kind};
use super::layout::{Layout, Section};
use super::marks::Mark;
use super::outcomes::Outcome;
use super::texts::TEXTS;
use crate::domain::credential::is_name;

#[derive(Template)]
#[template(path = "credential_form.html")]
pub(super) struct CredentialForm {
    pub(super) page: Layout,
    pub(super) mark: Mark,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) back_text: String,
    /// Which step is to hold the credential.
    pub(super) link_note: Option<String>,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) name: String,
    pub(super) name_error: Option<String>,
    pub(super) form: Form,
    /// A page for people who have to find their key.
    pub(super) help: Option<String>,
    /// What will be done before anything is saved.
    pub(super) promise: String,
    pub(super) stage_asking: String,
    pub(super) outcome: Option<Outcome>,
    pub(super) offers_unverified: bool,
}

/// The name that was typed; none when it was left empty.
///
/// # Errors
/// A sentence for a text that cannot be a name.
pub(super) fn name_of(text: &str) -> Result<Option<String>, &'static str> {
    match text.trim() {
        "" => Ok(None),
        name if is_name(name) => Ok(Some(name.to_owned())),
        _ => Err(TEXTS.account_name_invalid),
    }
}
