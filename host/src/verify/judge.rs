//! From a run of the sandbox to an outcome: what policy refused and what was never proven overrule
//! what the plugin says.

use std::time::Instant;

use crate::domain::descriptor::Descriptor;
use crate::domain::evidence::{Evidence, ReleaseRef};
use crate::domain::verdict::{Doubt, FailureKind, Outcome, Rejection, Verdict, VerifierFailure};
use crate::egress::{Record, Refusal, Session};
use crate::sandbox::Run;

use super::Verification;

/// The outcome of a run, with its evidence.
pub(super) fn judge(
    run: Run,
    descriptor: &Descriptor,
    release: ReleaseRef,
    started: Instant,
) -> Verification {
    let Record { exchanges, refusal, sealed, unproven } = run.session.into_record();
    let outcome = match (refusal, run.result) {
        (Some(Refusal::Destination(refusal)), _) => Outcome::DestinationRefused(refusal),
        (Some(Refusal::Plugin(failure)), _) | (None, Err(failure)) => Outcome::Failure(failure),
        (None, Ok(verdict)) => require_proof(complete(verdict, descriptor), sealed.len(), unproven.len()),
    };
    let extra = match &outcome {
        Outcome::Verdict(Verdict::Valid(acceptance)) => acceptance.extra.clone(),
        Outcome::Verdict(Verdict::Invalid(rejection)) => rejection.extra.clone(),
        Outcome::Verdict(Verdict::Undecided(doubt)) => doubt.extra.clone(),
        _ => Vec::new(),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Verification {
        outcome,
        evidence: Evidence { release, exchanges, unproven, log: run.log, extra, duration_ms },
    }
}

/// The outcome where the application wants to be left alone: nothing was sent.
pub(super) fn unasked(session: Session, doubt: Doubt, release: ReleaseRef, started: Instant) -> Verification {
    let unproven = session.into_record().unproven;
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Verification {
        outcome: Outcome::Verdict(Verdict::Undecided(doubt)),
        evidence: Evidence { release, unproven, duration_ms, ..Evidence::default() },
    }
}

/// The verdict as a person can act on it: with a sentence, and without a field that no form has.
fn complete(verdict: Verdict, descriptor: &Descriptor) -> Verdict {
    let sentence =
        |message: String, default: &str| if message.is_empty() { default.to_owned() } else { message };
    match verdict {
        Verdict::Valid(acceptance) => Verdict::Valid(acceptance),
        Verdict::Invalid(rejection) => Verdict::Invalid(Rejection {
            message: sentence(
                rejection.message,
                "The verifier found the credential invalid and did not say why.",
            ),
            field: rejection.field.filter(|pointer| descriptor.schema.field(pointer).is_some()),
            ..rejection
        }),
        Verdict::Undecided(doubt) => Verdict::Undecided(Doubt {
            message: sentence(doubt.message, "The verifier could not decide and did not say why."),
            ..doubt
        }),
    }
}

/// A `valid` counts only if an answered exchange carried a sealed value, wherever there is one.
fn require_proof(verdict: Verdict, sealed: usize, unproven: usize) -> Outcome {
    if matches!(verdict, Verdict::Valid(_)) && sealed > 0 && unproven == sealed {
        return Outcome::Failure(VerifierFailure::new(
            FailureKind::Unproven,
            "the verifier answered `valid`, but no exchange that the application answered carried a secret of this credential",
        ));
    }
    Outcome::Verdict(verdict)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use super::*;
    use crate::domain::clock::SystemEntropy;
    use crate::domain::fields::Fields;
    use crate::domain::id::WorkspaceId;
    use crate::domain::verdict::Acceptance;
    use crate::egress::resolver::{Resolve, Resolving};
    use crate::egress::{Egress, Request, Settings};

    #[test]
    fn valid_without_an_answered_exchange_is_a_failure() {
        let valid = || Verdict::Valid(Acceptance::default());
        assert!(
            matches!(require_proof(valid(), 1, 1), Outcome::Failure(f) if f.kind == FailureKind::Unproven)
        );
        assert!(matches!(require_proof(valid(), 2, 1), Outcome::Verdict(_)));
        assert!(matches!(require_proof(valid(), 0, 0), Outcome::Verdict(_)));
    }

    /// Every name leads into a private network.
    struct Inside;

    impl Resolve for Inside {
        fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
            Box::pin(async { Ok(vec![IpAddr::from([10, 1, 2, 3])]) })
        }
    }

    #[tokio::test]
    async fn a_destination_that_was_refused_overrules_whatever_the_plugin_says_of_it() {
        let descriptor = Descriptor::parse(
            r#"{"descriptor": 1, "id": "sample", "title": "Sample", "version": "0.1.0",
                "authorization": {"kind": "api-key"}, "sealed": [],
                "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
                "schema": {"type": "object", "additionalProperties": false, "properties": {
                    "baseUrl": {"type": "string", "title": "Address", "format": "uri"}}}}"#,
        )
        .unwrap();
        let egress = Egress::new(Settings::default(), Arc::new(Inside), Vec::new()).unwrap();
        let fields = Fields::parse(br#"{"baseUrl": "https://inside.example.com"}"#).unwrap();
        let trapped = VerifierFailure::new(FailureKind::Trapped, "it trapped");
        for result in [Ok(Verdict::Valid(Acceptance::default())), Err(trapped)] {
            let workspace = WorkspaceId::default_workspace();
            let mut session = egress.open(&workspace, &descriptor, &fields, &SystemEntropy).unwrap();
            let request = Request {
                method: "GET".into(),
                url: "https://inside.example.com/me".into(),
                headers: Vec::new(),
                body: None,
                extra: Vec::new(),
            };
            assert_eq!(session.send(request).await.unwrap_err().kind, "address-refused");
            let run = Run { result, session, log: Vec::new(), transcript: None };
            let release = ReleaseRef { version: "0.1.0".into(), digest: String::new() };
            let verification = judge(run, &descriptor, release, Instant::now());
            let Outcome::DestinationRefused(refusal) = verification.outcome else {
                panic!("{:?}", verification.outcome)
            };
            assert_eq!(refusal.pointer, "/baseUrl");
        }
    }

    #[test]
    fn other_verdicts_need_no_proof() {
        let doubt =
            Doubt { reason: "unreachable".into(), message: String::new(), retry_after: None, extra: vec![] };
        assert!(matches!(require_proof(Verdict::Undecided(doubt), 1, 1), Outcome::Verdict(_)));
    }

    #[test]
    fn a_verdict_gets_a_sentence_and_loses_a_field_that_no_form_has() {
        let descriptor = Descriptor::parse(
            r#"{"descriptor": 1, "id": "sample", "title": "Sample", "version": "0.1.0",
                "authorization": {"kind": "api-key"}, "egress": [], "sealed": [],
                "schema": {"type": "object", "additionalProperties": false, "properties": {
                    "region": {"type": "string", "title": "Region"}}}}"#,
        )
        .unwrap();
        for (field, kept) in [("/region", true), ("/nowhere", false)] {
            let rejection = Rejection {
                reason: "rejected".into(),
                message: String::new(),
                field: Some(field.into()),
                extra: Vec::new(),
            };
            let Verdict::Invalid(rejection) = complete(Verdict::Invalid(rejection), &descriptor) else {
                panic!()
            };
            assert_eq!(rejection.field.is_some(), kept, "{field}");
            assert!(rejection.message.ends_with('.'));
        }
    }
}
