//! The job: a credential is saved only after the real system has accepted it.

mod audit;
mod budget;
mod caller;
mod edit;
mod judge;
mod link;
mod outcome;
mod retry;
mod save;
mod stored;

use std::sync::Arc;
use std::time::Instant;

use crate::app::{Actor, App};
use crate::catalogue::Component;
use crate::domain::clock::random_array;
use crate::domain::credential::{Credential, Expected, Status};
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::{Fields, Violation};
use crate::domain::flow::Link;
use crate::domain::id::{ComponentId, CredentialId, VerificationId, WorkspaceId};
use crate::domain::verdict::{Outcome, Verdict};
use crate::egress::PlanError;
use crate::egress::origin::Origin;
use crate::sandbox::{Call, Plugin, Room, RunContext};
use crate::store::{Finding, NewVerification};
use crate::telemetry::Phase;

pub use caller::for_caller;
pub use edit::{Edit, edit, preview_edit};
pub use outcome::{Changes, Edited, Preview, Reverified, Saved, Verification, VerifyError};
pub use retry::{Created, verify_and_save_once};
pub use save::verify_and_save;
pub use stored::open_fields;

/// A credential that somebody wants to verify, and perhaps to save.
pub struct Draft {
    pub component: ComponentId,
    /// None: named after the account, or after the component.
    pub name: Option<String>,
    pub fields: Fields,
    /// Saves it as `unverified` where nobody can say.
    pub accept_unverified: bool,
    /// The step that is to hold it once it is saved.
    pub link: Option<Link>,
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
    let Draft { component, fields, link, .. } = draft;
    let result = verify_linked(app, workspace, &component, fields, link.as_ref()).await;
    audit::record_draft(app, actor, workspace, &component, &result).await?;
    result.map(|verified| verified.verification)
}

/// As [`verify_fields`], where the step that is to hold the credential can do so.
async fn verify_linked(
    app: &App,
    workspace: &WorkspaceId,
    component: &ComponentId,
    fields: Fields,
    link: Option<&Link>,
) -> Result<Verified, VerifyError> {
    if let Some(step) = link {
        link::check(app, workspace, component, step).await?;
    }
    verify_fields(app, workspace, component, fields).await
}

