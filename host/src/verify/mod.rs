//! The job: a credential is saved only after the real system has accepted it.

mod audit;
mod caller;
mod judge;
mod outcome;

use std::sync::Arc;
use std::time::Instant;

use crate::app::{Actor, App};
use crate::catalogue::Component;
use crate::domain::clock::random_array;
use crate::domain::credential::{Credential, Status};
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Fields;
use crate::domain::id::{ComponentId, CredentialId, VerificationId, WorkspaceId};
use crate::domain::verdict::{Outcome, Verdict};
use crate::egress::PlanError;
use crate::keyring::Binding;
use crate::sandbox::{Call, Plugin, RunContext};
use crate::store::{NewCredential, NewVerification};

pub use caller::for_caller;
pub use outcome::{Reverified, Saved, Verification, VerifyError};

/// A credential that somebody wants to verify, and perhaps to save.
pub struct Draft {
    pub component: ComponentId,
    /// None: named after the account, or after the component.
    pub name: Option<String>,
    pub fields: Fields,
    /// Saves it as `unverified` where nobody can say.
    pub accept_unverified: bool,
}

/// Verifies a draft and stores nothing but the audit record.
///
/// # Errors
/// [`VerifyError`] for everything that is not a verdict.
pub async fn verify_draft(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    draft: Draft,
) -> Result<Verification, VerifyError> {
    let Draft { component, fields, .. } = draft;
    let result = verify_fields(app, workspace, &component, fields).await;
    audit::record_draft(app, actor, workspace, &component, &result).await?;
    result.map(|verified| verified.verification)
}

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
    let Draft { component, name, fields, accept_unverified } = draft;
    let result = verify_fields(app, workspace, &component, fields).await.and_then(|verified| {
        let status = verified.verification.status_to_save(accept_unverified)?;
        Ok((verified, status))
    });
    let (verified, status) = match result {
        Ok(accepted) => accepted,
        Err(error) => {
            audit::record_refused(app, actor, workspace, "credential.create", &component, &error).await?;
            return Err(error);
        }
    };
    let Verified { component, descriptor, fields, destinations, verification, .. } = verified;
    let now = app.clock.now();
    let id = CredentialId::generate(&*app.clock, &*app.entropy);
    let version = 1;
    let binding = Binding { workspace, component: &component.id, credential: &id, version };
    let record = app.keyring.seal(&*app.entropy, &binding, fields.expose_json().as_bytes())?;
    let account = verification.account();
    let credential = Credential {
        name: name.unwrap_or_else(|| default_name(&component.title, &verification, now)),
        component: component.id.clone(),
        workspace: workspace.clone(),
        status,
        account,
        public_fields: descriptor.schema.public_copy(&fields),
        secrets: descriptor.schema.secrets_in(&fields),
        destinations,
        version,
        release: verification.evidence.release.clone(),
        verified_at: (status == Status::Verified).then_some(now),
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
    };
    app.store.insert_credential(new, audit).await?;
    Ok(Saved { credential, verification })
}

/// Verifies a stored credential as it is, without overrides, and keeps what was found.
///
/// # Errors
/// [`VerifyError`]; the credential stays as it was.
pub async fn verify_stored(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &CredentialId,
) -> Result<Reverified, VerifyError> {
    let stored = app.store.find_sealed(workspace, id).await?.ok_or(VerifyError::NotFound)?;
    let credential = stored.credential;
    // The record that it was used is committed before anything secret leaves.
    let started = serde_json::json!({});
    let audit =
        app.audit_record(actor, Some(workspace), "credential.verify", id.as_str(), "started", started);
    app.store.record_audit(audit).await?;
    let binding =
        Binding { workspace, component: &credential.component, credential: id, version: credential.version };
    let plain = app.keyring.open(&binding, &stored.record)?;
    let fields = outcome::stored_fields(plain)?;
    let verified =
        verify_fields_within(app, workspace, &credential.component, fields, Some(&credential)).await?;
    let verification = verified.verification;
    let now = app.clock.now();
    let (status, verified_at) = match &verification.outcome {
        Outcome::Verdict(Verdict::Valid(_)) => (Status::Verified, Some(now)),
        Outcome::Verdict(Verdict::Invalid(_)) => (Status::Rejected, None),
        _ => (credential.status, None),
    };
    let account = verification.account();
    let audit = audit::record(app, actor, workspace, "credential.verify", id.as_str(), &verification);
    let kept = stored_verification(app, &verification);
    let is_kept = app
        .store
        .record_verification(
            workspace,
            id,
            credential.version,
            status,
            account,
            verified_at,
            kept,
            audit,
        )
        .await?;
    if !is_kept {
        return Err(VerifyError::Changed);
    }
    let verification = verification.into_verdict()?;
    let credential = app.store.find_credential(workspace, id).await?.ok_or(VerifyError::NotFound)?;
    Ok(Reverified { credential, verification })
}

