//! The Petstore verifier against a real Petstore: prism behind nginx, and nginx with faults.

use keystead::domain::verdict::{Outcome, Verdict};
use keystead::verify::{Verification, VerifyError};
use serde_json::json;

use crate::harness::petstore::{GOOD_KEY, LIMITED_KEY, petstore};
use crate::harness::process::free_port;
use crate::harness::rehearsal::Rehearsal;
use crate::harness::wasm::plugin;

async fn verify(base_url: &str, key: &str) -> Result<Verification, VerifyError> {
    // Without it the Petstore would start inside the runtime of the test.
    tokio::task::spawn_blocking(petstore).await.unwrap();
    let rehearsal = Rehearsal::new(&plugin("petstore"), &["127.0.0.1/32:*".to_owned()]).await;
    rehearsal.run(json!({"apiKey": key, "baseUrl": base_url})).await.map(|(verification, _)| verification)
}

/// `verdict reason field retry-after`, as far as there are any.
fn summary(verification: &Verification) -> String {
    let Outcome::Verdict(verdict) = &verification.outcome else { return format!("{:?}", verification.outcome) };
    match verdict {
        Verdict::Valid(_) => "valid".to_owned(),
        Verdict::Invalid(rejection) => {
            format!("invalid {} {}", rejection.reason, rejection.field.as_deref().unwrap_or("-"))
        }
        Verdict::Undecided(doubt) => {
            let wait = doubt.retry_after.map_or("-".to_owned(), |seconds| seconds.to_string());
            format!("undecided {} {wait}", doubt.reason)
        }
    }
}

#[tokio::test]
async fn keys_get_the_verdict_that_the_petstore_gives_them() {
    let base = tokio::task::spawn_blocking(|| petstore().base_url()).await.unwrap();
    for (key, expected) in [
        (GOOD_KEY, "valid"),
        ("made-up", "invalid rejected /apiKey"),
        (LIMITED_KEY, "invalid insufficient-scope /apiKey"),
    ] {
        let verification = verify(&base, key).await.unwrap();
        assert_eq!(summary(&verification), expected, "{key}");
        assert_eq!(verification.evidence.exchanges.len(), 1);
        assert!(verification.evidence.unproven.is_empty());
    }
}

#[tokio::test]
async fn faults_of_the_petstore_are_not_blamed_on_the_key() {
    let faulty = |fault: &'static str| tokio::task::spawn_blocking(move || petstore().faulty(fault));
    for (fault, expected) in [
        ("status/401", "invalid rejected /apiKey"),
        ("status/403", "invalid insufficient-scope /apiKey"),
        ("status/404", "invalid wrong-destination /baseUrl"),
        ("status/429", "undecided rate-limited 30"),
        ("status/500", "undecided provider-error -"),
        ("html", "invalid wrong-destination /baseUrl"),
        ("badjson", "undecided provider-error -"),
        ("empty", "undecided provider-error -"),
        ("close", "undecided unreachable -"),
        ("redir/private", "undecided provider-error -"),
        ("redir/canary", "undecided provider-error -"),
        ("reflect", "undecided provider-error -"),
        ("reflect-json", "undecided provider-error -"),
        ("reflect-header", "undecided provider-error -"),
    ] {
        let base = faulty(fault).await.unwrap();
        let verification = verify(&base, GOOD_KEY).await.unwrap();
        assert_eq!(summary(&verification), expected, "{fault}");
    }
    assert_eq!(tokio::task::spawn_blocking(|| petstore().canary_log()).await.unwrap(), "");
}

#[tokio::test]
async fn a_petstore_that_is_not_there_decides_nothing() {
    let verification = verify(&format!("http://127.0.0.1:{}/api/v3", free_port()), GOOD_KEY).await.unwrap();
    assert_eq!(summary(&verification), "undecided unreachable -");
    assert_eq!(verification.evidence.unproven, ["apiKey"]);
}

#[tokio::test]
async fn an_address_that_is_not_allowed_is_the_persons_to_correct() {
    for address in ["http://127.0.0.2/api/v3", "https://10.1.2.3/api/v3", "http://169.254.169.254/latest"] {
        let error = verify(address, GOOD_KEY).await.expect_err(address);
        let VerifyError::DestinationRefused { refusal, .. } = error else { panic!("{address}: {error}") };
        assert_eq!(refusal.pointer, "/baseUrl");
    }
}
