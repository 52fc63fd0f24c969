//! A stored credential is edited, replaced, deleted.

use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};

on_both_databases! {
    async fn secrets_are_kept_unless_retyped_and_asked_for_where_they_would_go_elsewhere(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        let path = format!("/w/default/credentials/{}", site.credential("Shop").await);
        page.open(&path).await;
        page.follow("Edit").await;
        assert!(!page.source().await.contains(GOOD_KEY));
        page.fill("Account name", "Corner shop").await;
        page.press("Verify and save").await;
        page.sees("Saved.").await;
        page.sees("Corner shop").await;

        page.follow("Edit").await;
        let elsewhere = format!("{}/elsewhere", petstore().faulty("status/503"));
        page.fill("Base URL", &elsewhere).await;
        page.press("Verify and save").await;
        page.sees("must be typed again").await;
        assert_eq!(page.value("Base URL").await, elsewhere);
        assert_eq!(page.control("API key").await.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
        // The wrong key leaves the old one untouched.
        page.fill("Base URL", &petstore().base_url()).await;
        page.fill("API key", "mistyped").await;
        page.press("Verify and save").await;
        page.sees("Petstore does not accept it").await;
        page.fill("API key", GOOD_KEY).await;
        page.press("Verify and save").await;
        page.sees("Saved: the application accepted the new values.").await;
        assert!(!page.source().await.contains(GOOD_KEY));
        page.press("Verify now").await;
        page.sees("The application accepts it.").await;
        page.check_console().await;
    }

    async fn a_credential_that_nothing_uses_is_deleted(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        let id = site.credential("Shop").await;
        page.open(&format!("/w/default/credentials/{id}")).await;
        page.follow("Delete").await;
        page.sees("No flow uses it.").await;
        page.press("Delete for good").await;
        page.sees("The credential is deleted.").await;
        assert!(site.credentials().await.is_empty());
        // Going back to what is gone does nothing and says so.
        page.driver.back().await.unwrap();
        page.open(&format!("/w/default/credentials/{id}")).await;
        page.sees("There is nothing here").await;
    }

    async fn a_credential_in_use_stays_until_the_flows_have_another(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        let (old, new) = (site.credential("Old key").await, site.credential("New key").await);
        site.flow("orders", "Orders", &[("fetch", &old), ("push", &old)]).await;
        site.activate("orders").await;
        page.open(&format!("/w/default/credentials/{old}")).await;
        page.sees("Where used").await;
        page.follow("Delete").await;
        page.sees("Active flows use it, so it cannot be deleted").await;
        for text in ["Orders", "fetch, push"] {
            page.sees(text).await;
        }
        assert!(!page.has("button", "Delete for good").await);
        page.follow("Replace in flows").await;
        page.tick("New key").await;
        page.press("Replace").await;
        page.sees("The flows use the other credential now.").await;
        page.sees("No flow uses it.").await;
        let steps = site.call("GET", "/v1/flows/orders", None).await["steps"].clone();
        assert!(steps.as_array().unwrap().iter().all(|step| step["credential"] == new.as_str()), "{steps}");
        page.follow("Delete").await;
        page.press("Delete for good").await;
        page.sees("The credential is deleted.").await;
        page.check_console().await;
    }

    async fn deleting_tells_which_inactive_flows_are_touched(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        let id = site.credential("Shop").await;
        site.flow("orders", "Orders", &[("fetch", &id)]).await;
        page.open(&format!("/w/default/credentials/{id}/delete")).await;
        page.sees("These inactive flows will have no credential").await;
        page.sees("Orders").await;
        page.press("Delete for good").await;
        page.sees("The credential is deleted.").await;
        assert_eq!(site.call("GET", "/v1/flows/orders", None).await["steps"][0]["credential"], serde_json::Value::Null);
    }
}
