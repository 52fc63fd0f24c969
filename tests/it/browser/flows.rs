//! The steps of flows are given credentials, and flows activated.

use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};

on_both_databases! {
    async fn a_credential_is_made_in_one_step_and_chosen_in_another(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        site.flow("orders", "Orders", &[("fetch", ""), ("push", "")]).await;
        page.open("/").await;
        page.follow("Flows").await;
        page.follow("Orders").await;
        page.press("Activate").await;
        page.sees("The flow cannot be active").await;
        page.sees("Step fetch has no credential.").await;
        page.sees("Step push has no credential.").await;

        page.follow("Choose credential fetch").await;
        page.sees("Create one here").await;
        page.follow("Create New Credential").await;
        page.sees("It will be used by step fetch of the flow").await;
        page.fill("Account name", "Shop").await;
        page.fill("API key", GOOD_KEY).await;
        page.fill("Base URL", &petstore().base_url()).await;
        page.press("Verify and save").await;
        page.sees("Saved: the application accepted it.").await;
        page.sees("Orders").await;

        page.open("/w/default/flows/orders").await;
        page.follow("Choose credential push").await;
        page.tick("Shop").await;
        page.press("Use it in this step").await;
        page.sees("The step uses another credential now.").await;
        page.press("Activate").await;
        page.sees("The flow is active.").await;
        let flow = site.call("GET", "/v1/flows/orders", None).await;
        let held: Vec<_> = flow["steps"].as_array().unwrap().iter().map(|step| step["credential"].is_string()).collect();
        assert_eq!((flow["active"].as_bool(), held), (Some(true), vec![true, true]), "{flow}");

        // An active flow keeps what it needs.
        page.follow("Change credential push").await;
        page.press("Take the credential away from this step").await;
        page.sees("Nothing was changed").await;
        page.open("/w/default/flows/orders").await;
        page.press("Deactivate").await;
        page.sees("The flow is inactive.").await;
        page.check_console().await;
    }
}
