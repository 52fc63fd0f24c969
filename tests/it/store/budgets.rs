//! Where workspaces stand with destinations: rows that nobody loses and that go by themselves.

use jiff::SignedDuration;
use keystead::domain::budget::{Entry, Standing};
use keystead::store::Store;

use super::samples::{LIMITS, fail_at, fail_once, make_workspace, now, workspace};
use crate::harness::databases::on_both_databases;

const HOST: &str = "example.com";

async fn standing(store: &Store, id: &str, host: &str) -> Standing {
    store.find_standings(&workspace(id), &[host.to_owned()], now()).await.unwrap().remove(0)
}

on_both_databases! {
    async fn what_is_written_is_read_again(db: Database) {
        let before = standing(&db.store, "default", HOST).await;
        assert_eq!(before, Standing::new(now()));
        for _ in 0..3 {
            fail_once(&db.store, &workspace("default"), HOST).await;
        }
        let after = standing(&db.store, "default", HOST).await;
        assert_eq!((after.failures, after.level), (3, 1));
        assert_eq!(after.entry(now(), &LIMITS), Entry::Wait(now() + SignedDuration::from_mins(1)));
        assert_eq!(standing(&db.store, "default", "example.net").await, before);
        make_workspace(&db.store, "other").await;
        assert_eq!(standing(&db.store, "other", HOST).await, before);
    }

    async fn failures_at_once_are_all_counted_whoever_writes_them(db: Database) {
        let second = Store::open(&db.url).await.unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..40 {
            let store = if number % 2 == 0 { db.store.clone() } else { second.clone() };
            writers.spawn(async move {
                let change = |standings: &mut [Standing]| {
                    standings.iter_mut().for_each(|standing| standing.fail(None, now(), &LIMITS));
                };
                let hosts = ["a.example", "b.example"].map(str::to_owned);
                store.change_standings(&workspace("default"), &hosts, &LIMITS, now(), change).await.unwrap();
            });
        }
        writers.join_all().await;
        for host in ["a.example", "b.example"] {
            let found = standing(&db.store, "default", host).await;
            assert_eq!((found.failures, found.level), (40, 1), "{host}");
        }
    }

    async fn of_many_claims_at_once_one_is_granted(db: Database) {
        for _ in 0..3 {
            fail_once(&db.store, &workspace("default"), HOST).await;
        }
        let later = now() + SignedDuration::from_mins(1);
        let second = Store::open(&db.url).await.unwrap();
        let mut askers = tokio::task::JoinSet::new();
        for number in 0..20 {
            let store = if number % 2 == 0 { db.store.clone() } else { second.clone() };
            askers.spawn(async move {
                let claim = |standings: &mut [Standing]| {
                    let standing = &mut standings[0];
                    (standing.entry(later, &LIMITS) == Entry::Probe).then(|| standing.claim(later, &LIMITS))
                };
                let hosts = [HOST.to_owned()];
                store.change_standings(&workspace("default"), &hosts, &LIMITS, later, claim).await.unwrap()
            });
        }
        let granted = askers.join_all().await.into_iter().flatten().count();
        assert_eq!(granted, 1);
    }

    async fn rows_that_are_over_go(db: Database) {
        for number in 0..150 {
            fail_once(&db.store, &workspace("default"), &format!("h{number}.example")).await;
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM budgets").await, 150);
        let hour = SignedDuration::from_hours(1);
        fail_at(&db.store, &workspace("default"), HOST, now() + hour).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM budgets").await, 51, "at most 100 at once");
        fail_at(&db.store, &workspace("default"), HOST, now() + hour).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM budgets").await, 1);
        // They go with their workspace, too.
        make_workspace(&db.store, "other").await;
        fail_once(&db.store, &workspace("other"), HOST).await;
        db.sql("DELETE FROM workspaces WHERE id = 'other'").await.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM budgets WHERE workspace = 'other'").await, 0);
    }

    async fn numbers_that_cannot_be_are_refused(db: Database) {
        fail_once(&db.store, &workspace("default"), HOST).await;
        for change in [
            "failures = -1", "failures = NULL", "level = -1", "destination = ''", "workspace = 'nowhere'",
            "over_at = window_start - 1", "rests_until = over_at + 1", "level = 1, blocked_until = over_at + 1",
        ] {
            let statement = format!("UPDATE budgets SET {change}");
            assert!(db.sql(&statement).await.is_err(), "not refused: {statement}");
        }
    }
}
