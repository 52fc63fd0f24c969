//! Applications that ask to be left alone are.

use serde_json::json;

use super::{DRY_RUN, Rig, draft};
use crate::harness::databases::on_both_databases;
use crate::harness::recorder::{Recorder, Reply, answer_with};

async fn tired(status: u16, value: &str) -> Recorder {
    let tired = answer_with(status, &[("retry-after", value)], "{}");
    let shops = [("/tired/store/inventory", tired), ("*", Reply::KeysLike("good"))];
    Recorder::start_at("127.0.0.2", shops).await
}

on_both_databases! {
    async fn an_application_is_not_asked_before_it_wants_to_be(db: Database) {
        let rig = Rig::over(db).await;
        let (service, token) = (&rig.service, rig.token.as_str());
        let upstream = tired(429, "30").await;
        let (shop, open) = (format!("{}/tired", upstream.origin()), upstream.origin());
        let first = service.post("/v1/credentials", token, &draft(&shop, "good-key-4711")).await;
        assert_eq!(first.outcome(), (424, "verification-undecided"), "{first:?}");
        rig.pass(10);
        let told = service.post("/v1/credentials", token, &draft(&open, "good-key-4711")).await;
        assert_eq!(told.outcome(), (424, "verification-undecided"), "{told:?}");
        assert_eq!((&told.body["reason"], &told.body["retry_after"]), (&"rate-limited".into(), &20.into()));
        assert_eq!(told.headers["retry-after"], "20");
        assert_eq!(told.body["evidence"]["unproven"], json!(["apiKey"]), "{told:?}");
        assert_eq!(upstream.received().len(), 1);
        // It can be saved unverified as ever, and others are asked.
        let mut wanted = draft(&open, "good-key-4711");
        wanted["accept_unverified"] = true.into();
        let saved = service.post("/v1/credentials", token, &wanted).await;
        assert_eq!((saved.status, &saved.body["status"]), (201, &"unverified".into()), "{saved:?}");
        assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
        assert_eq!(upstream.received().len(), 1);
        let other = rig.other().await;
        let answer = service.post(DRY_RUN, &other, &draft(&open, "good-key-4711")).await;
        assert_eq!(answer.body["verdict"], "valid", "{answer:?}");
        rig.pass(20);
        let path = format!("/v1/credentials/{}/verify", saved.body["id"].as_str().unwrap());
        let answer = service.call("POST", &path, token).await;
        assert_eq!(answer.body["verdict"], "valid", "{answer:?}");
    }

    async fn a_wish_is_honoured_for_an_hour_at_most(db: Database) {
        let rig = Rig::over(db).await;
        // The rig's clock says January 2027.
        for value in ["1000000", "Fri, 01 Jan 2038 00:00:00 GMT"] {
            let upstream = tired(503, value).await;
            rig.try_key(&format!("{}/tired", upstream.origin()), "good-key-4711").await;
            rig.pass(3_599);
            let answer = rig.try_key(&upstream.origin(), "good-key-4711").await;
            assert_eq!((&answer.body["verdict"], &answer.body["retry_after"]), (&"undecided".into(), &1.into()));
            rig.pass(1);
            assert_eq!(rig.try_key(&upstream.origin(), "good-key-4711").await.body["verdict"], "valid");
        }
    }
}
