//! What flows hold against changes of a component, tried in SQL past the store.

use super::rows::{Refusal, component, credential, flow, make_world, refuse, run, set_active, step};
use crate::harness::databases::on_both_databases;

const BEGIN_TO_NEED: &str = "UPDATE components SET needs_credential = TRUE WHERE id = 'clock'";

on_both_databases! {
    async fn a_component_does_not_begin_to_need_credentials_while_active_flows_lack_them(db: Database) {
        make_world(&db).await;
        run(&db, &set_active("ticks", true)).await;
        refuse(&db, BEGIN_TO_NEED, Refusal::Check).await;
        refuse(&db, "UPDATE components SET needs_credential = TRUE", Refusal::Check).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM components WHERE needs_credential").await, 2);
        // Whether an inactive one beside it lacks it does not matter, nor that another active one has it.
        run(&db, &credential(db.backend, "default", "clock", "zone", "verified")).await;
        run(&db, "UPDATE flow_steps SET credential = 'zone' WHERE flow = 'ticks'").await;
        run(&db, BEGIN_TO_NEED).await;
        refuse(&db, "UPDATE flow_steps SET credential = NULL WHERE flow = 'ticks'", Refusal::Check).await;
    }

    async fn a_component_begins_and_ceases_to_need_credentials_with_the_steps_of_inactive_flows(db: Database) {
        make_world(&db).await;
        let needing = "SELECT COUNT(*) FROM flow_steps WHERE needs_credential AND flow = 'ticks'";
        run(&db, BEGIN_TO_NEED).await;
        assert_eq!(db.number(needing).await, 1);
        refuse(&db, &set_active("ticks", true), Refusal::Check).await;
        run(&db, "UPDATE components SET needs_credential = FALSE").await;
        assert_eq!(db.number("SELECT COUNT(*) FROM flow_steps WHERE needs_credential").await, 0);
        run(&db, &set_active("ticks", true)).await;
        run(&db, &set_active("drafts", true)).await;
        refuse(&db, "UPDATE components SET needs_credential = TRUE WHERE id = 'petstore'", Refusal::Check).await;
    }

    async fn a_component_that_steps_or_credentials_name_is_not_removed(db: Database) {
        make_world(&db).await;
        let remove = |id: &str| format!("DELETE FROM components WHERE id = '{id}'");
        run(&db, "DELETE FROM credentials WHERE id = 'far'").await;
        // Of the releases that refer to it, too, nothing is left that could be what refuses.
        run(&db, "DELETE FROM releases WHERE component = 'clock'").await;
        refuse(&db, &remove("clock"), Refusal::Reference).await;
        run(&db, "DELETE FROM flow_steps WHERE component = 'clock'").await;
        assert_eq!(run(&db, &remove("clock")).await, 1);
        // `shop` is in no step, but has a credential.
        refuse(&db, "DELETE FROM releases WHERE component = 'shop'", Refusal::Reference).await;
        refuse(&db, &remove("shop"), Refusal::Reference).await;
        refuse(&db, "UPDATE components SET id = 'shops' WHERE id = 'shop'", Refusal::Reference).await;
        run(&db, "DELETE FROM credentials WHERE id = 'shop'").await;
        run(&db, "DELETE FROM releases WHERE component = 'shop'").await;
        assert_eq!(run(&db, &remove("shop")).await, 1);
    }

    async fn steps_of_any_workspace_keep_their_component(db: Database) {
        make_world(&db).await;
        component(&db, "beacon", false).await;
        run(&db, "DELETE FROM releases WHERE component = 'beacon'").await;
        run(&db, &flow("other", "remote", true)).await;
        let remote = step("remote", "one", true, "beacon", false, None);
        run(&db, &remote.replace("'default'", "'other'")).await;
        refuse(&db, "DELETE FROM components WHERE id = 'beacon'", Refusal::Reference).await;
        refuse(&db, "UPDATE components SET needs_credential = TRUE WHERE id = 'beacon'", Refusal::Check).await;
        run(&db, "DELETE FROM flows WHERE workspace = 'other'").await;
        assert_eq!(run(&db, "DELETE FROM components WHERE id = 'beacon'").await, 1);
    }
}
