//! How many verifications of a host may fail.

use keystead::budgets::Settings;
use keystead::domain::id::WorkspaceId;
use keystead::telemetry;
use serde_json::json;

use super::{DRY_RUN, Rig, check_spent, draft, far};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn after_twenty_failures_nothing_is_sent_by_any_way(db: Database) {
        let rig = Rig::over(db).await;
        let (service, token) = (&rig.service, rig.token.as_str());
        let stored = service.stored(token).await;
        let path = format!("/v1/credentials/{stored}");
        for number in 0..20 {
            let path = if number % 2 == 0 { "/v1/credentials" } else { DRY_RUN };
            let answer = service.post(path, token, &service.draft("bad")).await;
            assert_eq!(answer.status, if number % 2 == 0 { 422 } else { 200 }, "{answer:?}");
        }
        service.upstream.forget();
        check_spent(&service.post("/v1/credentials", token, &service.draft("good")).await, 60);
        check_spent(&rig.dry_run("good").await, 60);
        check_spent(&service.call("POST", &format!("{path}/verify"), token).await, 60);
        let patch = json!({"fields": {"apiKey": "another-key-4711"}});
        check_spent(&service.patch(&path, token, &patch).await, 60);
        check_spent(&service.patch(&format!("{path}?dry_run=true"), token, &patch).await, 60);
        // Another port of the same machine is no other host.
        check_spent(&rig.try_key(&service.elsewhere.origin(), "the-key-4711").await, 60);
        assert!(service.upstream.received().is_empty() && service.elsewhere.received().is_empty());
        let recorded = service.app.store.list_audit(Some(&WorkspaceId::default_workspace()), 100).await.unwrap();
        let refused: Vec<_> = recorded.iter().filter(|record| record.outcome == "budget").collect();
        assert_eq!(refused.len(), 6);
        assert!(refused.iter().all(|record| record.detail == json!({"host": "127.0.0.1"})), "{refused:?}");
        let page = telemetry::page(&service.app);
        assert!(page.contains("keystead_budget_refusals_total{budget=\"failures\"} 6\n"), "{page}");
        // What asks no application is done all the same.
        let renamed = service.patch(&path, token, &json!({"name": "Corner shop"})).await;
        assert_eq!((renamed.status, &renamed.body["status"]), (200, &"verified".into()), "{renamed:?}");
    }

    async fn other_hosts_and_workspaces_go_on(db: Database) {
        let rig = Rig::over(db).await;
        rig.fail(20).await;
        check_spent(&rig.dry_run("good").await, 60);
        let far = far().await;
        assert_eq!(rig.try_key(&far.origin(), "good-key-4711").await.body["verdict"], "valid");
        let other = rig.other().await;
        let answer = rig.service.post(DRY_RUN, &other, &rig.service.draft("good")).await;
        assert_eq!(answer.body["verdict"], "valid", "{answer:?}");
    }

    async fn the_cool_down_doubles_and_a_success_in_between_buys_nothing(db: Database) {
        let rig = Rig::over(db).await;
        rig.fail(20).await;
        for seconds in [60, 120, 240, 480] {
            check_spent(&rig.dry_run("bad").await, seconds);
            rig.pass(i64::from(seconds) - 1);
            check_spent(&rig.dry_run("bad").await, 1);
            rig.pass(1);
            for _ in 0..3 {
                assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
            }
            assert_eq!(rig.dry_run("busy").await.body["verdict"], "undecided");
            rig.fail(1).await;
        }
        check_spent(&rig.dry_run("good").await, 960);
        // A quiet hour after it forgets.
        rig.pass(960 + 3_600);
        rig.fail(20).await;
        check_spent(&rig.dry_run("good").await, 60);
    }

    async fn what_is_no_failure_is_not_counted(db: Database) {
        let rig = Rig::over(db).await;
        rig.fail(19).await;
        for _ in 0..25 {
            assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
            assert_eq!(rig.dry_run("busy").await.body["verdict"], "undecided");
        }
        let closed = draft("http://127.0.0.1:9", "the-key-4711");
        for _ in 0..3 {
            let answer = rig.service.post(DRY_RUN, &rig.token, &closed).await;
            assert_ne!(answer.status, 429, "{answer:?}");
        }
        rig.fail(1).await;
        check_spent(&rig.dry_run("good").await, 60);
        // A new hour has a new budget.
        rig.pass(60 + 3_600);
        rig.fail(1).await;
        assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
    }

    async fn answers_that_are_withheld_count_as_failures(db: Database) {
        let rig = Rig::with(db, Settings { failures: 3, ..Settings::default() }).await;
        let far = far().await;
        let mirror = format!("{}/mirror", far.origin());
        for number in 0..3 {
            let answer = rig.try_key(&mirror, &format!("candidate-{number}")).await;
            assert_eq!(answer.body["evidence"]["exchanges"][0]["withheld"], "reflected", "{answer:?}");
        }
        let answer = rig.try_key(&mirror, "candidate-3").await;
        assert_eq!((answer.outcome(), &answer.body["host"]), ((429, "too-many-failures"), &"127.0.0.2".into()));
        assert_eq!(far.received().len(), 3);
    }

    async fn a_thousand_guesses_at_one_host_stop_at_the_budget(db: Database) {
        let rig = Rig::over(db).await;
        let far = far().await;
        let mut refused = 0;
        for number in 0..1_000 {
            // Hosts are no other ones for their paths.
            let base_url = format!("{}/of-user-{number}", far.origin());
            let answer = rig.try_key(&base_url, &format!("guess-{number}")).await;
            refused += usize::from(answer.status == 429);
        }
        assert_eq!((far.received().len(), refused), (20, 980));
    }
}
