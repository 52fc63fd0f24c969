//! Edits of a stored credential: what is asked for is verified again before anything is replaced.

use std::collections::BTreeSet;

use serde_json::json;

use super::outcome::{Changes, Edited, Preview};
use super::{
    Prepared, Verification, Verified, VerifyError, audit, find_verifier, open_fields, run,
    stored_verification,
};
use crate::app::{Actor, App};
use crate::domain::credential::{Credential, Expected, Status};
use crate::domain::fields::{Fields, Said};
use crate::domain::id::{CredentialId, WorkspaceId};
use crate::keyring::Binding;
use crate::store::{NewFields, NewName, SealedCredential};
use crate::telemetry::Phase;

/// What somebody wants to change of a stored credential.
pub struct Edit {
    /// None: the name stays.
    pub name: Option<String>,
    /// JSON Merge Patch (RFC 7396) of the fields; none changes nothing.
    pub fields: Option<Fields>,
    /// Saves the new fields as `unverified` where nobody can say.
    pub accept_unverified: bool,
    /// The state that the change is meant for.
    pub expected: Expected,
    /// Whether stored secrets may be used that are not sent anew.
    pub may_use_stored: bool,
}

/// A credential as it is, and what is really asked of it.
struct Reading {
    stored: SealedCredential,
    /// None: it has this name already, or none was given.
    name: Option<String>,
    /// None where it changes nothing.
    patch: Option<Fields>,
    /// Stored secrets that are neither sent anew nor removed.
    kept: Vec<String>,
    expected: Expected,
}

