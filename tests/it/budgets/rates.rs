//! How often a workspace may verify with a component at all.

use keystead::budgets::Settings;
use keystead::telemetry;

use super::{DRY_RUN, Rig};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_minute_has_its_verifications(db: Database) {
        let rig = Rig::with(db, Settings { verifications: 3, ..Settings::default() }).await;
        for _ in 0..3 {
            assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
        }
        rig.pass(20);
        let answer = rig.dry_run("good").await;
        assert_eq!(answer.outcome(), (429, "too-many-verifications"), "{answer:?}");
        assert_eq!((answer.headers["retry-after"].to_str().unwrap(), &answer.body["retry_after"]), ("40", &40.into()));
        assert_eq!(rig.service.upstream.received().len(), 3);
        assert!(telemetry::page(&rig.service.app).contains("keystead_budget_refusals_total{budget=\"rate\"} 1\n"));
        let other = rig.other().await;
        assert_eq!(rig.service.post(DRY_RUN, &other, &rig.service.draft("good")).await.status, 200);
        rig.pass(40);
        assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
    }
}
