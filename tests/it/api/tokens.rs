//! Who may do what: every route of the OpenAPI document, without a token, with the wrong kind, without the right.

use axum::body::Body;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use keystead::domain::id::WorkspaceId;
use keystead::domain::rights::{Right, Scope};
use serde_json::Value;

use super::service::{Service, request};
use crate::harness::databases::on_both_databases;

/// Paths that anybody may call.
const PUBLIC: [&str; 4] = ["/healthz", "/readyz", "/v1/openapi.json", "/problems/{type}"];

/// Every operation: method, path with an id that fits, path as the document has it.
async fn operations(service: &Service) -> Vec<(String, String, String)> {
    let document = service.call("GET", "/v1/openapi.json", "").await;
    assert_eq!(document.status, 200);
    let mut operations = Vec::new();
    for (path, item) in document.body["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let id = format!("cred_{}", "0".repeat(26));
            let real = path.replace("{id}", &id).replace("{step}", "fetch").replace("{type}", "not-found");
            operations.push((method.to_uppercase(), real, path.clone()));
        }
    }
    assert!(operations.len() >= 12, "{operations:?}");
    operations
}

on_both_databases! {
    async fn every_route_but_the_public_ones_needs_a_token(db: Database) {
        let service = Service::over(db).await;
        for (method, path, template) in operations(&service).await {
            let answer = service.call(&method, &path, "").await;
            if PUBLIC.contains(&template.as_str()) {
                assert_eq!(answer.status, 200, "{method} {path}");
            } else {
                assert_eq!(answer.outcome(), (401, "unauthenticated"), "{method} {path}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    }

    async fn every_route_names_the_right_that_a_token_lacks(db: Database) {
        let service = Service::over(db).await;
        let poor = [service.member(&[Right::AuditRead]).await, service.operator(&[Right::WorkspacesWrite]).await];
        for (method, path, template) in operations(&service).await {
            let is_open = PUBLIC.contains(&template.as_str()) || (method == "GET" && path.starts_with("/v1/components"));
            if is_open {
                continue;
            }
            let mut problems: Vec<String> = Vec::new();
            for token in &poor {
                let answer = service.call(&method, &path, token).await;
                assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
                let told = if answer.problem() == "missing-right" { &answer.body["right"] } else { &answer.body["needed"] };
                assert!(answer.body["detail"].as_str().unwrap().contains(told.as_str().unwrap()), "{}", answer.text);
                problems.push(answer.problem().to_owned());
            }
            problems.sort();
            assert_eq!(problems, ["missing-right", "wrong-token-kind"], "{method} {path}");
        }
    }

    async fn whatever_is_no_token_gets_one_answer(db: Database) {
        let service = Service::over(db).await;
        let good = service.member(&[Right::Admin]).await;
        let default = Scope::Workspace(WorkspaceId::default_workspace());
        let expired = service.token(default, &[Right::Admin], Some(Timestamp::UNIX_EPOCH)).await;
        let unknown = Service::over(crate::harness::databases::fresh(crate::harness::databases::Backend::Sqlite).await)
            .await.member(&[Right::Admin]).await;
        let mut mistyped = good.clone();
        mistyped.replace_range(20..21, if &good[20..21] == "a" { "b" } else { "a" });
        let bearer = |token: &str| vec![format!("Bearer {token}")];
        let cases = [
            vec![], vec![String::new()], vec!["Bearer".to_owned()], vec!["Bearer ".to_owned()], vec![good.clone()],
            vec![format!("Bearer {good}"), format!("Bearer {good}")], vec![format!("Basic {good}")],
            vec![format!("Bearer  {good}")], bearer(&good.to_lowercase()), bearer(&mistyped), bearer(&expired),
            bearer(&unknown), bearer(&"a".repeat(8192)), bearer("kst_x_1"), bearer(&good.replacen("_w_", "_i_", 1)),
        ];
        let mut bodies = Vec::new();
        for headers in &cases {
            let mut request = request("GET", "/v1/credentials", "");
            for header in headers {
                request = request.header(AUTHORIZATION, header);
            }
            let answer = service.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.outcome(), (401, "unauthenticated"), "{headers:?}");
            bodies.push(answer.without_request_id());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        for scheme in ["Bearer", "bearer"] {
            let request = request("GET", "/v1/credentials", "").header(AUTHORIZATION, format!("{scheme} {good}"));
            assert_eq!(service.send(request.body(Body::empty()).unwrap()).await.status, 200);
        }
    }

    async fn rights_are_looked_at_before_the_body(db: Database) {
        let service = Service::over(db).await;
        let reader = service.member(&[Right::CredentialsRead]).await;
        let answer = service.post_text("/v1/credentials", &reader, "{ no json").await;
        assert_eq!(answer.outcome(), (403, "missing-right"));
        assert_eq!(answer.body["right"], "credentials:write");
        // One right of two is not enough to install.
        let half = service.operator(&[Right::ComponentsInstall]).await;
        let answer = service.call("POST", "/v1/components", &half).await;
        assert_eq!(answer.outcome(), (403, "missing-right"));
        assert_eq!(answer.body["right"], "components:consent");
    }

    async fn an_operator_reads_components_and_nothing_of_a_workspace(db: Database) {
        let service = Service::over(db).await;
        let operator = service.operator(&[Right::Operator]).await;
        assert_eq!(service.call("GET", "/v1/components", &operator).await.body, serde_json::json!({"items": []}));
        let answer = service.call("GET", "/v1/credentials", &operator).await;
        assert_eq!(answer.outcome(), (403, "wrong-token-kind"));
        assert_eq!(answer.body["needed"], Value::from("workspace"));
    }
}