/// Changes a stored credential: a name at once, fields only after the real system has accepted all of
/// them together. Until then the old ones stay, and they stay where it did not.
///
/// # Errors
/// [`VerifyError`]; the credential stays as it was.
pub async fn edit(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &CredentialId,
    edit: Edit,
) -> Result<Edited, VerifyError> {
    let accept_unverified = edit.accept_unverified;
    let mut reading = read(app, workspace, id, edit).await?;
    let Some(patch) = reading.patch.take() else { return rename(app, actor, reading).await };
    let action = "credential.edit";
    let result = verify_patch(app, actor, action, &reading, &patch).await.and_then(|(verified, changes)| {
        let status = verified.verification.status_to_save(accept_unverified)?;
        Ok((verified, changes, status))
    });
    let saved = match result {
        Ok((verified, changes, status)) => save(app, actor, &reading, verified, &changes, status).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &saved {
        audit::record_refused(app, actor, workspace, action, id.as_str(), error).await?;
    }
    saved
}

/// Tells what an edit would do: which places it changes and what the real system says. Stores nothing
/// but audit records.
///
/// # Errors
/// [`VerifyError`] for everything that is not a verdict.
pub async fn preview_edit(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &CredentialId,
    edit: Edit,
) -> Result<Preview, VerifyError> {
    let mut reading = read(app, workspace, id, edit).await?;
    let is_renamed = reading.name.is_some();
    let usage = reading.stored.credential.usage;
    let Some(patch) = reading.patch.take() else {
        let changes = Changes { name: is_renamed, ..Changes::default() };
        return Ok(Preview { verification: None, changes, usage });
    };
    let action = "credential.edit-dry-run";
    match verify_patch(app, actor, action, &reading, &patch).await {
        Ok((Verified { verification, .. }, changes)) => {
            let record = audit::record(app, actor, workspace, action, id.as_str(), &verification);
            app.store.record_audit(record).await?;
            Ok(Preview { verification: Some(verification), changes, usage })
        }
        Err(error) => {
            audit::record_refused(app, actor, workspace, action, id.as_str(), &error).await?;
            Err(error)
        }
    }
}

/// Reads the credential and refuses what may not even be tried. Opens nothing.
async fn read(
    app: &App,
    workspace: &WorkspaceId,
    id: &CredentialId,
    edit: Edit,
) -> Result<Reading, VerifyError> {
    let stored = app.store.find_sealed(workspace, id).await?.ok_or(VerifyError::NotFound)?;
    let credential = &stored.credential;
    let secrets = &credential.secrets;
    let patch = edit.fields.filter(|patch| !patch.changes_nothing(&credential.public_fields, secrets));
    let is_kept =
        |pointer: &&String| patch.as_ref().is_some_and(|patch| patch.says_of(pointer) == Said::Nothing);
    let kept: Vec<String> = secrets.iter().filter(is_kept).cloned().collect();
    if !kept.is_empty() && !edit.may_use_stored {
        return Err(VerifyError::MayNotUse);
    }
    if !edit.expected.holds(credential.revision) {
        return Err(VerifyError::Unexpected);
    }
    let name = edit.name.filter(|name| *name != credential.name);
    Ok(Reading { name, patch, kept, expected: edit.expected, stored })
}

/// Another name verifies nothing: no secret is involved.
async fn rename(app: &App, actor: &Actor, reading: Reading) -> Result<Edited, VerifyError> {
    let credential = reading.stored.credential;
    let Some(name) = reading.name else { return Ok(Edited { credential, verification: None }) };
    let Credential { workspace, id, revision, .. } = &credential;
    let detail = json!({ "changes": Changes { name: true, ..Changes::default() } });
    let record = app.audit_record(actor, Some(workspace), "credential.edit", id.as_str(), "renamed", detail);
    let new = NewName { name, revision: reading.expected.pin(*revision), at: app.clock.now() };
    let renamed = app.store.rename_credential(workspace, id, new, record).await?;
    let credential = renamed.ok_or_else(|| VerifyError::moved(&reading.expected))?;
    Ok(Edited { credential, verification: None })
}

/// Merges the patch into the stored fields and verifies the whole, as [`verify_stored`](super::verify_stored)
/// does: the record that stored secrets are used is committed before anything leaves.
async fn verify_patch(
    app: &App,
    actor: &Actor,
    action: &'static str,
    reading: &Reading,
    patch: &Fields,
) -> Result<(Verified, Changes), VerifyError> {
    let Credential { workspace, id, .. } = &reading.stored.credential;
    let (prepared, changes) = merge(app, reading, patch)?;
    if !reading.kept.is_empty() {
        let detail = json!({ "changes": &changes });
        let record = app.audit_record(actor, Some(workspace), action, id.as_str(), "started", detail);
        app.store.record_audit(record).await?;
    }
    let verified = run(app, workspace, prepared).await?;
    let verification = verified.verification.into_verdict()?;
    Ok((Verified { verification, ..verified }, changes))
}

/// The fields as they would be, if stored secrets may go where those would send them.
fn merge(app: &App, reading: &Reading, patch: &Fields) -> Result<(Prepared, Changes), VerifyError> {
    let credential = &reading.stored.credential;
    let before = open_fields(app, &reading.stored)?;
    let verifier = find_verifier(app, &credential.component)?;
    let schema = &verifier.descriptor.schema;
    let mut after = before.clone();
    after.merge(patch);
    schema.apply_defaults(&mut after);
    // Looked at first: somebody who moves the destination shall not read of lesser things.
    if let Ok(destinations) = app.egress.destinations(&verifier.descriptor, &after)
        && !reading.kept.is_empty()
        && destinations_changed(&credential.destinations, &destinations)
    {
        return Err(VerifyError::SecretsMustBeResent(reading.kept.clone()));
    }
    let mut changes = Changes { name: reading.name.is_some(), ..Changes::default() };
    for field in schema.fields() {
        let pointer = &field.pointer;
        let list = match (before.has(pointer), after.has(pointer)) {
            (false, true) => &mut changes.added,
            (true, false) => &mut changes.removed,
            // Whether a secret that is sent is the stored one is nobody's business.
            (true, true) if field.secret && patch.says_of(pointer) == Said::Set => &mut changes.changed,
            (true, true) if !field.secret && !before.is_same_at(&after, pointer) => &mut changes.changed,
            _ => continue,
        };
        list.push(pointer.clone());
    }
    let prepared = verifier.prepare(app, after)?;
    changes.destinations = prepared.destinations != credential.destinations;
    Ok((prepared, changes))
}

/// Whether fields with these destinations would take a stored secret somewhere else, or along with others
/// to somewhere else. What comes or goes with a secret of its own, at the same origins, does not count.
fn destinations_changed(before: &[String], after: &[String]) -> bool {
    let names = |set: &[String]| set.iter().map(|pair| split(pair).0.to_owned()).collect::<BTreeSet<_>>();
    let origins = |set: &[String]| set.iter().map(|pair| split(pair).1.to_owned()).collect::<BTreeSet<_>>();
    let (old_names, new_names) = (names(before), names(after));
    let of_both = |set: &[String]| {
        let is_of_both =
            |pair: &&String| old_names.contains(split(pair).0) && new_names.contains(split(pair).0);
        set.iter().filter(is_of_both).cloned().collect::<BTreeSet<_>>()
    };
    origins(before) != origins(after) || of_both(before) != of_both(after)
}

/// A destination is stored as `name origin`; neither holds a blank.
fn split(pair: &str) -> (&str, &str) {
    pair.split_once(' ').unwrap_or((pair, ""))
}

/// Seals and stores exactly what was verified, if the credential is still the one that was read.
async fn save(
    app: &App,
    actor: &Actor,
    reading: &Reading,
    verified: Verified,
    changes: &Changes,
    status: Status,
) -> Result<Edited, VerifyError> {
    let Verified { descriptor, fields, destinations, verification, .. } = verified;
    let old = &reading.stored.credential;
    let Credential { workspace, component, id, .. } = old;
    let version = old.version + 1;
    let binding = Binding { workspace, component, credential: id, version };
    let seal = || app.keyring.seal(&*app.entropy, &binding, fields.expose_json().as_bytes());
    let sealed = app.telemetry.phases.of(Phase::Seal, seal)?;
    let now = app.clock.now();
    let credential = Credential {
        status,
        account: verification.account(),
        public_fields: descriptor.schema.public_copy(&fields),
        secrets: descriptor.schema.secrets_in(&fields),
        destinations,
        version,
        release: verification.evidence.release.clone(),
        verified_at: (status == Status::Verified).then_some(now),
        updated_at: now,
        ..old.clone()
    };
    let new = NewFields {
        credential,
        name: reading.name.clone(),
        revision: reading.expected.pin(old.revision),
        record: sealed.bytes,
        key_id: sealed.key_id,
        verification: stored_verification(app, &verification),
    };
    let replaced = app.store.replace_fields(new, record(app, actor, old, &verification, changes));
    // On the heap: what a transaction needs is large, and this future lies in the handler's.
    let saved = app.telemetry.phases.during(Phase::Commit, Box::pin(replaced)).await?;
    let credential = saved.ok_or_else(|| VerifyError::moved(&reading.expected))?;
    Ok(Edited { credential, verification: Some(verification) })
}

fn record(
    app: &App,
    actor: &Actor,
    credential: &Credential,
    verification: &Verification,
    changes: &Changes,
) -> crate::store::AuditRecord {
    let Credential { workspace, id, version, .. } = credential;
    let mut record = audit::record(app, actor, workspace, "credential.edit", id.as_str(), verification);
    if let Some(detail) = record.detail.as_object_mut() {
        detail.insert("version".to_owned(), json!(version + 1));
        detail.insert("changes".to_owned(), json!(changes));
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: &[&str], after: &[&str]) -> bool {
        let own = |set: &[&str]| set.iter().map(|&pair| pair.to_owned()).collect::<Vec<_>>();
        destinations_changed(&own(before), &own(after))
    }

    #[test]
    fn what_takes_a_kept_secret_elsewhere_is_a_change() {
        let stored = ["a https://one", "b https://one"];
        for after in [
            &["a https://two", "b https://two"][..],
            &["a https://one", "b https://two"],
            &["a https://one", "b https://one", "c https://two"],
            &["a https://one", "b https://one", "b https://two"],
            &[],
        ] {
            assert!(changed(&stored, after), "{after:?}");
        }
        assert!(changed(&["a https://one", "b https://two"], &["a https://two", "b https://one"]));
        assert!(changed(&["a https://one", "b https://two"], &["a https://one"]));
        // A session that a stored password gets, in the place of another secret.
        let (stored, moved) = (
            ["password https://one", "session https://two"],
            ["password https://one", "session https://evil"],
        );
        assert!(changed(&stored, &moved));
    }

    #[test]
    fn a_secret_that_comes_or_goes_at_the_same_origins_is_none() {
        let stored = ["a https://one", "b https://one"];
        for after in [&stored[..], &["a https://one"], &["a https://one", "b https://one", "c https://one"]] {
            assert!(!changed(&stored, after), "{after:?}");
        }
    }
}
