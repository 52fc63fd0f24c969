//! Who comes second: brought about, not waited for.

use jiff::SignedDuration;
use keystead::accounts::{self, AcceptError, wait_after};
use keystead::app::Actor;
use keystead::domain::id::SessionId;
use keystead::domain::secret::Secret;
use keystead::store::{Attempt, NewSession};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use super::office::{Office, PASSWORD};
use crate::harness::databases::{Backend, fresh, on_both_databases};

#[tokio::test]
async fn a_link_that_two_hold_in_hand_works_for_one() {
    let (office, ann) = Office::with_ann(fresh(Backend::Postgres).await).await;
    let link = office.reset("ann").await.unwrap();
    let mut other = PgConnection::connect(&office.database().url).await.unwrap();
    let hold = "SET keystead.scope = 'jobs'; BEGIN; SELECT hash FROM invitations FOR UPDATE";
    sqlx::raw_sql(hold).execute(&mut other).await.unwrap();
    let [one, two] = ["the password of one", "the password of two"].map(|password| {
        let (app, link) = (office.service.app.clone(), link.clone());
        tokio::spawn(async move { accounts::accept(&app, &link, "", Secret::new(password)).await })
    });
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while office.database().number(waiting).await < 2 {}
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let outcomes = [one.await.unwrap(), two.await.unwrap()];
    let ([Ok(won), Err(lost)] | [Err(lost), Ok(won)]) = outcomes else { panic!("not exactly one") };
    assert!(matches!(lost, AcceptError::Gone), "{lost}");
    assert_eq!(won.session.user, ann.session.user);
    assert!(office.is_open(&won.cookie).await);
}

on_both_databases! {
    async fn a_password_that_is_taken_away_while_it_is_looked_at_opens_nothing(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let (app, store) = (office.app(), &office.app().store);
        let now = app.clock.now();
        let attempt = store.begin_attempt("ann", now, wait_after, SignedDuration::from_hours(24)).await.unwrap();
        let Attempt::Counted(candidate) = attempt else { panic!("not counted") };
        let seen = candidate.password.unwrap();
        office.reset("ann").await.unwrap();
        let session = NewSession {
            id: SessionId::generate(&*app.clock, &*app.entropy),
            user: candidate.id.clone(),
            hash: [7; 32],
            created_at: now,
            expires_at: now + SignedDuration::from_hours(1),
        };
        let record = || {
            app.audit_record(&Actor::User(candidate.id.clone()), None, "user.sign-in", "x", "signed-in", json!({}))
        };
        assert!(!store.sign_in(&seen, session.clone(), record()).await.unwrap());
        assert!(!store.change_password(&seen, &seen, session, record()).await.unwrap());
        assert_eq!(office.database().number("SELECT COUNT(*) FROM sessions").await, 0);
        assert!(!office.deeds().await.contains(&"user.sign-in signed-in".to_owned()));
        assert_eq!(office.outcome(ann.session.name.as_str(), PASSWORD).await, "wrong");
    }
}
