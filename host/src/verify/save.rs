//! Saving: exactly what was verified, if the real system accepted it.

use super::{Draft, Saved, Verification, Verified, VerifyError, audit, stored_verification, verify_linked};
use crate::app::{Actor, App};
use crate::domain::credential::{Credential, Status, UsageCount};
use crate::domain::id::{CredentialId, WorkspaceId};
use crate::keyring::Binding;
use crate::store::{ChangeError, NewCredential, Request};
use crate::telemetry::Phase;

/// Verifies a draft and, when the real system accepted it, saves exactly what was verified.
///
/// # Errors
/// [`VerifyError`]; nothing was saved.
pub async fn verify_and_save(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    draft: Draft,
) -> Result<Saved, VerifyError> {
    save_draft(app, actor, workspace, draft, None).await?.ok_or(VerifyError::Changed)
}

/// As [`verify_and_save`]; none where the key of `request` is taken, and nothing was saved then.
pub(super) async fn save_draft(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    draft: Draft,
    request: Option<Request>,
) -> Result<Option<Saved>, VerifyError> {
    let Draft { component, name, fields, accept_unverified, link } = draft;
    let result =
        verify_linked(app, workspace, &component, fields, link.as_ref()).await.and_then(|verified| {
            let status = verified.verification.status_to_save(accept_unverified)?;
            Ok((verified, status))
        });
    let (verified, status) = match result {
        Ok(accepted) => accepted,
        Err(error) => {
            let subject = component.as_str();
            audit::record_refused(app, actor, workspace, "credential.create", subject, &error).await?;
            return Err(error);
        }
    };
    let Verified { component, descriptor, fields, destinations, verification, .. } = verified;
    let now = app.clock.now();
    let id = CredentialId::generate(&*app.clock, &*app.entropy);
    let version = 1;
    let binding = Binding { workspace, component: &component.id, credential: &id, version };
    let seal = || app.keyring.seal(&*app.entropy, &binding, fields.expose_json().as_bytes());
    let record = app.telemetry.phases.of(Phase::Seal, seal)?;
    let account = verification.account();
    let mut credential = Credential {
        name: name.unwrap_or_else(|| default_name(&component.title, &verification, now)),
        component: component.id.clone(),
        workspace: workspace.clone(),
        status,
        account,
        public_fields: descriptor.schema.public_copy(&fields),
        secrets: descriptor.schema.secrets_in(&fields),
        destinations,
        version,
        revision: 1,
        release: verification.evidence.release.clone(),
        usage: UsageCount::default(),
        verified_at: (status == Status::Verified).then_some(now),
        last_used_at: None,
        created_at: now,
        updated_at: now,
        id,
    };
    let audit =
        audit::record(app, actor, workspace, "credential.create", credential.id.as_str(), &verification);
    let new = NewCredential {
        credential: credential.clone(),
        record: record.bytes,
        key_id: record.key_id,
        verification: stored_verification(app, &verification),
        request,
        link,
    };
    // On the heap: what a transaction needs is large, and this future lies in the handler's.
    let inserted = Box::pin(app.store.insert_credential(new, audit));
    let refused = match app.telemetry.phases.during(Phase::Commit, inserted).await {
        Ok(usage) => {
            credential.usage = usage;
            return Ok(Some(Saved { credential, verification }));
        }
        Err(error) => error,
    };
    // It was verified all the same, which the audit keeps as it keeps refused drafts.
    let subject = component.id.as_str();
    let record = audit::record(app, actor, workspace, "credential.create", subject, &verification);
    app.store.record_audit(record).await?;
    match refused {
        ChangeError::RequestTaken => Ok(None),
        ChangeError::LinkLost => Err(VerifyError::LinkLost),
        ChangeError::Store(error) => Err(error.into()),
        // Removed while it verified.
        _ => Err(VerifyError::UnknownComponent(component.id.clone())),
    }
}

/// The verified account's label where there is one, else the component's title and the day.
fn default_name(title: &str, verification: &Verification, now: jiff::Timestamp) -> String {
    let label = verification.account().map(|account| account.label).filter(|label| !label.trim().is_empty());
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let name = label.unwrap_or_else(|| format!("{title}, {day}"));
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::Evidence;
    use crate::domain::verdict::{Acceptance, Account, Outcome, Verdict};

    fn name(label: &str) -> String {
        let account = Account { id: "1".into(), label: label.into() };
        let acceptance = Acceptance { account: Some(account), ..Acceptance::default() };
        let outcome = Outcome::Verdict(Verdict::Valid(acceptance));
        let verification = Verification { outcome, evidence: Evidence::default() };
        default_name("Petstore", &verification, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_default_name_is_short_and_safe_to_print() {
        assert_eq!(name("Mara\n\u{1b}[31m"), "Mara[31m");
        assert_eq!(name(&"ü".repeat(300)), "ü".repeat(200));
        assert_eq!(name(" \t"), "Petstore, 1970-01-01");
    }
}
