//! The counts of credentials, which triggers keep, compared with counting; in SQL past the store.

use super::rows::{Refusal, component, credential, make_world, refuse, run};
use crate::harness::databases::{Database, on_both_databases};

/// How many counts are not what counting says: rows that are wrong, and credentials without a row.
pub const MISCOUNTED: &str = "SELECT
    (SELECT COUNT(*) FROM credential_counts n WHERE n.total <> (
        SELECT COUNT(*) FROM credentials c WHERE c.workspace = n.workspace AND c.component = n.component
            AND substr(c.id, length(c.id), 1) = n.slot)
     OR n.attention <> (
        SELECT COUNT(*) FROM credentials c WHERE c.workspace = n.workspace AND c.component = n.component
            AND substr(c.id, length(c.id), 1) = n.slot AND c.status <> 'verified'))
    + (SELECT COUNT(*) FROM credentials c WHERE NOT EXISTS (
        SELECT 1 FROM credential_counts n WHERE c.workspace = n.workspace AND c.component = n.component
            AND substr(c.id, length(c.id), 1) = n.slot))";

const STATUSES: [&str; 4] = ["verified", "unverified", "rejected", "reauthorization_required"];

/// Total and attention of one slot of `petstore` in `default`.
async fn counted(db: &Database, slot: char) -> (i64, i64) {
    let of = |column: &str| {
        format!(
            "SELECT COALESCE(SUM({column}), -1) FROM credential_counts
             WHERE workspace = 'default' AND component = 'petstore' AND slot = '{slot}'"
        )
    };
    // PostgreSQL's sum is no integer.
    let cast = |query: String| {
        query.replacen("COALESCE", "CAST(COALESCE", 1).replacen(", -1)", ", -1) AS BIGINT)", 1)
    };
    (db.number(&cast(of("total"))).await, db.number(&cast(of("attention"))).await)
}

async fn agree(db: &Database, what: &str) {
    assert_eq!(db.number(MISCOUNTED).await, 0, "{what}");
}

on_both_databases! {
    async fn each_insert_change_of_status_and_deletion_is_counted(db: Database) {
        make_world(&db).await;
        agree(&db, "at the beginning").await;
        for from in STATUSES {
            for to in STATUSES {
                // `pet9` shares its slot with nobody, `petA` with one that stays.
                run(&db, &credential(db.backend, "default", "petstore", "petA", "verified")).await;
                for id in ["pet9", "bigA"] {
                    run(&db, &credential(db.backend, "default", "petstore", id, from)).await;
                    agree(&db, from).await;
                    run(&db, &format!("UPDATE credentials SET status = '{to}' WHERE id = '{id}'")).await;
                    agree(&db, &format!("{from} to {to}")).await;
                }
                let attention = i64::from(to != "verified");
                assert_eq!(counted(&db, '9').await, (1, attention), "{from} to {to}");
                assert_eq!(counted(&db, 'A').await, (2, attention), "{from} to {to}");
                assert_eq!(run(&db, "DELETE FROM credentials WHERE id IN ('pet9', 'bigA', 'petA')").await, 3);
                agree(&db, &format!("deleted as {to}")).await;
                assert_eq!((counted(&db, '9').await, counted(&db, 'A').await), ((0, 0), (0, 0)));
            }
        }
    }

    async fn many_rows_of_one_statement_are_each_counted(db: Database) {
        make_world(&db).await;
        for number in 0..20 {
            let (workspace, status) = (["default", "other"][number % 2], STATUSES[number % 4]);
            let component = ["petstore", "shop", "clock"][number % 3];
            run(&db, &credential(db.backend, workspace, component, &format!("many{number}"), status)).await;
        }
        agree(&db, "inserted").await;
        for (number, status) in STATUSES.into_iter().enumerate() {
            run(&db, &format!("UPDATE credentials SET status = '{status}' WHERE id LIKE '%{number}'")).await;
            agree(&db, "some changed").await;
            run(&db, &format!("UPDATE credentials SET status = '{status}'")).await;
            agree(&db, "all changed").await;
        }
        run(&db, "DELETE FROM credentials WHERE id LIKE 'many%'").await;
        agree(&db, "many deleted").await;
        assert_eq!(db.number("SELECT CAST(SUM(total) AS BIGINT) FROM credential_counts").await, 3);
    }

    async fn other_changes_and_what_is_taken_back_leave_the_counts(db: Database) {
        make_world(&db).await;
        let before = counted(&db, 't').await;
        assert_eq!(before, (1, 0));
        run(&db, "UPDATE credentials SET name = 'Pets', version = 7, revision = 9, status = status").await;
        run(&db, &format!(
            "BEGIN; {}; UPDATE credentials SET status = 'rejected'; DELETE FROM credentials WHERE id = 'shop'; ROLLBACK",
            credential(db.backend, "default", "petstore", "feet", "unverified"),
        )).await;
        refuse(&db, &credential(db.backend, "default", "petstore", "pet", "rejected"), Refusal::Taken).await;
        refuse(&db, "DELETE FROM credentials", Refusal::Reference).await;
        assert_eq!(counted(&db, 't').await, before);
        agree(&db, "taken back").await;
    }

    async fn a_count_is_never_below_zero_and_attention_never_above_the_total(db: Database) {
        make_world(&db).await;
        for change in ["total = -1", "attention = -1", "attention = total + 1", "slot = ''", "slot = 'ab'"] {
            refuse(&db, &format!("UPDATE credential_counts SET {change}"), Refusal::Check).await;
        }
        refuse(&db, "UPDATE credential_counts SET component = 'nobody'", Refusal::Reference).await;
        refuse(&db, "UPDATE credential_counts SET workspace = 'nowhere'", Refusal::Reference).await;
    }

    async fn counts_of_a_component_go_with_it(db: Database) {
        make_world(&db).await;
        component(&db, "beacon", true).await;
        run(&db, &credential(db.backend, "other", "beacon", "light", "verified")).await;
        run(&db, "DELETE FROM credentials WHERE id = 'light'").await;
        assert_eq!(db.number("SELECT COUNT(*) FROM credential_counts WHERE component = 'beacon'").await, 1);
        run(&db, "DELETE FROM releases WHERE component = 'beacon'").await;
        run(&db, "DELETE FROM components WHERE id = 'beacon'").await;
        assert_eq!(db.number("SELECT COUNT(*) FROM credential_counts WHERE component = 'beacon'").await, 0);
        agree(&db, "removed").await;
    }
}