/// One run of a verifier for its author: no service, no database, with a transcript of all host calls.
///
/// # Errors
/// As for a draft.
pub async fn rehearse(
    sandbox: &crate::sandbox::Sandbox,
    egress: &crate::egress::Egress,
    release: &crate::catalogue::Examined,
    mut fields: Fields,
    context: RunContext,
    entropy: &dyn crate::domain::clock::Entropy,
) -> Result<(Verification, Vec<Call>), VerifyError> {
    let descriptor = &release.descriptor;
    check_fields(descriptor, &mut fields)?;
    let workspace = WorkspaceId::default_workspace();
    let session = egress.open(&workspace, descriptor, &fields, entropy).map_err(plan_error)?;
    let started = Instant::now();
    let mut run = sandbox.verify(&release.plugin, session, context).await;
    let transcript = run.transcript.take().unwrap_or_default();
    let named = crate::domain::evidence::ReleaseRef {
        version: descriptor.version.clone(),
        digest: release.digest.clone(),
    };
    Ok((judge::judge(run, named, started), transcript))
}

/// Fields that went through a verification, whatever it found.
struct Verified {
    component: Arc<Component>,
    descriptor: Arc<Descriptor>,
    fields: Fields,
    destinations: Vec<String>,
    verification: Verification,
}

/// As [`verify_fields_within`], and only verdicts pass.
async fn verify_fields(
    app: &App,
    workspace: &WorkspaceId,
    component: &ComponentId,
    fields: Fields,
) -> Result<Verified, VerifyError> {
    let verified = verify_fields_within(app, workspace, component, fields, None).await?;
    let verification = verified.verification.into_verdict()?;
    Ok(Verified { verification, ..verified })
}

/// Checks the fields, then asks the real system through the sandboxed verifier. No transaction is
/// open meanwhile. A `stored` credential's secrets only go where they went when it was saved.
async fn verify_fields_within(
    app: &App,
    workspace: &WorkspaceId,
    component: &ComponentId,
    mut fields: Fields,
    stored: Option<&Credential>,
) -> Result<Verified, VerifyError> {
    let component =
        app.catalogue.find(component).ok_or_else(|| VerifyError::UnknownComponent(component.clone()))?;
    let (plugin, descriptor) = component.active().map_err(VerifyError::faulty)?;
    let (plugin, descriptor): (Arc<Plugin>, Arc<Descriptor>) = (plugin.clone(), descriptor.clone());
    check_fields(&descriptor, &mut fields)?;
    let destinations = app.egress.destinations(&descriptor, &fields).map_err(plan_error)?;
    if stored.is_some_and(|stored| destinations.iter().any(|to| !stored.destinations.contains(to))) {
        return Err(VerifyError::DestinationsGrew);
    }
    let ask = async {
        let slot = app.sandbox.enter(workspace).await?;
        let session = app.egress.open(workspace, &descriptor, &fields, &*app.entropy).map_err(plan_error)?;
        let now_ms = app.clock.now_ms().unsigned_abs();
        let context = RunContext { now_ms, seed: random_array(&*app.entropy), transcript: false };
        let started = Instant::now();
        let run = app.sandbox.verify_in(slot, &plugin, session, context).await;
        Ok::<_, VerifyError>(judge::judge(run, component.release.clone(), started))
    };
    // Whoever is dropped here is out of the queue, or its instance, its connection and its slot are free.
    let verification = tokio::select! {
        verification = ask => verification?,
        () = caller::has_left() => return Err(VerifyError::Cancelled),
    };
    Ok(Verified { component, descriptor, fields, destinations, verification })
}

/// Fills in defaults, then names everything that the schema refuses.
fn check_fields(descriptor: &Descriptor, fields: &mut Fields) -> Result<(), VerifyError> {
    descriptor.schema.apply_defaults(fields);
    let violations = descriptor.schema.check(fields);
    if violations.is_empty() { Ok(()) } else { Err(VerifyError::FieldsInvalid(violations)) }
}

fn plan_error(error: PlanError) -> VerifyError {
    match error {
        PlanError::Destination(refusal) => VerifyError::DestinationRefused { refusal, evidence: None },
        PlanError::Fields(violations) => VerifyError::FieldsInvalid(violations),
        PlanError::TooLarge(error) => VerifyError::FieldsInvalid(vec![crate::domain::fields::Violation {
            pointer: String::new(),
            message: error.to_string(),
        }]),
    }
}

/// The verified account's label where there is one, else the component's title and the day.
fn default_name(title: &str, verification: &Verification, now: jiff::Timestamp) -> String {
    let label = verification.account().map(|account| account.label).filter(|label| !label.trim().is_empty());
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let name = label.unwrap_or_else(|| format!("{title}, {day}"));
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn stored_verification(app: &App, verification: &Verification) -> NewVerification {
    NewVerification {
        id: VerificationId::generate(&*app.clock, &*app.entropy),
        at: app.clock.now(),
        outcome: verification.outcome_name().to_owned(),
        evidence: verification.evidence.clone(),
    }
}
