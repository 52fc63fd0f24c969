//! Every page is looked at: pictures are kept, nobody is kept out, nothing jumps, nothing weighs too much. What it looks
//! like does not depend on the database.

use serde_json::json;

use super::page::Page;
use super::site::Site;
use crate::harness::databases::{Backend, fresh};
use crate::harness::petstore::{GOOD_KEY, petstore};
use crate::harness::wasm::guest;

/// What a first page may weigh, in bytes.
const LIGHT: u64 = 100_000;

/// Opens a page as somebody who comes for the first time, and looks at it.
async fn visit(page: &Page, path: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let weight = page.page_weight(path).await;
    if weight > LIGHT {
        found.push(format!("{name}: weighs {weight} bytes"));
    }
    let (sum, moved) = page.layout_shift().await;
    if sum > 0.001 {
        found.push(format!("{name}: jumps by {sum}: {moved:?}"));
    }
    found.extend(page.inspect(name).await);
    found
}

#[tokio::test]
async fn pages_before_anybody_is_signed_in() {
    let mut found = Vec::new();
    let site = Site::start(fresh(Backend::Sqlite).await).await;
    let page = site.browser().await;
    for (path, name) in
        [(site.link().await.as_str(), "welcome"), ("/sign-in", "sign-in"), ("/welcome?token=x", "problem")]
    {
        found.extend(visit(&page, path, name).await);
    }
    site.first_user().await;
    page.open("/sign-in").await;
    page.fill("User name", "ada").await;
    page.fill("Password", "wrong").await;
    page.press("Sign in").await;
    page.sees("is not right").await;
    found.extend(page.inspect("sign-in-refused").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn empty_pages_say_what_to_do() {
    let mut found = Vec::new();
    let (mut site, page) = Site::with_petstore(fresh(Backend::Sqlite).await).await;
    for (path, name) in [
        ("/w/default/components/petstore", "component-empty"),
        ("/w/default/flows", "flows-empty"),
        ("/w/default/flows/nowhere", "not-found"),
    ] {
        found.extend(visit(&page, path, name).await);
    }
    page.open("/components/petstore").await;
    page.press("Remove the component").await;
    page.sees("The component is removed.").await;
    page.open("/w/default/credentials").await;
    found.extend(page.inspect("credentials-empty").await);
    page.open("/components").await;
    found.extend(page.inspect("components-empty").await);
    assert!(site.credentials().await.is_empty());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// An installation in use: components, credentials of every status, flows.
async fn in_use() -> (Site, Page, String) {
    let (mut site, page) = Site::with_petstore(fresh(Backend::Sqlite).await).await;
    for name in ["kitchen", "hostile"] {
        site.install_bytes(guest(name)).await;
    }
    let shop = site.credential("Corner shop").await;
    site.credential("Market stall with a rather long name that people gave it once and for all").await;
    let fields = json!({"apiKey": GOOD_KEY, "baseUrl": petstore().faulty("status/503")});
    let body =
        json!({"component": "petstore", "name": "Warehouse", "fields": fields, "accept_unverified": true});
    site.call("POST", "/v1/credentials", Some(body)).await;
    site.flow("orders", "Orders", &[("fetch", &shop), ("push", &shop)]).await;
    site.activate("orders").await;
    site.flow("returns", "Returns of the whole year", &[("fetch", &shop), ("refund", "")]).await;
    (site, page, shop)
}

#[tokio::test]
async fn pages_of_an_installation_in_use() {
    let mut found = Vec::new();
    let (_site, page, shop) = in_use().await;
    let credential = format!("/w/default/credentials/{shop}");
    for (path, name) in [
        ("/w/default/credentials".to_owned(), "credentials"),
        ("/w/default/credentials/new".to_owned(), "choose-component"),
        ("/w/default/components/petstore".to_owned(), "component"),
        ("/w/default/components/petstore?q=nothing+like+it".to_owned(), "component-nothing-found"),
        ("/w/default/components/petstore/new".to_owned(), "create"),
        ("/w/default/components/kitchen/new".to_owned(), "create-every-field"),
        (credential.clone(), "credential"),
        (format!("{credential}/edit"), "edit"),
        (format!("{credential}/delete"), "delete-refused"),
        (format!("{credential}/replace"), "replace"),
        ("/w/default/flows".to_owned(), "flows"),
        ("/w/default/flows/orders".to_owned(), "flow-active"),
        ("/w/default/flows/returns".to_owned(), "flow"),
        ("/w/default/flows/returns/steps/refund".to_owned(), "step"),
        ("/components".to_owned(), "components"),
        ("/components/petstore".to_owned(), "component-admin"),
        ("/components/install".to_owned(), "install"),
        ("/account".to_owned(), "account"),
    ] {
        found.extend(visit(&page, &path, name).await);
        assert!(!page.source().await.contains(GOOD_KEY), "{path} shows a secret");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn outcomes_of_forms() {
    let mut found = Vec::new();
    let (_site, page, shop) = in_use().await;
    page.open("/w/default/components/petstore/new").await;
    page.fill("Account name", "Shop").await;
    page.fill("API key", "mistyped").await;
    page.fill("Base URL", &petstore().base_url()).await;
    page.press("Verify and save").await;
    page.sees("Petstore does not accept it").await;
    found.extend(page.inspect("create-refused").await);
    page.fill("API key", GOOD_KEY).await;
    page.fill("Base URL", &petstore().faulty("status/503")).await;
    page.press("Verify and save").await;
    page.sees("Petstore could not be asked").await;
    found.extend(page.inspect("create-undecided").await);
    page.fill("API key", GOOD_KEY).await;
    page.fill("Base URL", "not an address").await;
    page.press("Try again").await;
    page.sees("Please correct this").await;
    found.extend(page.inspect("create-invalid").await);

    page.open(&format!("/w/default/credentials/{shop}")).await;
    page.press("Verify now").await;
    page.sees("The application accepts it.").await;
    page.driver
        .execute("document.querySelectorAll('details').forEach((it) => { it.open = true })", [])
        .await
        .unwrap();
    found.extend(page.inspect("credential-verified").await);
    page.open("/w/default/flows/returns").await;
    page.press("Activate").await;
    page.sees("The flow cannot be active").await;
    found.extend(page.inspect("flow-refused").await);
    page.open(&format!("/w/default/credentials/{shop}/edit")).await;
    page.fill("Base URL", &petstore().faulty("status/503")).await;
    page.press("Verify and save").await;
    page.sees("must be typed again").await;
    found.extend(page.inspect("edit-resend").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
