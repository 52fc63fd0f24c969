//! Credentials are found among others, and fields among those that a choice needs.

use serde_json::json;

use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};
use crate::harness::wasm::guest;

on_both_databases! {
    async fn credentials_are_searched_and_sorted(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        for name in ["Zebra shop", "Corner shop", "corner stall"] {
            site.credential(name).await;
        }
        let fields = json!({"apiKey": GOOD_KEY, "baseUrl": petstore().faulty("status/503")});
        let body = json!({"component": "petstore", "name": "Warehouse", "fields": fields, "accept_unverified": true});
        site.call("POST", "/v1/credentials", Some(body)).await;
        page.open("/").await;
        assert_eq!(page.count_of("Petstore").await, "4");
        page.sees("1 needs attention").await;
        page.follow("Petstore").await;
        assert_eq!(page.row_names().await, ["Corner shop", "corner stall", "Warehouse", "Zebra shop"]);
        page.choose("Sort by", "Needs attention first").await;
        page.press("Search").await;
        page.is_at("/w/default/components/petstore?q=&sort=").await;
        assert_eq!(page.row_names().await[0], "Warehouse");
        page.fill("Search", "corner").await;
        page.press("Search").await;
        page.is_at("/w/default/components/petstore?q=corner").await;
        assert_eq!(page.row_names().await.len(), 2, "upper and lower case are the same");
        page.fill("Search", "no such shop").await;
        page.press("Search").await;
        page.sees("Nothing found").await;
        page.follow("Show all").await;
        page.sees("Zebra shop").await;
        page.check_console().await;
    }

    async fn fields_of_another_choice_are_hidden_where_scripts_run(db: Database) {
        let site = Site::start(db).await;
        site.install_bytes(guest("kitchen")).await;
        let page = site.first_user().await;
        let path = "/w/default/components/kitchen/new";
        page.open(path).await;
        assert!(!page.has("control", "User name").await && !page.has("control", "Private key").await);
        page.choose("Sign-in", "password").await;
        assert!(page.has("control", "User name").await && page.has("control", "Password").await);
        assert!(!page.has("control", "Private key").await);
        page.fill("API key", GOOD_KEY).await;
        page.fill("Base URL", &petstore().base_url()).await;
        page.press("Verify and save").await;
        // What the choice asks for is missing, and the choice stands.
        page.sees("Please correct this").await;
        assert_eq!(page.value("Sign-in").await, "password");
        assert!(page.has("control", "User name").await && !page.has("control", "Private key").await);
        page.choose("Sign-in", "none").await;
        page.fill("API key", GOOD_KEY).await;
        page.press("Verify and save").await;
        page.sees("Saved: the application accepted it.").await;
        assert!(!page.source().await.contains(GOOD_KEY));
        page.check_console().await;

        page.without_script().await;
        page.open(path).await;
        assert!(page.has("control", "User name").await && page.has("control", "Private key").await);
        page.fill("API key", GOOD_KEY).await;
        page.fill("Base URL", &petstore().base_url()).await;
        page.press("Verify and save").await;
        page.sees("Saved: the application accepted it.").await;
    }
}
