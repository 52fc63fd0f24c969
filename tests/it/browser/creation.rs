//! A credential is tried out, and saved when the application has accepted it.

use super::page::Page;
use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};

/// A key that the Petstore does not know.
const WRONG_KEY: &str = "mistyped-key-4711";

/// Opens the form by the ways that people go, and fills it in.
async fn fill_in(page: &Page, name: &str, key: &str, base_url: &str) {
    page.open("/").await;
    page.follow("Create New Credential").await;
    page.follow("Petstore").await;
    page.fill("Account name", name).await;
    page.fill("API key", key).await;
    page.fill("Base URL", base_url).await;
}

async fn wrong_key_is_told_and_good_one_saved(mut site: Site, page: Page) {
    let base_url = petstore().base_url();
    page.sees("none yet").await;
    fill_in(&page, "Shop", WRONG_KEY, &base_url).await;
    page.press("Verify and save").await;
    page.sees("Petstore does not accept it").await;
    let field = page.control("API key").await;
    assert_eq!(field.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    let described = field.attr("aria-describedby").await.unwrap().unwrap_or_default();
    let error = page.element(described.trim()).await;
    assert!(error.contains("does not accept this API key"), "{error}");
    let kept = [page.value("Account name").await, page.value("Base URL").await, page.value("API key").await];
    assert_eq!(kept, ["Shop", &base_url, ""]);
    assert!(!page.source().await.contains(WRONG_KEY));
    assert!(site.credentials().await.is_empty());

    page.fill("API key", GOOD_KEY).await;
    page.press("Verify and save").await;
    page.sees("Saved: the application accepted it.").await;
    page.is_at("/w/default/credentials/cred_").await;
    for text in ["Shop", "Verified", base_url.as_str(), "stored, never shown"] {
        page.sees(text).await;
    }
    assert!(!page.source().await.contains(GOOD_KEY));
    let saved = site.credentials().await;
    assert_eq!((saved.len(), &saved[0]["status"]), (1, &"verified".into()), "{saved:?}");
    page.open("/").await;
    assert_eq!(page.count_of("Petstore").await, "1");
    page.check_console().await;
}

async fn who_cannot_be_asked_may_be_asked_again(mut site: Site, page: Page) {
    fill_in(&page, "Shop", GOOD_KEY, &petstore().faulty("status/503")).await;
    page.press("Verify and save").await;
    page.sees("Petstore could not be asked").await;
    assert!(page.has("button", "Save unverified").await);
    assert!(site.credentials().await.is_empty());
    page.fill("API key", GOOD_KEY).await;
    page.press("Try again").await;
    page.sees("Petstore could not be asked").await;
    page.fill("API key", GOOD_KEY).await;
    page.press("Save unverified").await;
    page.sees("Saved without an answer").await;
    page.sees("Unverified").await;
    assert_eq!(site.credentials().await[0]["status"], "unverified");
    page.open("/").await;
    page.sees("1 needs attention").await;
    page.check_console().await;
}

on_both_databases! {
    async fn a_wrong_key_is_told_at_its_field_and_a_good_one_saved(db: Database) {
        let (site, page) = Site::with_petstore(db).await;
        wrong_key_is_told_and_good_one_saved(site, page).await;
    }

    async fn the_same_without_script(db: Database) {
        let (site, page) = Site::with_petstore(db).await;
        page.without_script().await;
        wrong_key_is_told_and_good_one_saved(site, page).await;
    }

    async fn an_application_that_cannot_be_asked_may_be_asked_again_or_left_for_later(db: Database) {
        let (site, page) = Site::with_petstore(db).await;
        who_cannot_be_asked_may_be_asked_again(site, page).await;
    }

    async fn the_same_may_be_done_without_script(db: Database) {
        let (site, page) = Site::with_petstore(db).await;
        page.without_script().await;
        who_cannot_be_asked_may_be_asked_again(site, page).await;
    }

    async fn what_is_being_done_is_told_and_can_be_cancelled(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        fill_in(&page, "Shop", GOOD_KEY, &format!("{}/mute", site.upstream.origin())).await;
        page.press("Verify and save").await;
        page.sees("Waiting for Petstore").await;
        site.upstream.until_kept_waiting(1).await;
        page.emulate((390, 844), false).await;
        page.screenshot("create-progress").await;
        page.press("Cancel").await;
        site.upstream.until_kept_waiting(0).await;
        page.sees("Cancelled. Nothing was saved.").await;
        // Nothing has to be typed again.
        assert_eq!((page.value("Account name").await.as_str(), page.value("API key").await.as_str()), ("Shop", GOOD_KEY));
        assert!(site.credentials().await.is_empty());
        page.fill("Base URL", &petstore().base_url()).await;
        page.press("Verify and save").await;
        page.sees("Saved: the application accepted it.").await;
        page.check_console().await;
    }

    async fn a_form_that_is_sent_twice_makes_one_credential(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        fill_in(&page, "Shop", GOOD_KEY, &petstore().base_url()).await;
        let script = "
            const done = arguments[arguments.length - 1];
            const form = document.querySelector('form[data-verify]');
            const send = () => fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
            Promise.all([send(), send(), send()]).then((all) => done(all.map((it) => it.url)), (e) => done(String(e)));";
        let places = page.driver.execute_async(script, []).await.unwrap().json().clone();
        assert_eq!(places.as_array().map(Vec::len), Some(3), "{places}");
        assert_eq!(site.credentials().await.len(), 1, "{places}");
        page.press("Verify and save").await;
        page.sees("This form was sent before").await;
        for _ in 0..2 {
            page.driver.refresh().await.unwrap();
        }
        page.driver.back().await.unwrap();
        page.driver.forward().await.unwrap();
        assert_eq!(site.credentials().await.len(), 1);
    }
}
