//! The second wall around flows, steps and counts on PostgreSQL, tried in SQL as the service's own role, which owns
//! the tables.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::rows::{Refusal, credential, flow, make_world, refusal_of, run, set_active, step};
use crate::harness::databases::{Backend, Database, fresh};

const TABLES: [&str; 3] = ["flows", "flow_steps", "credential_counts"];

/// Both workspaces with rows in each table, and a connection without any setting.
async fn two_workspaces() -> (Database, PgConnection) {
    let db = fresh(Backend::Postgres).await;
    make_world(&db).await;
    run(&db, &set_active("orders", true)).await;
    run(&db, &flow("other", "secret", false)).await;
    let step = step("secret", "fetch", false, "petstore", true, Some("far"));
    run(&db, &step.replace("'default'", "'other'")).await;
    let connection = PgConnection::connect(&db.url).await.unwrap();
    (db, connection)
}

async fn set(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str, condition: &str) -> i64 {
    let query = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection).await.unwrap()
}

async fn affected(connection: &mut PgConnection, statement: &str) -> Result<u64, sqlx::Error> {
    Ok(sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?.rows_affected())
}

#[tokio::test]
async fn without_a_workspace_no_flow_step_or_count_is_visible() {
    let (_db, mut connection) = two_workspaces().await;
    for setting in
        ["", "SET keystead.workspace = ''", "SET keystead.scope = 'workspace'", "SET keystead.scope = ''"]
    {
        set(&mut connection, setting).await;
        for table in TABLES {
            assert_eq!(count(&mut connection, table, "true").await, 0, "{table} after {setting:?}");
        }
    }
}

#[tokio::test]
async fn a_workspace_sees_its_own_flows_steps_and_counts_alone() {
    let (_db, mut connection) = two_workspaces().await;
    for (setting, own, others) in [
        ("SET keystead.workspace = 'default'", "workspace = 'default'", "workspace <> 'default'"),
        ("SET keystead.workspace = 'other'", "workspace = 'other'", "workspace <> 'other'"),
    ] {
        set(&mut connection, setting).await;
        for table in TABLES {
            assert!(count(&mut connection, table, own).await > 0, "{table} {own}");
            assert_eq!(count(&mut connection, table, others).await, 0, "{table} {others}");
        }
    }
    set(&mut connection, "SET keystead.scope = 'jobs'").await;
    for table in TABLES {
        assert!(count(&mut connection, table, "workspace = 'default'").await > 0, "{table}");
    }
}

#[tokio::test]
async fn another_workspaces_flows_steps_and_counts_cannot_be_changed() {
    let (db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.workspace = 'default'").await;
    for table in TABLES {
        for statement in [format!("UPDATE {table} SET workspace = workspace"), format!("DELETE FROM {table}")]
        {
            let statement = statement + " WHERE workspace = 'other'";
            assert_eq!(affected(&mut connection, &statement).await.unwrap(), 0, "{statement}");
        }
        let moved = format!("UPDATE {table} SET workspace = 'other'");
        let refusal = refusal_of(affected(&mut connection, &moved).await.err(), &moved);
        assert_eq!(refusal, Refusal::OtherWorkspace, "{moved}");
    }
    for statement in [
        flow("other", "mine", false),
        step("secret", "mine", false, "clock", false, None).replace("'default'", "'other'"),
        "INSERT INTO credential_counts VALUES ('other', 'clock', 'x', 0, 0)".to_owned(),
        credential(db.backend, "other", "petstore", "mine", "verified"),
    ] {
        let refusal = refusal_of(affected(&mut connection, &statement).await.err(), &statement);
        assert_eq!(refusal, Refusal::OtherWorkspace, "{statement}");
    }
    for (table, rows) in [("flows", 1), ("flow_steps", 1), ("credential_counts", 1)] {
        assert_eq!(
            db.number(&format!("SELECT COUNT(*) FROM {table} WHERE workspace = 'other'")).await,
            rows,
            "{table}"
        );
    }
}

#[tokio::test]
async fn within_its_workspace_a_transaction_can_do_all_that_it_needs() {
    let (db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.workspace = 'other'").await;
    for statement in [
        credential(db.backend, "other", "petstore", "far2", "rejected"),
        flow("other", "more", false),
        step("more", "fetch", false, "petstore", true, Some("far2")).replace("'default'", "'other'"),
        "UPDATE credentials SET status = 'verified' WHERE id = 'far2'".to_owned(),
        "UPDATE flows SET active = TRUE WHERE id = 'more'".to_owned(),
        "DELETE FROM flows WHERE id = 'more'".to_owned(),
        "DELETE FROM credentials WHERE id = 'far2'".to_owned(),
    ] {
        assert_eq!(affected(&mut connection, &statement).await.unwrap(), 1, "{statement}");
        assert_eq!(db.number(super::counts::MISCOUNTED).await, 0, "{statement}");
    }
}

#[tokio::test]
async fn the_keys_reach_rows_that_the_policies_hide() {
    let (db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.workspace = 'default'").await;
    let needing = "SELECT COUNT(*) FROM flow_steps WHERE workspace = 'other' AND needs_credential";
    for (needs, steps) in [(false, 0), (true, 1)] {
        let change = format!("UPDATE components SET needs_credential = {needs} WHERE id = 'petstore'");
        assert_eq!(affected(&mut connection, &change).await.unwrap(), 1);
        assert_eq!(db.number(needing).await, steps, "{change}");
    }
    let unneeded = "DELETE FROM components WHERE id = 'petstore'";
    assert_eq!(refusal_of(affected(&mut connection, unneeded).await.err(), unneeded), Refusal::Reference);
}