/// Verifies a stored credential as it is, without overrides, and keeps what was found; only if it is the
/// expected one.
///
/// # Errors
/// [`VerifyError`]; the credential stays as it was.
pub async fn verify_stored(
    app: &App,
    actor: &Actor,
    workspace: &WorkspaceId,
    id: &CredentialId,
    expected: &Expected,
) -> Result<Reverified, VerifyError> {
    let stored = app.store.find_sealed(workspace, id).await?.ok_or(VerifyError::NotFound)?;
    if !expected.holds(stored.credential.revision) {
        return Err(VerifyError::Unexpected);
    }
    // The record that it was used is committed before anything secret leaves.
    let started = serde_json::json!({});
    let audit =
        app.audit_record(actor, Some(workspace), "credential.verify", id.as_str(), "started", started);
    app.store.record_audit(audit).await?;
    let fields = open_fields(app, &stored)?;
    let credential = stored.credential;
    let verified =
        match verify_fields_within(app, workspace, &credential.component, fields, Some(&credential)).await {
            Ok(verified) => verified,
            Err(error) => {
                if error.is_of_budget() {
                    audit::record_refused(app, actor, workspace, "credential.verify", id.as_str(), &error)
                        .await?;
                }
                return Err(error);
            }
        };
    let verification = verified.verification;
    let now = app.clock.now();
    let (status, verified_at) = match &verification.outcome {
        Outcome::Verdict(Verdict::Valid(_)) => (Status::Verified, Some(now)),
        Outcome::Verdict(Verdict::Invalid(_)) => (Status::Rejected, None),
        _ => (credential.status, None),
    };
    let audit = audit::record(app, actor, workspace, "credential.verify", id.as_str(), &verification);
    let finding = Finding {
        version: credential.version,
        status,
        account: verification.account(),
        verified_at,
        verification: stored_verification(app, &verification),
    };
    let recorded = app.store.record_verification(workspace, id, finding, audit);
    let is_kept = app.telemetry.phases.during(Phase::Commit, recorded).await?;
    if !is_kept {
        return Err(VerifyError::moved(expected));
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
    Ok((judge::judge(run, descriptor, named, started), transcript))
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
    fields: Fields,
    stored: Option<&Credential>,
) -> Result<Verified, VerifyError> {
    let prepared = find_verifier(app, component)?.prepare(app, fields)?;
    let to = &prepared.destinations;
    if stored.is_some_and(|stored| to.iter().any(|to| !stored.destinations.contains(to))) {
        return Err(VerifyError::DestinationsGrew);
    }
    run(app, workspace, prepared).await
}

/// A component's active release, held for one verification.
struct Verifier {
    component: Arc<Component>,
    plugin: Arc<Plugin>,
    descriptor: Arc<Descriptor>,
}

/// Fields that may be verified: the schema takes them, and it is known where their secrets may go.
struct Prepared {
    verifier: Verifier,
    fields: Fields,
    destinations: Vec<String>,
    /// Whom the verifier may speak to, with secrets and without.
    origins: Vec<Origin>,
}

fn find_verifier(app: &App, component: &ComponentId) -> Result<Verifier, VerifyError> {
    let component =
        app.catalogue.find(component).ok_or_else(|| VerifyError::UnknownComponent(component.clone()))?;
    let (plugin, descriptor) = component.active().map_err(VerifyError::faulty)?;
    let (plugin, descriptor) = (plugin.clone(), descriptor.clone());
    Ok(Verifier { component, plugin, descriptor })
}

impl Verifier {
    /// Checks the fields and finds out where their secrets may go, without asking anybody.
    fn prepare(self, app: &App, mut fields: Fields) -> Result<Prepared, VerifyError> {
        app.telemetry.phases.of(Phase::Schema, || check_fields(&self.descriptor, &mut fields))?;
        let destinations = app.egress.destinations(&self.descriptor, &fields).map_err(plan_error)?;
        let origins = app.egress.origins(&self.descriptor, &fields).map_err(plan_error)?;
        Ok(Prepared { verifier: self, fields, destinations, origins })
    }
}

/// Asks the real system through the sandboxed verifier, if the budgets allow it. No transaction is open meanwhile.
async fn run(app: &App, workspace: &WorkspaceId, prepared: Prepared) -> Result<Verified, VerifyError> {
    let Prepared { verifier: Verifier { component, plugin, descriptor }, fields, destinations, origins } =
        prepared;
    let (mut slot, mut begun, mut rests) = (None, None, Vec::new());
    // On the heap: the futures of all that it calls would otherwise stand in each caller's.
    let ask = Box::pin(async {
        app.budgets
            .count(workspace, &component.id, &*app.clock)
            .map_err(|retry_after| VerifyError::TooOften { retry_after })?;
        let budget = budget::Asked::new(app, workspace, &destinations, &origins);
        budget.look().await?;
        let room = Arc::clone(app.budgets.known()) as Arc<dyn Room>;
        let slot = slot.insert(app.sandbox.enter(workspace, &budget::hosts_of(&origins), room).await?);
        let entrance = budget.begin().await?;
        let session = app.egress.open(workspace, &descriptor, &fields, &*app.entropy).map_err(plan_error);
        let started = Instant::now();
        match entrance {
            budget::Entrance::Go(it) => begun = Some(it),
            budget::Entrance::Rest(doubt) => {
                app.telemetry.count_refusal("upstream");
                return Ok(judge::unasked(session?, doubt, component.release.clone(), started));
            }
        }
        let now_ms = app.clock.now_ms().unsigned_abs();
        let context = RunContext { now_ms, seed: random_array(&*app.entropy), transcript: false };
        let run = app.sandbox.verify_in(slot, &plugin, session?, context);
        let run = app.telemetry.phases.during(Phase::Sandbox, run).await;
        rests = run.session.rests().to_vec();
        Ok::<_, VerifyError>(judge::judge(run, &descriptor, component.release.clone(), started))
    });
    // Whoever is dropped here is out of the queue, or its instance, its connection and its slot are free.
    let asked = Instant::now();
    let mut result = tokio::select! {
        result = ask => result,
        () = caller::has_left() => Err(VerifyError::Cancelled),
    };
    // Counted before it is told: what cannot be counted is not told either. And before the slot is given back, so
    // that no more are under way than have slots when the budget is used up.
    if let Some(begun) = begun {
        let ended = budget::ended(&result);
        if let Err(error) = Box::pin(budget::settle(app, workspace, begun, ended, &rests)).await {
            result = Err(error.into());
        }
    }
    drop(slot);
    match &result {
        Err(VerifyError::TooManyFailures { .. }) => app.telemetry.count_refusal("failures"),
        Err(VerifyError::TooOften { .. }) => app.telemetry.count_refusal("rate"),
        _ => {}
    }
    let outcome = match &result {
        Ok(verification) => verification.outcome_name(),
        Err(error) => error.outcome_name(),
    };
    app.telemetry.count_verification(&component.id, outcome, asked.elapsed());
    let verification = result?;
    app.telemetry.count_exchanges(&verification.evidence.exchanges);
    Ok(Verified { component, descriptor, fields, destinations, verification })
}

/// Fills in defaults, then names everything that the schema refuses.
fn check_fields(descriptor: &Descriptor, fields: &mut Fields) -> Result<(), VerifyError> {
    descriptor.schema.apply_defaults(fields);
    let mut violations = descriptor.schema.check(fields);
    violations.extend(destinations_with_secrets(descriptor, fields));
    if violations.is_empty() { Ok(()) } else { Err(VerifyError::FieldsInvalid(violations)) }
}

/// Destination fields in which a secret stands: they are shown to everybody who may read the credential.
fn destinations_with_secrets(descriptor: &Descriptor, fields: &Fields) -> Vec<Violation> {
    let secrets: Vec<_> =
        descriptor.schema.secrets().iter().filter_map(|pointer| fields.secret(pointer)).collect();
    let holds = |text: &str| {
        secrets.iter().any(|secret| secret.expose().len() >= 8 && text.contains(secret.expose()))
    };
    let pointers = descriptor.destination_fields();
    let found = pointers.into_iter().filter(|pointer| fields.text(pointer).is_some_and(holds));
    found.map(|pointer| Violation::new(pointer, "must not hold the value of a secret field")).collect()
}

fn plan_error(error: PlanError) -> VerifyError {
    match error {
        PlanError::Destination(refusal) => VerifyError::DestinationRefused { refusal, evidence: None },
        PlanError::Fields(violations) => VerifyError::FieldsInvalid(violations),
        PlanError::TooLarge(error) => {
            VerifyError::FieldsInvalid(vec![Violation { pointer: String::new(), message: error.to_string() }])
        }
    }
}

fn stored_verification(app: &App, verification: &Verification) -> NewVerification {
    NewVerification {
        id: VerificationId::generate(&*app.clock, &*app.entropy),
        at: app.clock.now(),
        outcome: verification.outcome_name().to_owned(),
        evidence: verification.evidence.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_fills_a_required_field() {
        let document = serde_json::json!({
            "descriptor": 1, "id": "sample", "title": "Sample", "version": "0.1.0", "authorization": {"kind": "none"},
            "schema": {"type": "object", "required": ["region"], "additionalProperties": false, "properties": {
                "region": {"type": "string", "title": "Region", "default": "eu"}}},
            "egress": [], "sealed": [],
        });
        let descriptor = Descriptor::parse(&document.to_string()).unwrap();
        let mut fields = Fields::parse(b"{}").unwrap();
        check_fields(&descriptor, &mut fields).unwrap();
        assert_eq!(fields.text("/region"), Some("eu"));
    }
}
