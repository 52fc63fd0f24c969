//! Races on PostgreSQL, made certain: another transaction holds a table until the service waits for it in the middle of
//! what it does, changes what the service has read, and commits.

use keystead::domain::clock::{SystemClock, SystemEntropy};
use keystead::domain::id::CredentialId;
use keystead::domain::rights::Right;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::rows::{component, credential, flow, run, step};
use crate::api::service::{Answer, Service};
use crate::harness::databases::{Backend, fresh};

/// A service with two credentials of `petstore`, and flows `orders` and `drafts` of one step, which holds the first
/// credential in `orders` and none in `drafts`.
struct Race {
    service: Service,
    token: String,
    one: CredentialId,
    two: CredentialId,
    other: PgConnection,
}

impl Race {
    async fn begin(active: bool) -> Self {
        let service = Service::over(fresh(Backend::Postgres).await).await;
        let token = service.member(&[Right::Admin]).await;
        let [one, two] = [(); 2].map(|()| CredentialId::generate(&SystemClock, &SystemEntropy));
        let db = &service.database;
        component(db, "petstore", true).await;
        for id in [&one, &two] {
            run(db, &credential(Backend::Postgres, "default", "petstore", id.as_str(), "verified")).await;
        }
        for (id, held) in [("orders", Some(one.as_str())), ("drafts", None)] {
            let is_active = active && held.is_some();
            run(db, &flow("default", id, is_active)).await;
            run(db, &step(id, "fetch", is_active, "petstore", true, held)).await;
        }
        let mut other = PgConnection::connect(&db.url).await.unwrap();
        sqlx::raw_sql("SET keystead.scope = 'jobs'").execute(&mut other).await.unwrap();
        Self { service, token, one, two, other }
    }

    async fn sql(&mut self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut self.other).await.unwrap();
    }

    /// What the service answers when it meets `held` half way, which then goes on with `then` and commits.
    async fn meet(
        &mut self,
        held: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        then: &str,
    ) -> Answer {
        self.sql(&format!("BEGIN; {held}")).await;
        let ask = async {
            match &body {
                Some(body) => self.service.post(path, &self.token, body).await,
                None => self.service.call(method, path, &self.token).await,
            }
        };
        let go_on = async {
            let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while self.service.database.number(waiting).await == 0 {}
            sqlx::raw_sql(AssertSqlSafe(format!("{then}; COMMIT"))).execute(&mut self.other).await.unwrap();
        };
        tokio::join!(ask, go_on).0
    }

    async fn revision(&self, flow: &str) -> i64 {
        self.service.database.number(&format!("SELECT revision FROM flows WHERE id = '{flow}'")).await
    }
}

#[tokio::test]
async fn a_flow_that_is_read_while_it_changes_is_shown_as_it_was_or_as_it_is() {
    let mut race = Race::begin(true).await;
    let held = "LOCK TABLE flow_steps IN ACCESS EXCLUSIVE MODE";
    let then = "UPDATE flows SET active = FALSE, revision = 2 WHERE id = 'orders'; UPDATE flow_steps SET credential = NULL";
    let answer = race.meet(held, "GET", "/v1/flows/orders", None, then).await;
    let shown = (&answer.body["active"], &answer.body["steps"][0]["credential"], &answer.headers["etag"]);
    let (one, null) = (json!(race.one), Value::Null);
    assert!(
        shown == (&json!(true), &one, &"\"v1\"".parse().unwrap())
            || shown == (&json!(false), &null, &"\"v2\"".parse().unwrap()),
        "{shown:?}"
    );
}

#[tokio::test]
async fn a_flow_that_is_active_already_is_not_shown_half_changed_when_it_is_activated_again() {
    let mut race = Race::begin(true).await;
    let held =
        "UPDATE flows SET revision = 2 WHERE id = 'orders'; LOCK TABLE flow_steps IN ACCESS EXCLUSIVE MODE";
    let then = format!("UPDATE flow_steps SET credential = '{}' WHERE flow = 'orders'", race.two);
    let answer = race.meet(held, "POST", "/v1/flows/orders/activate", None, &then).await;
    let shown = (answer.headers["etag"].to_str().unwrap(), &answer.body["steps"][0]["credential"]);
    let (one, two) = (json!(race.one), json!(race.two));
    assert!(shown == ("\"v1\"", &one) || shown == ("\"v2\"", &two), "{shown:?}");
}

#[tokio::test]
async fn a_refusal_to_delete_names_the_flows_that_it_counts() {
    let mut race = Race::begin(true).await;
    let path = format!("/v1/credentials/{}", race.one);
    let held = "LOCK TABLE flows IN ACCESS EXCLUSIVE MODE";
    let answer =
        race.meet(held, "DELETE", &path, None, "UPDATE flows SET active = FALSE WHERE id = 'orders'").await;
    match answer.status {
        200 => assert_eq!(answer.body["unlinked"][0]["id"], "orders", "{}", answer.text),
        _ => {
            assert_eq!(answer.outcome(), (409, "credential-in-use"));
            assert_eq!(
                (&answer.body["total"], &answer.body["flows"][0]["id"]),
                (&json!(1), &json!("orders")),
                "{}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_step_that_takes_a_credential_while_it_is_deleted_is_told_and_its_flow_gets_a_revision() {
    let mut race = Race::begin(false).await;
    let path = format!("/v1/credentials/{}", race.one);
    let held = format!(
        "UPDATE flows SET revision = 2 WHERE id = 'drafts'; UPDATE flow_steps SET credential = '{}' WHERE flow = 'drafts';
         LOCK TABLE flow_steps IN SHARE MODE",
        race.one
    );
    let answer = race.meet(&held, "DELETE", &path, None, "SELECT 1").await;
    assert_eq!((answer.status, &answer.body["total"]), (200, &json!(2)), "{}", answer.text);
    assert_eq!(race.revision("drafts").await, 3);
    assert_eq!(race.revision("orders").await, 2);
}

#[tokio::test]
async fn a_step_that_takes_a_credential_while_it_is_replaced_is_told_and_its_flow_gets_a_revision() {
    let mut race = Race::begin(false).await;
    let path = format!("/v1/credentials/{}/replace", race.one);
    let held = format!(
        "UPDATE flows SET revision = 2 WHERE id = 'drafts'; UPDATE flow_steps SET credential = '{}' WHERE flow = 'drafts';
         LOCK TABLE flow_steps IN SHARE MODE",
        race.one
    );
    let body = Some(json!({"with": race.two}));
    let answer = race.meet(&held, "POST", &path, body, "SELECT 1").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // It keeps what it took, or it is told.
    let moved = race
        .service
        .database
        .number(&format!("SELECT COUNT(*) FROM flow_steps WHERE credential = '{}'", race.two))
        .await;
    assert_eq!(answer.body["total"], moved, "{}", answer.text);
    assert_eq!(race.revision("drafts").await, 1 + moved);
}
