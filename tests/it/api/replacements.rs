//! Another credential in the place of one that is used.

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

async fn holders(service: &Service, token: &str, id: &str) -> Vec<(String, String)> {
    let usages = service.call("GET", &format!("/v1/credentials/{id}/usages"), token).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    usages.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["flow"]), text(&one["step"])))
        .collect()
}

on_both_databases! {
    async fn all_or_the_named_flows_get_the_other_credential(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let (old, new) = (service.stored(&token).await, service.stored(&token).await);
        for flow in ["a", "b", "c"] {
            service.flow(&token, flow, &[("x", Some(&old)), ("y", Some(&old))]).await;
        }
        service.activate(&token, "b").await;
        let path = format!("/v1/credentials/{old}/replace");
        let some = service.post(&path, &token, &json!({"with": new, "flows": ["b"]})).await;
        assert_eq!((some.status, &some.body), (200, &json!({"total": 2, "moved": [{"id": "b", "name": "The b", "active": true, "steps": ["x", "y"]}]})), "{}", some.text);
        assert_eq!(holders(&service, &token, &old).await.len(), 4);
        let missing = service.post(&path, &token, &json!({"with": new, "flows": ["a", "b", "none"]})).await;
        assert_eq!((missing.outcome(), missing.pointers()), ((422, "request-invalid"), vec!["/flows/1", "/flows/2"]));
        assert_eq!(holders(&service, &token, &old).await.len(), 4);
        let rest = service.post(&path, &token, &json!({"with": new})).await;
        assert_eq!((rest.status, &rest.body["total"]), (200, &json!(4)));
        assert_eq!(holders(&service, &token, &new).await.len(), 6);
        let etag = service.call("GET", "/v1/flows/b", &token).await.headers["etag"].clone();
        assert_eq!(etag, "\"v3\"");
        let none = service.post(&path, &token, &json!({"with": new})).await;
        assert_eq!((none.status, &none.body), (200, &json!({"moved": [], "total": 0})));
        // Now nothing is in the way.
        assert_eq!(service.call("DELETE", &format!("/v1/credentials/{old}"), &token).await.status, 204);
    }

    async fn only_a_verified_credential_of_the_same_component_takes_over(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let old = service.stored(&token).await;
        service.flow(&token, "f", &[("x", Some(&old))]).await;
        let mut draft = service.draft("busy");
        draft["accept_unverified"] = true.into();
        let unverified = service.post("/v1/credentials", &token, &draft).await.body["id"].clone();
        let nobody = format!("cred_{}", "0".repeat(26));
        let path = format!("/v1/credentials/{old}/replace");
        for (body, expected, pointers) in [
            (json!({"with": unverified}), (409, "credential-not-verified"), vec![]),
            (json!({"with": nobody}), (422, "unknown-credential"), vec!["/with"]),
            (json!({"with": old}), (422, "request-invalid"), vec!["/with"]),
            (json!({"with": 5, "flows": "f"}), (422, "request-invalid"), vec!["/with", "/flows"]),
            (json!({"with": unverified, "flows": ["a b"]}), (422, "request-invalid"), vec!["/flows/0"]),
        ] {
            let answer = service.post(&path, &token, &body).await;
            assert_eq!((answer.outcome(), answer.pointers()), (expected, pointers), "{body}: {}", answer.text);
        }
        let gone = service.post(&format!("/v1/credentials/{nobody}/replace"), &token, &json!({"with": old})).await;
        assert_eq!(gone.outcome(), (404, "not-found"));
        assert_eq!(holders(&service, &token, &old).await.len(), 1);
        let accepted = service.post(&path, &token, &json!({"with": unverified, "accept_unverified": true})).await;
        assert_eq!((accepted.status, &accepted.body["total"]), (200, &json!(1)));
        for rights in [&[Right::CredentialsWrite][..], &[Right::FlowsWrite]] {
            let half = service.member(rights).await;
            assert_eq!(service.post(&path, &half, &json!({"with": old})).await.outcome(), (403, "missing-right"));
        }
    }
}
