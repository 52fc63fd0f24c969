//! Installing and listing components.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::{Answer, Service, request};
use crate::harness::databases::on_both_databases;
use crate::harness::wasm::{guest, plugin};

async fn install(service: &Service, token: &str, bytes: Vec<u8>) -> Answer {
    let request = request("POST", "/v1/components", token).header(CONTENT_TYPE, "application/wasm");
    service.send(request.body(Body::from(bytes)).unwrap()).await
}

on_both_databases! {
    async fn a_component_is_installed_once_and_shown_with_its_sentences(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::ComponentsInstall, Right::ComponentsConsent]).await;
        let member = service.member(&[Right::CredentialsRead]).await;
        assert_eq!(service.call("GET", "/v1/components/petstore", &member).await.outcome(), (404, "not-found"));

        let answer = install(&service, &operator, plugin("petstore")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.headers["location"], "/v1/components/petstore");
        let again = install(&service, &operator, plugin("petstore")).await;
        assert_eq!((again.status, &again.body), (200, &answer.body));
        assert!(!again.headers.contains_key("location"));

        let shown = service.call("GET", "/v1/components/petstore", &member).await;
        assert_eq!((shown.status, &shown.body), (200, &answer.body));
        let component = &shown.body;
        assert_eq!((&component["id"], &component["state"], &component["auth"]), (&json!("petstore"), &json!("active"), &json!("api-key")));
        assert_eq!(component["schema"]["properties"]["apiKey"]["writeOnly"], true);
        assert!(component["egress"][0].as_str().unwrap().contains("api_key"), "{component}");
        assert_eq!(component["credentials"], json!({"total": 0, "attention": 0}));
        assert!(component["release"]["digest"].as_str().unwrap().starts_with("sha256:"));

        let mut item = component.clone();
        item.as_object_mut().unwrap().retain(|name, _| name != "schema" && name != "help");
        for token in [&member, &operator] {
            assert_eq!(service.call("GET", "/v1/components", token).await.body, json!({"items": [item]}));
        }
    }

    async fn what_is_no_plugin_is_refused_with_everything_that_is_wrong(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        let importing = wat::parse_str(
            r#"(component (import "wasi:sockets/tcp@0.2.0" (instance)) (import "evil:corp/backdoor" (func)))"#,
        );
        let cases: Vec<(Vec<u8>, &[&str])> = vec![
            (Vec::new(), &["component"]),
            (b"not wasm".to_vec(), &["component"]),
            (wat::parse_str("(module)").unwrap(), &["core module"]),
            (plugin("petstore")[..1000].to_vec(), &[""]),
            (importing.unwrap(), &["wasi:sockets/tcp", "evil:corp/backdoor"]),
            (wat::parse_str("(component)").unwrap(), &["verifier"]),
        ];
        for (bytes, expected) in cases {
            let answer = install(&service, &operator, bytes).await;
            assert_eq!(answer.outcome(), (422, "plugin-refused"), "{expected:?}");
            let errors = answer.body["errors"].to_string();
            assert!(expected.iter().all(|word| errors.contains(word)), "{expected:?}: {}", answer.text);
        }
        let answer = install(&service, &operator, guest("nonsense-descriptor")).await;
        assert_eq!(answer.outcome(), (422, "plugin-refused"));
        assert!(!answer.pointers().is_empty() || answer.body["failure"].is_string(), "{}", answer.text);
        assert_eq!(service.call("GET", "/v1/components", &operator).await.body, json!({"items": []}));
    }

    async fn another_release_of_an_installed_component_is_a_conflict(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        let bytes = plugin("petstore");
        assert_eq!(install(&service, &operator, bytes.clone()).await.status, 201);
        // The same component with one more, empty, custom section: other bytes, another digest.
        let changed = [bytes, b"\x00\x02\x01x".to_vec()].concat();
        let answer = install(&service, &operator, changed).await;
        assert_eq!(answer.outcome(), (409, "component-installed"));
        assert_eq!(answer.body["component"], "petstore");
        let list = service.call("GET", "/v1/components", &operator).await;
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1));
    }

    async fn plugins_come_as_wasm_alone(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        let answer = service.post("/v1/components", &operator, &Value::Null).await;
        assert_eq!(answer.outcome(), (415, "media-type-unsupported"));
        assert_eq!(answer.body["expected"], "application/wasm");
    }

    async fn a_plugin_that_fails_is_told_as_its_own_failure(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        let token = service.member(&[Right::Admin]).await;
        assert_eq!(install(&service, &operator, guest("misbehave")).await.status, 201);
        for (mode, status, failure) in [("trap", 502, "trapped"), ("liar", 502, "unproven"), ("spin", 504, "cpu-limit")] {
            let mut draft = service.draft("good");
            draft["component"] = "misbehave".into();
            draft["accept_unverified"] = true.into();
            draft["fields"]["mode"] = mode.into();
            let answer = service.post("/v1/credentials", &token, &draft).await;
            assert_eq!(answer.outcome(), (status, "verifier-failed"), "{mode}: {}", answer.text);
            assert_eq!(answer.body["failure"], failure, "{mode}: {}", answer.text);
        }
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], json!([]));
    }

    async fn a_damaged_component_is_listed_as_faulty_and_hurts_nobody(db: Database) {
        let service = Service::with_petstore(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        let token = service.member(&[Right::Admin]).await;
        let changed = service.database.sql("UPDATE release_bytes SET bytes = substr(bytes, 1, 1000)").await;
        assert_eq!(changed.unwrap(), 1);
        let service = service.restart().await;
        assert_eq!(install(&service, &operator, guest("misbehave")).await.status, 201);

        let list = service.call("GET", "/v1/components", &token).await;
        let states: Vec<_> = list.body["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
        assert_eq!(states, ["active", "faulty"]);
        let shown = service.call("GET", "/v1/components/petstore", &token).await;
        assert!(shown.body["reason"].as_str().unwrap().contains("digest"), "{}", shown.text);
        let answer = service.post("/v1/credentials", &token, &service.draft("good")).await;
        assert_eq!(answer.outcome(), (502, "verifier-failed"));
        assert_eq!(answer.body["failure"], "faulty");
        let mut draft = service.draft("good");
        draft["component"] = "misbehave".into();
        draft["fields"]["mode"] = "ask".into();
        assert_eq!(service.post("/v1/credentials", &token, &draft).await.status, 201);
    }
}
