//! Credentials of a component to choose from.

use super::Ui;
use super::badges::Badge;
use super::member::Member;
use crate::api::Problem;
use crate::domain::credential::Status;
use crate::domain::id::{ComponentId, CredentialId};
use crate::store::ListFilter;

/// Credentials that are offered at most.
pub(super) const OFFERED: u32 = 200;

/// A credential that may be chosen.
pub(super) struct Choice {
    pub(super) id: CredentialId,
    pub(super) name: String,
    /// Empty when it is not known.
    pub(super) account: String,
    pub(super) badge: Badge,
    pub(super) is_verified: bool,
    pub(super) is_chosen: bool,
}

/// The first credentials of a component by name, without one of them, and whether there are more.
pub(super) async fn choices(
    ui: &Ui,
    member: &Member,
    component: &ComponentId,
    chosen: Option<&CredentialId>,
    without: Option<&CredentialId>,
) -> Result<(Vec<Choice>, bool), Problem> {
    let filter = ListFilter {
        component: Some(component.clone()),
        name_prefix: Some(String::new()),
        limit: OFFERED + 1,
        ..ListFilter::default()
    };
    let mut found = ui.api.app.store.list_credentials(&member.workspace, filter).await?;
    let has_more = found.len() > OFFERED as usize;
    found.truncate(OFFERED as usize);
    let offered = found.into_iter().filter(|credential| Some(&credential.id) != without);
    let choice = |credential: crate::domain::credential::Credential| Choice {
        is_chosen: Some(&credential.id) == chosen,
        badge: Badge::of_credential(credential.status),
        is_verified: credential.status == Status::Verified,
        account: credential.account.map(|account| account.label).unwrap_or_default(),
        name: credential.name,
        id: credential.id,
    };
    Ok((offered.map(choice).collect(), has_more))
}
