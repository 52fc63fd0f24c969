//! Everything can be done without a mouse, and one always sees where one is.

use thirtyfour::Key;

use super::page::Page;
use super::site::{PASSWORD, Site, USER};
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};

/// Presses tab until this has the focus; everything on the way can be seen to have it.
async fn tab_to(page: &Page, name: &str) {
    for _ in 0..60 {
        page.key(Key::Tab).await;
        let Some(focus) = page.focus().await else { continue };
        assert!(focus.ring && focus.in_view, "{focus:?} at {}", page.path().await);
        if focus.name.starts_with(name) {
            return;
        }
    }
    panic!("the tab key does not lead to {name:?} at {}: {:?}", page.path().await, page.tab_order().await);
}

on_both_databases! {
    async fn a_credential_is_made_without_a_mouse(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        tab_to(&page, "Sign out").await;
        page.key(Key::Enter).await;
        page.is_at("/sign-in").await;
        // The first field has the focus as the page opens.
        page.key(USER).await;
        tab_to(&page, "Password").await;
        page.key(PASSWORD).await;
        page.key(Key::Enter).await;
        page.is_at("/w/default/credentials").await;
        page.key(Key::Tab).await;
        assert_eq!(page.focus().await.unwrap().name, "Skip to content");
        page.key(Key::Enter).await;
        tab_to(&page, "Create New Credential").await;
        page.key(Key::Enter).await;
        page.is_at("/w/default/credentials/new").await;
        tab_to(&page, "Petstore").await;
        page.key(Key::Enter).await;
        page.is_at("/w/default/components/petstore/new").await;
        tab_to(&page, "Account name").await;
        page.key("Shop").await;
        tab_to(&page, "API key").await;
        page.key(GOOD_KEY).await;
        tab_to(&page, "Show").await;
        page.key(" ").await;
        assert_eq!(page.control("API key").await.attr("type").await.unwrap().as_deref(), Some("text"));
        tab_to(&page, "Hide").await;
        page.key(" ").await;
        assert_eq!(page.control("API key").await.attr("type").await.unwrap().as_deref(), Some("password"));
        tab_to(&page, "Base URL").await;
        // What stands in a field is selected when one comes by the tab key.
        page.key(petstore().base_url()).await;
        tab_to(&page, "Verify and save").await;
        page.key(Key::Enter).await;
        page.sees("Saved: the application accepted it.").await;
        tab_to(&page, "Delete").await;
        page.key(Key::Enter).await;
        page.is_at("/w/default/credentials/cred_").await;
        tab_to(&page, "Delete for good").await;
        page.key(Key::Enter).await;
        page.sees("The credential is deleted.").await;
        assert!(site.credentials().await.is_empty());
    }
}
