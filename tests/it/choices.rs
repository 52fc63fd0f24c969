//! Fields that depend on a choice, with a real guest: what leaves, and what may not even be tried.

use keystead::domain::verdict::{Outcome, Verdict};
use keystead::verify::VerifyError;
use serde_json::{Value, json};

use crate::harness::recorder::{Recorder, header};
use crate::harness::rehearsal::Rehearsal;
use crate::harness::wasm::guest;

fn draft(upstream: &Recorder, more: Value) -> Value {
    let mut fields = json!({"apiKey": "k3y-of-ada", "baseUrl": upstream.origin()});
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

#[tokio::test]
async fn only_what_belongs_to_the_choice_leaves() {
    for (more, password, events) in [
        (json!({}), None, false),
        (json!({"auth": "password", "user": "ada", "password": "p455word"}), Some("p455word"), false),
        (json!({"auth": "key", "user": "ada", "privateKey": "-----BEGIN\nEND-----\n"}), None, false),
        (json!({"notify": true, "eventsUrl": "", "eventsKey": "3vents-key"}), None, true),
    ] {
        let upstream = Recorder::start([]).await;
        let rehearsal = Rehearsal::new(&guest("kitchen"), &[upstream.allowance()]).await;
        let mut fields = draft(&upstream, more);
        if events {
            fields["eventsUrl"] = json!(upstream.origin());
        }
        let (verification, _) = rehearsal.run(fields.clone()).await.unwrap();
        let is_valid = matches!(verification.outcome, Outcome::Verdict(Verdict::Valid(_)));
        assert!(is_valid, "{fields}: {:?}", verification.outcome);
        let sent = upstream.received();
        assert_eq!(sent.len(), if events { 2 } else { 1 }, "{fields}");
        assert_eq!(header(&sent[0], "api_key"), Some("k3y-of-ada"));
        assert_eq!(header(&sent[0], "x-password"), password);
        if events {
            assert_eq!(header(&sent[1], "x-events-key"), Some("3vents-key"));
        }
    }
}

#[tokio::test]
async fn a_field_of_another_choice_is_refused_before_anything_leaves() {
    let upstream = Recorder::start([]).await;
    let rehearsal = Rehearsal::new(&guest("kitchen"), &[upstream.allowance()]).await;
    for (more, pointer, message) in [
        (json!({"password": "p455word"}), "/password", "belongs to another choice of Sign-in"),
        (json!({"eventsUrl": upstream.origin()}), "/eventsUrl", "belongs to another choice of Send events"),
        (json!({"auth": "key", "user": "ada"}), "/privateKey", "is required"),
    ] {
        let fields = draft(&upstream, more);
        let Err(VerifyError::FieldsInvalid(violations)) = rehearsal.run(fields.clone()).await else {
            panic!("{fields}");
        };
        let told: Vec<_> =
            violations.iter().map(|one| (one.pointer.as_str(), one.message.as_str())).collect();
        assert_eq!(told, [(pointer, message)], "{fields}");
    }
    assert!(upstream.received().is_empty());
}
