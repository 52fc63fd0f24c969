//! The second wall, tried in SQL past the store as the service's own role, which owns the tables.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::samples::{self, audit, token, workspace};
use crate::harness::databases::{Backend, Database, Guard, fresh};
use keystead::domain::rights::Scope;
use keystead::store::Store;

const TABLES: [&str; 5] = ["api_tokens", "credentials", "verifications", "audit", "budgets"];

/// Two workspaces, each with a row in each table.
async fn two_workspaces() -> (Database, PgConnection) {
    let db = fresh(Backend::Postgres).await;
    samples::install(&db.store).await;
    samples::make_workspace(&db.store, "other").await;
    for (number, id) in ["default", "other"].into_iter().enumerate() {
        let workspace = workspace(id);
        samples::insert(&db.store, &workspace).await;
        let new = token(Scope::Workspace(workspace.clone()), u8::try_from(number).unwrap());
        db.store.insert_token(new, audit(Some(&workspace), "token.create")).await.unwrap();
        samples::fail_once(&db.store, &workspace, "example.com").await;
    }
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

#[tokio::test]
async fn without_a_workspace_no_row_is_visible() {
    let (_db, mut connection) = two_workspaces().await;
    for table in TABLES {
        assert_eq!(count(&mut connection, table, "true").await, 0, "{table}");
    }
    set(&mut connection, "SET keystead.workspace = ''").await;
    set(&mut connection, "SET keystead.scope = 'workspace'").await;
    for table in TABLES {
        assert_eq!(count(&mut connection, table, "true").await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_workspace_sees_its_own_rows_alone() {
    let (_db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.workspace = 'default'").await;
    for table in TABLES {
        assert!(count(&mut connection, table, "workspace = 'default'").await > 0, "{table}");
        assert_eq!(count(&mut connection, table, "workspace IS DISTINCT FROM 'default'").await, 0, "{table}");
    }
}

#[tokio::test]
async fn jobs_see_all_rows() {
    let (_db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.scope = 'jobs'").await;
    for table in TABLES {
        assert!(count(&mut connection, table, "workspace = 'other'").await > 0, "{table}");
        assert!(count(&mut connection, table, "workspace = 'default'").await > 0, "{table}");
    }
}

#[tokio::test]
async fn another_workspaces_rows_cannot_be_written() {
    let (db, mut connection) = two_workspaces().await;
    set(&mut connection, "SET keystead.workspace = 'default'").await;
    for statement in [
        "UPDATE credentials SET name = 'mine' WHERE workspace = 'other'",
        "DELETE FROM credentials WHERE workspace = 'other'",
        "DELETE FROM verifications WHERE workspace = 'other'",
        "DELETE FROM api_tokens WHERE workspace = 'other'",
        "UPDATE budgets SET failures = 0 WHERE workspace = 'other'",
        "DELETE FROM budgets WHERE workspace = 'other'",
    ] {
        let done = sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        assert_eq!(done.rows_affected(), 0, "{statement}");
    }
    for statement in [
        "UPDATE credentials SET workspace = 'other'",
        "UPDATE verifications SET workspace = 'other'",
        "UPDATE api_tokens SET workspace = 'other'",
        "UPDATE api_tokens SET workspace = NULL, kind = 'installation'",
        "INSERT INTO audit (id, workspace, at, action, outcome, detail) VALUES ('a', 'other', 0, 'x', 'x', '{}')",
        "INSERT INTO audit (id, workspace, at, action, outcome, detail) VALUES ('a', NULL, 0, 'x', 'x', '{}')",
    ] {
        let error = sqlx::raw_sql(statement).execute(&mut connection).await.unwrap_err();
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
    assert_eq!(
        db.number("SELECT COUNT(*) FROM credentials WHERE workspace = 'other' AND name = 'Shop'").await,
        1
    );
}

#[tokio::test]
async fn the_store_leaves_no_setting_behind_on_its_connections() {
    let (db, _) = two_workspaces().await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&db.url).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT set_config('keystead.workspace', 'default', true)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM credentials").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_store_tells_the_database_whose_rows_it_works_on() {
    let (db, mut connection) = two_workspaces().await;
    set(
        &mut connection,
        "CREATE TABLE seen (workspace text, scope text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO seen VALUES (current_setting('keystead.workspace'), current_setting('keystead.scope'));
            RETURN NEW; END $$;
         CREATE TRIGGER note AFTER INSERT ON credentials FOR EACH ROW EXECUTE FUNCTION note()",
    )
    .await;
    samples::insert(&db.store, &workspace("other")).await;
    let seen: Vec<(String, String)> =
        sqlx::query_as("SELECT workspace, scope FROM seen").fetch_all(&mut connection).await.unwrap();
    assert_eq!(seen, [("other".to_owned(), "workspace".to_owned())]);
}

#[tokio::test]
async fn every_table_with_a_workspace_has_a_forced_policy() {
    let (db, _) = two_workspaces().await;
    let lacking = "SELECT COUNT(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace'
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                  AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))";
    assert_eq!(db.number(lacking).await, 0);
}

#[tokio::test]
async fn a_role_that_passes_every_policy_is_told() {
    let db = fresh(Backend::Postgres).await;
    let Guard::Postgres(database) = &db.guard else { panic!("not PostgreSQL") };
    if std::env::var("TEST_DATABASE_URL").is_err() {
        let store = Store::open(&database.admin_url()).await.unwrap();
        assert!(store.bypasses_row_security().await.unwrap());
        store.close().await;
    }
    assert!(!db.store.bypasses_row_security().await.unwrap());
}
