//! Components, installed and removed by operators.

use keystead::domain::rights::Right;

use super::html::Form;
use super::site::Site;
use super::visitor::{Page, Visitor};
use crate::api::service::{Service, address};
use crate::harness::databases::{Database, on_both_databases};
use crate::harness::wasm::{guest, plugin};

const INSTALL: &str = "/components/install";

/// Nothing is installed.
async fn empty(database: Database) -> Site {
    Site::with(Service::over(database).await, Default::default(), Some(address())).await
}

async fn look(visitor: &Visitor<'_>, file: &[u8]) -> Page {
    let token = visitor.get(INSTALL).await.html.form(INSTALL).get("form_token").unwrap().to_owned();
    visitor.upload(INSTALL, &token, file).await
}

/// The form by which an operator consents.
fn consent(page: &Page) -> Form {
    let actions = page.html.all("form").filter_map(|form| form.attribute("action"));
    let action = actions.into_iter().find(|action| action.starts_with("/components/install/"));
    page.html.form(action.unwrap_or_else(|| panic!("{}", page.html.text)))
}

/// A second operator.
async fn bea<'a>(site: &'a Site) -> Visitor<'a> {
    let bea = site.invited("bea", "default", &[Right::Admin]).await;
    let set = match site.service.database.backend {
        crate::harness::databases::Backend::Sqlite => "1",
        crate::harness::databases::Backend::Postgres => "true",
    };
    site.service.database.sql(&format!("UPDATE users SET operator = {set}")).await.unwrap();
    bea
}

on_both_databases! {
    async fn a_faulty_component_is_told_as_such_and_its_credentials_stay(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = service.stored(&token).await;
        let blank = match service.database.backend {
            crate::harness::databases::Backend::Sqlite => "x'00'",
            crate::harness::databases::Backend::Postgres => "'\\x00'",
        };
        service.database.sql(&format!("UPDATE release_bytes SET bytes = {blank}")).await.unwrap();
        let site = Site::with(service.restart().await, Default::default(), Some(address())).await;
        let ada = site.ada().await;
        let page = ada.get("/components").await;
        page.check_says(200, "Faulty");
        let reason = "the bytes of its release do not have the digest that was installed";
        ada.get("/components/petstore").await.check_says(200, reason);
        let page = ada.get("/w/default/components/petstore").await;
        page.check_says(200, reason);
        assert!(!page.says("Add New Credential"), "{}", page.html.text);
        ada.get("/w/default/components/petstore/new").await.check_says(502, reason);
        let path = format!("/w/default/credentials/{id}");
        ada.get(&path).await.check_says(200, "stored, never shown");
        ada.get(&format!("{path}/edit")).await.check_says(502, reason);
        let page = ada.submit(&path, &format!("{path}/verify"), &[]).await;
        page.check_says(502, reason);
        assert_eq!(site.credentials().await.len(), 1);
    }

    async fn a_component_is_installed_when_its_wishes_were_seen(db: Database) {
        let site = empty(db).await;
        let ada = site.ada().await;
        let page = look(&ada, &plugin("petstore")).await;
        page.check_says(200, "Install Petstore?");
        page.check_says(200, "What it asks for");
        page.check_says(200, "sha256:");
        assert_eq!(site.count("components").await, 0);
        let form = consent(&page);
        let page = ada.post(form.clone()).await;
        assert_eq!((page.status, page.path()), (303, "/components/petstore"), "{}", page.html.text);
        ada.get(page.location()).await.check_says(200, "The component is installed.");
        assert_eq!(site.count("components").await, 1);
        // The file was taken; sending the form again installs nothing.
        ada.post(form).await.check_says(404, "Please choose it again.");
        // The same once more is told.
        let page = look(&ada, &plugin("petstore")).await;
        let page = ada.post(consent(&page)).await;
        ada.get(page.location()).await.check_says(200, "Exactly this release was installed already.");

        let page = ada.submit("/components/petstore", "/components/petstore/remove", &[]).await;
        assert_eq!((page.status, page.path()), (303, "/components"), "{}", page.html.text);
        ada.get(page.location()).await.check_says(200, "The component is removed.");
        let user = site.service.app.store.list_users().await.unwrap()[0].id.to_string();
        for action in ["component.install", "component.remove"] {
            let audit = site.service.app.store.list_audit(None, 100).await.unwrap();
            let actors: Vec<_> = audit.iter().filter(|entry| entry.action == action).map(|entry| &entry.actor).collect();
            assert!(!actors.is_empty() && actors.iter().all(|actor| actor.as_deref() == Some(user.as_str())), "{action} {audit:?}");
        }
        assert_eq!(ada.get("/components/petstore").await.status, 404);
    }

    async fn a_component_in_use_stays(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        site.credential("Shop").await;
        let page = ada.submit("/components/petstore", "/components/petstore/remove", &[]).await;
        assert_eq!(page.status, 409, "{}", page.html.text);
        assert_eq!(site.count("components").await, 1);
    }

    async fn nobody_consents_to_what_somebody_else_has_brought(db: Database) {
        let site = empty(db).await;
        let ada = site.ada().await;
        let bea = bea(&site).await;
        let mut form = consent(&look(&ada, &plugin("petstore")).await);
        let own = form.clone();
        form = form.with(&[("form_token", &bea.form_token().await)]);
        bea.post(form).await.check_says(404, "Please choose it again.");
        // Nor does anybody else see its icon.
        let icon = format!("{}/icon", own.action);
        assert_eq!((ada.get(&icon).await.status, bea.get(&icon).await.status), (200, 404));
        assert_eq!(ada.get(&icon).await.headers["content-type"], "image/png");
        assert_eq!(site.count("components").await, 0);
        assert_eq!(ada.post(own).await.status, 303);
    }

    async fn files_that_are_no_plugins_are_told(db: Database) {
        let site = empty(db).await;
        let ada = site.ada().await;
        for (file, status, told) in [
            (Vec::new(), 422, "Choose the file of a plugin."),
            (b"\0asm\x01\0\0\0".to_vec(), 422, "This plugin cannot be installed"),
            (b"no wasm".to_vec(), 422, "This plugin cannot be installed"),
            (guest("nonsense-descriptor"), 422, "This plugin cannot be installed"),
        ] {
            let page = look(&ada, &file).await;
            page.check_says(status, told);
            assert!(page.html.all("form").any(|form| form.attribute("action") == Some(INSTALL)), "the form is there again");
        }
        // A body that is no such form.
        for (kind, body) in [("multipart/form-data", "x"), ("multipart/form-data; boundary=b", "x"), ("text/plain", "x")] {
            let page = ada.send(ada.own(INSTALL).header("content-type", kind).body(body.into()).unwrap()).await;
            assert!((400..500).contains(&page.status), "{kind}: {}", page.status);
        }
        assert_eq!(site.count("components").await, 0);
    }

    async fn a_file_may_be_as_large_as_one_that_the_api_takes(db: Database) {
        let site = empty(db).await;
        let ada = site.ada().await;
        // What languages with a runtime make.
        let page = look(&ada, &Site::padded_plugin(3 << 20)).await;
        page.check_says(200, "Install Petstore?");
        assert_eq!(ada.post(consent(&page)).await.status, 303);
    }
}
