//! What the keys of steps refuse, tried in SQL past the store: which credential a step may hold, and what may be
//! done to one that a step holds.

use super::rows::{Refusal, credential, flow, make_world, refusal_of, refuse, run, set_active, step};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_step_holds_no_credential_of_another_component_or_workspace_and_none_that_is_not_there(db: Database) {
        make_world(&db).await;
        for other in ["shop", "far", "nobody", ""] {
            refuse(&db, &step("drafts", "more", false, "petstore", true, Some(other)), Refusal::Reference).await;
            let change = format!("UPDATE flow_steps SET credential = '{other}' WHERE flow = 'drafts'");
            refuse(&db, &change, Refusal::Reference).await;
        }
        run(&db, "UPDATE flow_steps SET credential = 'pet' WHERE flow = 'drafts'").await;
        assert_eq!(db.number("SELECT COUNT(*) FROM flow_steps WHERE credential = 'pet'").await, 2);
    }

    async fn a_step_that_needs_no_credential_holds_none_of_another_component_either(db: Database) {
        make_world(&db).await;
        refuse(&db, "UPDATE flow_steps SET credential = 'pet' WHERE flow = 'ticks'", Refusal::Reference).await;
        // It may hold one of its own.
        run(&db, &credential(db.backend, "default", "clock", "zone", "verified")).await;
        run(&db, "UPDATE flow_steps SET credential = 'zone' WHERE flow = 'ticks'").await;
        run(&db, &set_active("ticks", true)).await;
        run(&db, "UPDATE flow_steps SET credential = NULL WHERE flow = 'ticks'").await;
    }

    async fn a_step_that_holds_a_credential_stays_with_its_component_and_workspace(db: Database) {
        make_world(&db).await;
        run(&db, "INSERT INTO flows SELECT 'other', id, name, active, revision, created_at, updated_at FROM flows").await;
        for (change, reason) in [
            ("component = 'shop'", Refusal::Reference),
            ("component = 'clock', needs_credential = FALSE", Refusal::Reference),
            ("component = 'nobody'", Refusal::Reference),
            ("workspace = 'other'", Refusal::Reference),
            ("workspace = 'nowhere'", Refusal::Reference),
            ("flow = 'nowhere'", Refusal::Reference),
        ] {
            refuse(&db, &format!("UPDATE flow_steps SET {change} WHERE flow = 'orders'"), reason).await;
        }
        // With the credential, in one statement, it may move.
        run(&db, "UPDATE flow_steps SET component = 'shop', credential = 'shop' WHERE flow = 'orders'").await;
        run(&db, "UPDATE flow_steps SET component = 'petstore', workspace = 'other', credential = 'far' WHERE flow = 'orders'").await;
    }

    async fn a_credential_that_a_step_holds_is_not_deleted_whether_the_flow_is_active_or_not(db: Database) {
        make_world(&db).await;
        for active in [false, true] {
            run(&db, &set_active("orders", active)).await;
            refuse(&db, "DELETE FROM credentials WHERE id = 'pet'", Refusal::Reference).await;
            refuse(&db, "DELETE FROM credentials", Refusal::Reference).await;
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials").await, 3);
        assert_eq!(run(&db, "DELETE FROM credentials WHERE id IN ('shop', 'far')").await, 2);
        // While the flow is active, its step cannot let go of it.
        refuse(&db, "UPDATE flow_steps SET credential = NULL WHERE flow = 'orders'", Refusal::Check).await;
        run(&db, &set_active("orders", false)).await;
        run(&db, "UPDATE flow_steps SET credential = NULL WHERE flow = 'orders'").await;
        assert_eq!(run(&db, "DELETE FROM credentials WHERE id = 'pet'").await, 1);
    }

    async fn a_credential_that_a_step_holds_keeps_its_id_component_and_workspace(db: Database) {
        make_world(&db).await;
        for change in [
            "id = 'pet2'",
            "workspace = 'other'",
            "component = 'shop', release_digest = (SELECT digest FROM releases WHERE component = 'shop')",
        ] {
            refuse(&db, &format!("UPDATE credentials SET {change} WHERE id = 'pet'"), Refusal::Reference).await;
        }
        run(&db, "UPDATE credentials SET name = 'Pets', status = 'rejected', version = 2 WHERE id = 'pet'").await;
    }

    async fn deleting_a_flow_takes_its_steps_and_leaves_its_credentials(db: Database) {
        make_world(&db).await;
        run(&db, &step("orders", "more", false, "petstore", true, Some("pet"))).await;
        run(&db, &set_active("orders", true)).await;
        assert_eq!(run(&db, "DELETE FROM flows WHERE id = 'orders'").await, 1);
        assert_eq!(db.number("SELECT COUNT(*) FROM flow_steps WHERE flow = 'orders'").await, 0);
        assert_eq!(db.number("SELECT COUNT(*) FROM flow_steps").await, 2);
        assert_eq!(db.number("SELECT COUNT(*) FROM credentials WHERE id = 'pet'").await, 1);
        assert_eq!(run(&db, "DELETE FROM credentials WHERE id = 'pet'").await, 1);
    }

    async fn steps_belong_to_a_flow_and_each_is_there_once(db: Database) {
        make_world(&db).await;
        refuse(&db, &step("nowhere", "fetch", false, "clock", false, None), Refusal::Reference).await;
        refuse(&db, &step("orders", "fetch", false, "clock", false, None), Refusal::Taken).await;
        refuse(&db, &flow("default", "orders", false), Refusal::Taken).await;
        refuse(&db, &flow("nowhere", "orders", false), Refusal::Reference).await;
        // The same ids in another workspace are other flows.
        run(&db, &flow("other", "orders", false)).await;
    }

    async fn a_workspace_with_flows_or_counts_stays(db: Database) {
        make_world(&db).await;
        refuse(&db, "DELETE FROM workspaces WHERE id = 'default'", Refusal::Reference).await;
        refuse(&db, "UPDATE workspaces SET id = 'renamed' WHERE id = 'default'", Refusal::Reference).await;
    }

    async fn values_of_flows_and_steps_are_checked(db: Database) {
        make_world(&db).await;
        let long = "x".repeat(201);
        for change in ["name = ''", "revision = 0", "created_at = -1", "updated_at = -1", "id = ''"] {
            let table = format!("UPDATE flows SET {change} WHERE id = 'ticks'");
            // Its step refers to the id, and is looked at first or last.
            let error = db.sql(&table).await.unwrap_err();
            assert!(matches!(refusal_of(Some(error), &table), Refusal::Check | Refusal::Reference), "{table}");
        }
        refuse(&db, &flow("default", &long, false), Refusal::Check).await;
        refuse(&db, &step("ticks", &long, false, "clock", false, None), Refusal::Check).await;
        refuse(&db, &step("ticks", "", false, "clock", false, None), Refusal::Check).await;
        refuse(&db, "UPDATE flow_steps SET position = -1", Refusal::Check).await;
        run(&db, &flow("default", &long[1..], false)).await;
    }
}
