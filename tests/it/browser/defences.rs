//! Hostile texts are inert, and other sites can send nothing.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use super::page::Page;
use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::petstore::{GOOD_KEY, petstore};
use crate::harness::wasm::guest;

/// Nothing of what the texts try has happened: scripts of theirs would name the page after themselves, and what is only
/// stopped by the content security policy is complained of.
async fn check_inert(page: &Page) {
    let title = page.driver.title().await.unwrap();
    assert!(title.ends_with("· Keystead"), "{title:?} at {}", page.path().await);
    page.check_console().await;
    let script =
        "return [...document.querySelectorAll('main *')].flatMap((element) => element.getAttributeNames())
        .filter((name) => name.startsWith('on') || name === 'style')";
    assert_eq!(
        page.driver.execute(script, []).await.unwrap().json(),
        &serde_json::json!([]),
        "{}",
        page.path().await
    );
}

on_both_databases! {
    async fn texts_of_plugins_and_people_are_inert(db: Database) {
        let mut site = Site::start(db).await;
        site.install_bytes(guest("hostile")).await;
        let page = site.first_user().await;
        let title = "<script>document.title='title'</script>";
        page.sees(title).await;
        check_inert(&page).await;
        page.open("/components/hostile").await;
        page.sees(title).await;
        check_inert(&page).await;

        page.open("/w/default/components/hostile/new").await;
        page.sees("</p><script>document.title='description'</script>").await;
        check_inert(&page).await;
        let label = "<img src=x";
        let name = "<script>document.title='name'</script>\"'";
        for (key, path, told) in [
            ("wrong", "", "</p><script>document.title='verdict'</script>{{name}}"),
            (GOOD_KEY, "status/503", "<svg onload=document.title='doubt'>{reason}"),
        ] {
            let base_url = if path.is_empty() { petstore().base_url() } else { petstore().faulty(path) };
            page.fill("Account name", name).await;
            page.fill(label, key).await;
            page.fill("Base URL", &base_url).await;
            page.press("Verify and save").await;
            page.sees(told).await;
            assert_eq!(page.value("Account name").await, name);
            check_inert(&page).await;
        }
        page.fill(label, GOOD_KEY).await;
        page.fill("Base URL", &petstore().base_url()).await;
        page.press("Try again").await;
        page.sees("Saved: the application accepted it.").await;
        page.sees("<b onmouseover=document.title='account'>Ada</b>").await;
        check_inert(&page).await;
        page.check_looks("hostile-credential").await;
        let id = site.credentials().await[0]["id"].as_str().unwrap().to_owned();
        let flow = serde_json::json!({
            "name": "<script>document.title='flow'</script>",
            "steps": [{"id": "fetch", "component": "hostile", "credential": id}],
        });
        site.call("PUT", "/v1/flows/orders", Some(flow)).await;
        site.activate("orders").await;
        for path in [
            "/w/default/credentials".to_owned(),
            "/w/default/components/hostile?q=%3Cscript%3Edocument.title%3D'q'%3C/script%3E".to_owned(),
            format!("/w/default/credentials/{id}"),
            format!("/w/default/credentials/{id}/edit"),
            format!("/w/default/credentials/{id}/delete"),
            format!("/w/default/credentials/{id}/replace"),
            "/w/default/flows".to_owned(),
            "/w/default/flows/orders".to_owned(),
            "/w/default/flows/orders/steps/fetch".to_owned(),
            "/components".to_owned(),
            "/sign-in?next=javascript:alert(1)".to_owned(),
            "/%3Cscript%3Edocument.title='path'%3C/script%3E".to_owned(),
        ] {
            page.open(&path).await;
            check_inert(&page).await;
            page.emulate((390, 844), false).await;
            page.check_fits().await;
        }
    }

    async fn other_sites_can_send_nothing(db: Database) {
        let (mut site, page) = Site::with_petstore(db).await;
        let id = site.credential("Shop").await;
        page.open(&format!("/w/default/credentials/{id}/delete")).await;
        let script = "return [...new FormData(document.querySelector('main form'))].map(([n, v]) => `<input name='${n}' value='${v}'>`).join('')";
        // Everything that the page's own form sends, its token too.
        let fields = page.driver.execute(script, []).await.unwrap().json().as_str().unwrap().to_owned();
        assert!(fields.contains("form_token"), "{fields}");
        let target = format!("{}/w/default/credentials/{id}/delete", site.address());
        let form = format!("<!doctype html><form method='post' action='{target}'>{fields}<button>Win a prize</button></form>");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().route("/", get(async move || Html(form)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        // Another port of the same site, whose requests carry the cookie, and another site.
        for host in ["127.0.0.1", "localhost"] {
            page.open(&format!("http://{host}:{port}/")).await;
            page.press("Win a prize").await;
            page.sees("nothing was done").await;
            assert_eq!(site.credentials().await.len(), 1, "{host}");
        }
        // From where it belongs the same does what it says, but not without its token.
        page.open(&format!("/w/default/credentials/{id}/delete")).await;
        page.driver.execute("document.querySelector('main [name=form_token]').value = 'made-up'", []).await.unwrap();
        page.press("Delete for good").await;
        page.sees("nothing was done").await;
        assert_eq!(site.credentials().await.len(), 1);
        page.open(&format!("/w/default/credentials/{id}/delete")).await;
        page.press("Delete for good").await;
        page.sees("The credential is deleted.").await;
    }
}
