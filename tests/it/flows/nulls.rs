//! Each key with each of its columns NULL, tried in SQL past the store. A key with a NULL in it refers to nothing, so
//! no column but `credential` may be NULL.

use super::rows::{Refusal, make_world, refusal_of, refuse, run, set_active};
use crate::harness::databases::{Database, on_both_databases};

const FLOWS: [(&str, &str); 7] = [
    ("workspace", "'default'"),
    ("id", "'new'"),
    ("name", "'F'"),
    ("active", "FALSE"),
    ("revision", "1"),
    ("created_at", "0"),
    ("updated_at", "0"),
];

const STEPS: [(&str, &str); 8] = [
    ("workspace", "'default'"),
    ("flow", "'orders'"),
    ("step", "'new'"),
    ("position", "0"),
    ("flow_active", "FALSE"),
    ("component", "'petstore'"),
    ("needs_credential", "TRUE"),
    ("credential", "'pet'"),
];

const COUNTS: [(&str, &str); 5] = [
    ("workspace", "'default'"),
    ("component", "'petstore'"),
    ("slot", "'-'"),
    ("total", "0"),
    ("attention", "0"),
];

/// A statement that inserts a row in which these columns are NULL.
fn insert(table: &str, columns: &[(&str, &str)], nulls: &[&str]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<&str> =
        columns.iter().map(|&(name, value)| if nulls.contains(&name) { "NULL" } else { value }).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// Refuses each column but `credential` as NULL, in new rows and in those that are there.
async fn refuse_each_null(db: &Database, table: &str, columns: &[(&str, &str)]) {
    for (column, _) in columns.iter().filter(|(column, _)| *column != "credential") {
        refuse(db, &insert(table, columns, &[column]), Refusal::Null).await;
        refuse(db, &format!("UPDATE {table} SET {column} = NULL"), Refusal::Null).await;
        // Left out, it gets no default that would make it NULL.
        let given: Vec<(&str, &str)> = columns.iter().filter(|(name, _)| name != column).copied().collect();
        refuse(db, &insert(table, &given, &[]), Refusal::Null).await;
    }
}

on_both_databases! {
    async fn no_column_of_a_flow_is_null(db: Database) {
        make_world(&db).await;
        refuse_each_null(&db, "flows", &FLOWS).await;
        run(&db, &insert("flows", &FLOWS, &[])).await;
    }

    async fn no_column_of_a_step_but_its_credential_is_null(db: Database) {
        make_world(&db).await;
        refuse_each_null(&db, "flow_steps", &STEPS).await;
        run(&db, &insert("flow_steps", &STEPS, &[])).await;
        run(&db, "DELETE FROM flow_steps WHERE step = 'new'").await;
        run(&db, &insert("flow_steps", &STEPS, &["credential"])).await;
    }

    async fn no_column_of_a_count_is_null(db: Database) {
        make_world(&db).await;
        refuse_each_null(&db, "credential_counts", &COUNTS).await;
        run(&db, &insert("credential_counts", &COUNTS, &[])).await;
    }

    async fn no_pair_of_nulls_loosens_a_key(db: Database) {
        make_world(&db).await;
        for (one, _) in STEPS {
            for (two, _) in STEPS.iter().filter(|(two, _)| *two != one) {
                refuse(&db, &insert("flow_steps", &STEPS, &[one, two]), Refusal::Null).await;
            }
        }
    }

    async fn a_step_without_credential_still_has_a_flow_and_a_component(db: Database) {
        make_world(&db).await;
        for (column, wrong) in [
            ("flow", "'nowhere'"),
            ("workspace", "'other'"),
            ("component", "'nobody'"),
            ("flow_active", "TRUE"),
            ("needs_credential", "FALSE"),
        ] {
            let columns = STEPS.map(|(name, value)| (name, if name == column { wrong } else { value }));
            let statement = insert("flow_steps", &columns, &["credential"]);
            let error = db.sql(&statement).await.err();
            let reason = refusal_of(error, &statement);
            // Said to be active, it is refused by the check before its key is looked at.
            assert!(reason == Refusal::Reference || (column, reason) == ("flow_active", Refusal::Check), "{statement}");
        }
    }

    async fn a_step_that_lets_go_of_its_credential_frees_it(db: Database) {
        make_world(&db).await;
        run(&db, "UPDATE flow_steps SET credential = NULL").await;
        assert_eq!(run(&db, "DELETE FROM credentials WHERE id = 'pet'").await, 1);
        refuse(&db, &set_active("orders", true), Refusal::Check).await;
    }
}
