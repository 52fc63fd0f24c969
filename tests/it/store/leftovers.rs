//! What one call leaves for the next one on the same connection, and one workspace for the next.

use keystead::domain::clock::Clock as _;
use keystead::domain::credential::IdempotencyKey;
use keystead::store::Request;
use sqlx::{Connection as _, PgConnection};

use super::samples::{self, NOW, audit, workspace};
use crate::harness::databases::{Backend, fresh, on_both_databases};

/// The one thing that the store reads without naming a workspace, sqlx's own table, tells what the connection sees.
const TELLING: &str = "
    CREATE TABLE seen (workspace text, scope text, credentials bigint);
    CREATE FUNCTION tell() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN
        INSERT INTO seen SELECT current_setting('keystead.workspace', true), current_setting('keystead.scope', true),
            (SELECT COUNT(*) FROM credentials);
        RETURN true; END $$;
    ALTER TABLE _sqlx_migrations RENAME TO applied;
    CREATE VIEW _sqlx_migrations AS SELECT * FROM applied WHERE tell()";

#[tokio::test]
async fn what_a_transaction_may_see_ends_with_it() {
    let db = fresh(Backend::Postgres).await;
    samples::install(&db.store).await;
    let default = workspace("default");
    let id = samples::insert(&db.store, &default).await.credential.id;
    let mut connection = PgConnection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(TELLING).execute(&mut connection).await.unwrap();
    // A connection goes back into the pool in its own time: over and over, each of them comes to its turn.
    for _ in 0..20 {
        db.store.list_workspaces().await.unwrap();
        assert!(db.store.find_credential(&default, &id).await.unwrap().is_some());
        db.store.check_schema().await.unwrap();
    }
    let query = "SELECT COALESCE(workspace, ''), COALESCE(scope, ''), credentials FROM seen";
    let seen: Vec<(String, String, i64)> = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
    assert!(seen.len() >= 20);
    for row in seen {
        assert_eq!(row, (String::new(), String::new(), 0));
    }
}

on_both_databases! {
    async fn a_key_that_one_workspace_may_use_anew_stays_with_the_other(db: Database) {
        samples::install(&db.store).await;
        let workspaces = [workspace("default"), samples::make_workspace(&db.store, "other").await];
        let key = IdempotencyKey::parse("order-4711").unwrap();
        // The second one comes when the first would be forgotten in its own workspace.
        for (number, workspace) in workspaces.iter().enumerate() {
            let mut new = samples::credential(workspace);
            let since = samples::At(NOW + i64::try_from(number).unwrap());
            new.request = Some(Request { key: key.clone(), hash: [7; 32], since: since.now() });
            db.store.insert_credential(new, audit(Some(workspace), "credential.create")).await.unwrap();
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials WHERE idempotency_key IS NOT NULL").await, 2);
    }
}
