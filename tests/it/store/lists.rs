//! Lists find an index for each set of filters, whatever the number of credentials.

use keystead::domain::credential::Status;
use keystead::store::{FlowFilter, ListFilter};

use super::samples::{self, workspace};
use crate::harness::databases::{Backend, Database, on_both_databases};

/// Many rows in two workspaces, and what the database knows of them.
async fn fill(db: &Database) {
    let default = workspace("default");
    samples::make_workspace(&db.store, "other").await;
    samples::install(&db.store).await;
    samples::insert(&db.store, &default).await;
    db.sql(
        "INSERT INTO credentials (workspace, component, id, name, status, public_fields, secrets, destinations, version,
             release_version, release_digest, record, key_id, verified_at, created_at, updated_at)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 4000)
         SELECT CASE WHEN n % 2 = 0 THEN 'default' ELSE 'other' END, component, 'cred_00000000000000000000' || CAST(100000 + n AS TEXT),
             'Shop ' || CAST(n AS TEXT), CASE WHEN n % 50 = 0 THEN 'rejected' ELSE 'verified' END, public_fields, secrets,
             destinations, version, release_version, release_digest, record, key_id, verified_at, created_at, updated_at
         FROM numbers, credentials",
    )
    .await
    .unwrap();
    db.sql("ANALYZE").await.unwrap();
}

/// What the database would do, with these values in place of parameters.
async fn plan(db: &Database, query: &str) -> String {
    let values =
        ["'default'", "'cred_'", "50", "'petstore'", "'rejected'", "'Shop 12'", "'Shop 13'", "'orders'"];
    let query = (1..=8)
        .rev()
        .fold(query.to_owned(), |query, number| query.replace(&format!("${number}"), values[number - 1]));
    db.plan(&query).await
}

on_both_databases! {
    async fn every_list_finds_an_index(db: Database) {
        fill(&db).await;
        for number in 0..16 {
            let filter = ListFilter {
                component: (number & 1 != 0).then(|| "petstore".parse().unwrap()),
                status: (number & 2 != 0).then_some(Status::Rejected),
                name_prefix: (number & 4 != 0).then(|| "Shop 12".to_owned()),
                flow: (number & 8 != 0).then(|| "orders".parse().unwrap()),
                after: None,
                limit: 50,
            };
            let plan = plan(&db, filter.query()).await;
            let whole_table = if db.backend == Backend::Sqlite { "SCAN credentials" } else { "Seq Scan" };
            assert!(!plan.contains(whole_table) && plan.to_lowercase().contains("index"), "{filter:?}\n{plan}");
            // SQLite chooses by the text alone; PostgreSQL weighs how many rows each filter leaves.
            if db.backend == Backend::Sqlite && filter.flow.is_none() {
                let is_named = filter.name_prefix.is_some();
                assert_eq!(plan.contains("credentials_by_name"), is_named, "{filter:?}\n{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
            }
            let listed = db.store.list_credentials(&workspace("default"), filter.clone()).await.unwrap();
            assert_eq!(listed.is_empty(), filter.flow.is_some(), "{filter:?}");
        }
    }

    async fn a_deletion_and_a_list_of_flows_find_an_index(db: Database) {
        fill(&db).await;
        // SQLite shows what the keys ask for, and has no statistics of a young database; PostgreSQL gathers
        // its own.
        if db.backend == Backend::Sqlite {
            let plan = db.plan("DELETE FROM credentials WHERE workspace = 'default' AND id = 'cred_'").await;
            assert!(plan.contains("flow_steps USING COVERING INDEX flow_steps_by_credential"), "{plan}");
        }
        for active in [None, Some(true)] {
            let filter = FlowFilter { active, ..FlowFilter::default() };
            let values = [("$4", "true"), ("$3", "50"), ("$2", "''"), ("$1", "'default'")];
            let query = values.iter().fold(filter.query().to_owned(), |query, (name, value)| query.replace(name, value));
            let plan = db.plan(&query).await;
            assert!(!plan.contains("SCAN flows") && !plan.contains("Seq Scan"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
