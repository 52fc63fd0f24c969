//! Creations that may be sent again: the same request with the same key creates one credential.

use subtle::ConstantTimeEq as _;

use super::save::save_draft;
use super::{Draft, VerifyError};
use crate::app::{Actor, App};
use crate::domain::credential::{Credential, IdempotencyKey};
use crate::domain::id::WorkspaceId;
use crate::keyring::KeyringError;
use crate::store::{KEPT_REQUESTS, Request};

/// A credential that a request created, this time or an earlier one.
#[derive(Clone, Debug)]
pub struct Created {
    /// As it is now.
    pub credential: Credential,
    /// Whether an earlier request with the same key created it.
    pub is_replay: bool,
}

/// As [`verify_and_save`](super::verify_and_save), once for each key: where a request of the last 24 hours
/// with this key has created a credential, the same request gets that one, without verifying anew. The
/// key stands in the credential's own row, so that neither a crash nor a race leaves one without the other.
///
/// # Errors
/// [`VerifyError`]; nothing was saved. [`VerifyError::KeyReused`] when the key came with another request.
pub async fn verify_and_save_once(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    draft: Draft,
    key: IdempotencyKey,
) -> Result<Created, VerifyError> {
    let since = app.clock.now() - KEPT_REQUESTS;
    let request = Request { key, hash: hash(app, workspace, &draft)?, since };
    if let Some(created) = find(app, workspace, &request).await? {
        return Ok(created);
    }
    match save_draft(app, actor, workspace, draft, Some(request.clone())).await? {
        Some(saved) => Ok(Created { credential: saved.credential, is_replay: false }),
        // Another request with this key was faster. If its credential is gone again already, so is ours.
        None => find(app, workspace, &request).await?.ok_or(VerifyError::Changed),
    }
}

async fn find(app: &App, workspace: &WorkspaceId, request: &Request) -> Result<Option<Created>, VerifyError> {
    let Some((credential, hash)) = app.store.find_created(workspace, request).await? else { return Ok(None) };
    let is_same: bool = hash[..].ct_eq(&request.hash[..]).into();
    if is_same { Ok(Some(Created { credential, is_replay: true })) } else { Err(VerifyError::KeyReused) }
}

/// A keyed hash of everything that the request asks for. The order of fields does not matter.
fn hash(app: &App, workspace: &WorkspaceId, draft: &Draft) -> Result<[u8; 32], KeyringError> {
    let Draft { component, name, fields, accept_unverified, link } = draft;
    let (flow, step) = link.as_ref().map_or(("", ""), |link| (link.flow.as_str(), link.step.as_str()));
    app.keyring.request_hash(&[
        b"credential.create",
        workspace.as_str().as_bytes(),
        component.as_str().as_bytes(),
        &[u8::from(name.is_some())],
        name.as_deref().unwrap_or_default().as_bytes(),
        fields.expose_sorted_json().as_bytes(),
        &[u8::from(*accept_unverified)],
        flow.as_bytes(),
        step.as_bytes(),
    ])
}
