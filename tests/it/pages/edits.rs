//! Credentials that are changed.

use serde_json::json;

use super::site::Site;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn an_empty_secret_stays(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        site.service.upstream.forget();
        let page = ada.get(&path).await;
        assert_eq!((page.html.value("/apiKey").as_deref(), page.html.value("name").as_deref()), (Some(""), Some("Shop")));
        assert_eq!(page.html.value("/baseUrl").unwrap(), site.shop("good"));
        // The same destination, written another way: it is verified with the stored key.
        let other = format!("{}/", site.shop("good"));
        let page = ada.submit(&path, &path, &[("/baseUrl", &other)]).await;
        assert_eq!((page.status, page.path()), (303, path.strip_suffix("/edit").unwrap()), "{}", page.html.text);
        ada.get(page.location()).await.check_says(200, "Saved: the application accepted the new values.");
        let [asked] = &site.service.upstream.received()[..] else { panic!() };
        assert!(asked.contains("the-key-4711"), "{asked}");
        assert_eq!(site.shown(&id).await["fields"]["baseUrl"], other.as_str());
    }

    async fn another_destination_needs_the_secret_again(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        let before = site.shown(&id).await;
        let other = site.service.elsewhere.origin();
        let page = ada.submit(&path, &path, &[("/baseUrl", &other), ("name", "Other")]).await;
        page.check_says(422, "must be typed again");
        let form = page.html.form(&path);
        assert_eq!((form.get("/baseUrl"), form.get("name"), form.get("/apiKey")), (Some(other.as_str()), Some("Other"), Some("")));
        assert!(site.service.elsewhere.received().is_empty());
        assert_eq!(site.shown(&id).await, before);
        let page = ada.post(form.with(&[("/apiKey", "another-key")])).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let [asked] = &site.service.elsewhere.received()[..] else { panic!() };
        assert!(asked.contains("another-key") && !asked.contains("the-key-4711"), "{asked}");
    }

    async fn a_change_of_the_name_asks_nobody(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        site.service.upstream.forget();
        let page = ada.submit(&path, &path, &[("name", "Other")]).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        ada.get(page.location()).await.check_says(200, "Saved.");
        assert_eq!(site.shown(&id).await["name"], "Other");
        assert!(site.service.upstream.received().is_empty());
        for name in ["\u{7}", &"n".repeat(201)] {
            let page = ada.submit(&path, &path, &[("name", name)]).await;
            page.check_says(422, "Use 1 to 200 visible characters.");
            assert_eq!(page.html.value("name").as_deref(), Some(name));
        }
        assert_eq!(site.shown(&id).await["name"], "Other");
    }

    async fn values_that_are_refused_replace_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        let before = site.shown(&id).await;
        for (shop, told) in [("bad", "does not accept it"), ("busy", "could not be asked")] {
            let url = site.shop(shop);
            let page = ada.submit(&path, &path, &[("/baseUrl", &url), ("/apiKey", "new-key"), ("name", "New")]).await;
            assert!(page.status >= 400 && page.says(told), "{}", page.html.text);
            let form = page.html.form(&path);
            assert_eq!((form.get("/baseUrl"), form.get("/apiKey"), form.get("name")), (Some(url.as_str()), Some(""), Some("New")));
            assert_eq!(page.html.buttons().contains(&"Save unverified"), shop == "busy");
            let mut now = site.shown(&id).await;
            for member in ["verified_at", "status"] {
                now[member] = before[member].clone();
            }
            assert_eq!(now, before, "{shop}");
        }
    }

    async fn the_second_of_two_editors_is_told_and_loses_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let bea = site.invited("bea", "default", &[keystead::domain::rights::Right::Admin]).await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        let theirs = bea.get(&path).await.html.form(&path);
        let page = ada.submit(&path, &path, &[("name", "Ada's")]).await;
        assert_eq!(page.status, 303);
        site.service.upstream.forget();
        let url = format!("{}/", site.shop("good"));
        let page = bea.post(theirs.with(&[("name", "Bea's"), ("/baseUrl", &url), ("/apiKey", "bea-key")])).await;
        page.check_says(412, "It was changed while you looked at it.");
        let form = page.html.form(&path);
        assert_eq!((form.get("name"), form.get("/baseUrl")), (Some("Bea's"), Some(url.as_str())));
        assert!(site.service.upstream.received().is_empty());
        assert_eq!(site.shown(&id).await["name"], "Ada's");
        // Who has been told means it.
        let page = bea.post(form).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        assert_eq!((&site.shown(&id).await["name"], &site.shown(&id).await["fields"]["baseUrl"]), (&json!("Bea's"), &json!(url)));
        // A form without its state changes nothing.
        let form = bea.get(&path).await.html.form(&path).without("revision").with(&[("name", "Eve's")]);
        bea.post(form).await.check_says(400, "The form is not complete");
        assert_eq!(site.shown(&id).await["name"], "Bea's");
    }

    async fn the_second_editor_sees_what_would_be_undone(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let bea = site.invited("bea", "default", &[keystead::domain::rights::Right::Admin]).await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/edit");
        let theirs = bea.get(&path).await.html.form(&path);
        let url = format!("{}/", site.shop("good"));
        assert_eq!(ada.submit(&path, &path, &[("/baseUrl", &url)]).await.status, 303);
        let page = bea.post(theirs.with(&[("name", "Bea's")])).await;
        page.check_says(412, "It was changed while you looked at it.");
        // What would be undone is told beside it.
        page.check_says(412, &format!("Stored now: {url}"));
        page.check_says(412, "Stored now: Shop");
    }
}
