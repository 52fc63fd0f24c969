//! Two workspaces: what belongs to the other looks exactly like what does not exist.

use keystead::domain::rights::{Right, Scope};
use serde_json::json;

use super::service::Service;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn foreign_random_and_malformed_ids_look_alike(db: Database) {
        let service = Service::with_petstore(db).await;
        let ours = service.member(&[Right::Admin]).await;
        let other = service.workspace("other").await;
        let theirs = service.token(Scope::Workspace(other), &[Right::Admin], None).await;
        let saved = service.post("/v1/credentials", &theirs, &service.draft("good")).await;
        assert_eq!((saved.status, &saved.body["workspace"]), (201, &json!("other")), "{}", saved.text);
        let foreign = saved.body["id"].as_str().unwrap();

        let random = format!("cred_{}", "0".repeat(26));
        let long = "a".repeat(5000);
        let ids = [foreign, &random, "x", "cred_", "tok_00000000000000000000000000", "..", ".", "%2e%2e", "%00", "%ff",
            "%2F", "a%5Cb", "'%20OR%201=1", &foreign.to_uppercase(), &long];
        for (method, suffix) in [("GET", ""), ("DELETE", ""), ("POST", "/verify"), ("HEAD", "")] {
            for id in ids {
                let answer = service.call(method, &format!("/v1/credentials/{id}{suffix}"), &ours).await;
                assert_eq!(answer.status, 404, "{method} {id}: {}", answer.text);
                if method == "HEAD" {
                    continue;
                }
                assert_eq!(answer.problem(), "not-found");
                let unlike = service.call("GET", "/nowhere", &ours).await;
                assert_eq!(answer.without_request_id(), unlike.without_request_id(), "{method} {id}");
            }
        }
        let theirs_still = service.call("GET", &format!("/v1/credentials/{foreign}"), &theirs).await;
        assert_eq!(theirs_still.body, saved.body);
        assert_eq!(service.upstream.received().len(), 1, "nothing was verified for a stranger");
    }

    async fn lists_counts_and_cursors_stay_in_their_workspace(db: Database) {
        let service = Service::with_petstore(db).await;
        let ours = service.member(&[Right::Admin]).await;
        let other = service.workspace("other").await;
        let theirs = service.token(Scope::Workspace(other), &[Right::Admin], None).await;
        for _ in 0..2 {
            assert_eq!(service.post("/v1/credentials", &theirs, &service.draft("good")).await.status, 201);
        }
        assert_eq!(service.call("GET", "/v1/credentials", &ours).await.body["items"], json!([]));
        let page = service.call("GET", "/v1/credentials?limit=1", &theirs).await;
        let cursor = page.body["next_cursor"].as_str().unwrap();
        let answer = service.call("GET", &format!("/v1/credentials?limit=1&cursor={cursor}"), &ours).await;
        assert_eq!(answer.outcome(), (400, "cursor-invalid"));

        let operator = service.operator(&[Right::Operator]).await;
        for (token, total) in [(&ours, 0), (&theirs, 2), (&operator, 2)] {
            let list = service.call("GET", "/v1/components", token).await;
            assert_eq!(list.body["items"][0]["credentials"], json!({"total": total, "attention": 0}));
        }
    }
}
