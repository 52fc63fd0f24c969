//! What activity demands, tried in SQL past the store: a step of an active flow has the credential that it needs, and
//! the copies in a step's row are never wrong.

use super::rows::{Refusal, credential, flow, make_world, refuse, run, set_active, step};
use crate::harness::databases::{Database, on_both_databases};

/// How many steps of a flow say that it is active.
async fn say_active(db: &Database, flow: &str) -> i64 {
    db.number(&format!("SELECT COUNT(*) FROM flow_steps WHERE flow = '{flow}' AND flow_active")).await
}

on_both_databases! {
    async fn a_flow_with_a_step_that_lacks_its_credential_is_not_activated(db: Database) {
        make_world(&db).await;
        refuse(&db, &set_active("drafts", true), Refusal::Check).await;
        // One of two is not enough, and the others of the same statement stay as they are.
        run(&db, &step("orders", "more", false, "shop", true, None)).await;
        refuse(&db, &set_active("orders", true), Refusal::Check).await;
        refuse(&db, "UPDATE flows SET active = TRUE", Refusal::Check).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM flows WHERE active").await, 0);
        run(&db, "UPDATE flow_steps SET credential = 'shop' WHERE step = 'more'").await;
        run(&db, &set_active("orders", true)).await;
        assert_eq!(say_active(&db, "orders").await, 2);
    }

    async fn a_flow_whose_steps_have_what_they_need_is_activated_and_deactivated_with_its_steps(db: Database) {
        make_world(&db).await;
        run(&db, &flow("default", "empty", false)).await;
        for (id, steps) in [("orders", 1), ("ticks", 1), ("empty", 0)] {
            run(&db, &set_active(id, true)).await;
            assert_eq!(say_active(&db, id).await, steps);
            run(&db, &set_active(id, false)).await;
            assert_eq!(say_active(&db, id).await, 0);
        }
    }

    async fn a_step_of_an_active_flow_is_not_written_without_the_credential_that_it_needs(db: Database) {
        make_world(&db).await;
        run(&db, &set_active("orders", true)).await;
        run(&db, &set_active("ticks", true)).await;
        refuse(&db, &step("orders", "more", true, "shop", true, None), Refusal::Check).await;
        refuse(&db, &step("ticks", "more", true, "petstore", true, None), Refusal::Check).await;
        refuse(&db, "UPDATE flow_steps SET credential = NULL WHERE flow = 'orders'", Refusal::Check).await;
        let change = "UPDATE flow_steps SET component = 'shop', needs_credential = TRUE WHERE flow = 'ticks'";
        refuse(&db, change, Refusal::Check).await;
        // With one, or where none is needed, it is.
        run(&db, &step("orders", "more", true, "shop", true, Some("shop"))).await;
        run(&db, &step("orders", "tick", true, "clock", false, None)).await;
        run(&db, "DELETE FROM flow_steps WHERE step = 'more'").await;
    }

    async fn a_step_moves_into_an_active_flow_only_with_its_credential(db: Database) {
        make_world(&db).await;
        run(&db, &set_active("ticks", true)).await;
        let into = |flow: &str, id: &str| {
            format!("UPDATE flow_steps SET flow = 'ticks', flow_active = TRUE, step = '{id}' WHERE flow = '{flow}'")
        };
        refuse(&db, &into("drafts", "draft"), Refusal::Check).await;
        run(&db, &into("orders", "order")).await;
        assert_eq!(say_active(&db, "ticks").await, 2);
        refuse(&db, "DELETE FROM credentials WHERE id = 'pet'", Refusal::Reference).await;
    }

    async fn a_step_cannot_say_otherwise_than_its_flow_and_component(db: Database) {
        make_world(&db).await;
        run(&db, &set_active("ticks", true)).await;
        for (flow, active, component, needs) in [
            ("orders", true, "petstore", true),
            ("ticks", false, "petstore", true),
            ("orders", false, "petstore", false),
            ("orders", false, "clock", true),
            ("ticks", true, "clock", true),
        ] {
            // With a credential of its own component no check could be what refuses it.
            let own = if component == "petstore" { "pet" } else { "zone" };
            if component == "clock" && db.number("SELECT COUNT(*) FROM credentials WHERE id = 'zone'").await == 0 {
                run(&db, &credential(db.backend, "default", "clock", "zone", "verified")).await;
            }
            refuse(&db, &step(flow, "more", active, component, needs, Some(own)), Refusal::Reference).await;
        }
        for change in [
            "flow_active = TRUE WHERE flow = 'orders'",
            "flow_active = FALSE WHERE flow = 'ticks'",
            "needs_credential = FALSE WHERE flow = 'drafts'",
            "needs_credential = FALSE WHERE flow = 'orders'",
            "flow_active = FALSE, needs_credential = FALSE WHERE flow = 'ticks'",
        ] {
            refuse(&db, &format!("UPDATE flow_steps SET {change}"), Refusal::Reference).await;
        }
    }

    async fn a_renamed_flow_takes_its_steps_along(db: Database) {
        make_world(&db).await;
        run(&db, &set_active("orders", true)).await;
        run(&db, "UPDATE flows SET id = 'purchases' WHERE id = 'orders'").await;
        assert_eq!(say_active(&db, "purchases").await, 1);
        refuse(&db, "DELETE FROM credentials WHERE id = 'pet'", Refusal::Reference).await;
    }
}
