//! Services that share a database share the budgets.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{DRY_RUN, Rig, check_spent};
use crate::api::service::{Answer, Service};
use crate::harness::databases::on_both_databases;

/// Asks the two in turn to try a wrong credential, all at once.
async fn ask(services: [&Arc<Service>; 2], times: usize, token: &str) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    let draft = services[0].draft("bad");
    for service in services.into_iter().cycle().take(times) {
        let (service, token, draft) = (service.clone(), token.to_owned(), draft.clone());
        tasks.spawn(async move { service.post(DRY_RUN, &token, &draft).await });
    }
    tasks.join_all().await
}

on_both_databases! {
    async fn what_one_has_counted_the_other_knows(db: Database) {
        let rig = Rig::over(db).await;
        let twin = Arc::new(rig.service.twin().await);
        let draft = rig.service.draft("bad");
        rig.fail(10).await;
        for _ in 0..10 {
            assert_eq!(twin.post(DRY_RUN, &rig.token, &draft).await.body["verdict"], "invalid");
        }
        // It has not failed itself meanwhile, and asks again after a second.
        rig.pass(1);
        check_spent(&rig.dry_run("good").await, 59);
        check_spent(&twin.post(DRY_RUN, &rig.token, &draft).await, 59);
        // On probation there is one attempt at a time, wherever it is asked for.
        rig.pass(59);
        rig.service.upstream.forget();
        let answers = ask([&rig.service, &twin], 10, &rig.token).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(rig.service.upstream.received().len(), 1);
        check_spent(&twin.post(DRY_RUN, &rig.token, &draft).await, 120);
    }

    async fn a_burst_fails_no_more_than_it_may(db: Database) {
        let rig = Rig::over(db).await;
        rig.fail(15).await;
        rig.service.upstream.forget();
        ask([&rig.service, &rig.service], 60, &rig.token).await;
        assert_eq!(rig.service.upstream.received().len(), 5);
        check_spent(&rig.dry_run("good").await, 60);
    }

    async fn bursts_in_two_places_exceed_the_budget_by_what_the_other_has_under_way(db: Database) {
        let rig = Rig::over(db).await;
        let twin = Arc::new(rig.service.twin().await);
        ask([&rig.service, &twin], 120, &rig.token).await;
        let sent = rig.service.upstream.received().len();
        // Each of the two has four slots, of which one workspace takes three.
        assert!((20..=20 + 3).contains(&sent), "{sent}");
        check_spent(&rig.dry_run("good").await, 60);
    }
}
