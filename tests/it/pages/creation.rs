//! New credentials.

use serde_json::json;

use super::site::Site;
use super::visitor::Visitor;
use crate::harness::databases::on_both_databases;

const NEW: &str = "/w/default/components/petstore/new";

/// What a person types for one of the shops.
fn typed<'a>(name: &'a str, shop: &'a str) -> [(&'a str, &'a str); 3] {
    [("name", name), ("/apiKey", "the-key-4711"), ("/baseUrl", shop)]
}

async fn create(visitor: &Visitor<'_>, values: &[(&str, &str)]) -> super::visitor::Page {
    visitor.submit(NEW, NEW, values).await
}

on_both_databases! {
    async fn what_the_application_accepts_is_saved(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let page = create(&ada, &typed("Shop", &site.shop("good"))).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let credentials = site.credentials().await;
        let [credential] = &credentials[..] else { panic!("{credentials:?}") };
        assert_eq!((&credential["name"], &credential["status"]), (&json!("Shop"), &json!("verified")));
        let path = format!("/w/default/credentials/{}", credential["id"].as_str().unwrap());
        assert_eq!(page.path(), path);
        let page = ada.get(page.location()).await;
        page.check_says(200, "Saved: the application accepted it.");
        page.check_says(200, &site.shop("good"));
        page.check_says(200, "stored, never shown");
        let [asked] = &site.service.upstream.received()[..] else { panic!() };
        assert!(asked.contains("the-key-4711"), "{asked}");
    }

    async fn what_the_application_refuses_is_told_and_not_saved(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let shop = site.shop("bad");
        let page = create(&ada, &typed("Shop", &shop)).await;
        page.check_says(422, "Petstore does not accept it");
        let form = page.html.form(NEW);
        assert_eq!((form.get("name"), form.get("/baseUrl"), form.get("/apiKey")), (Some("Shop"), Some(shop.as_str()), Some("")));
        assert!(!page.html.buttons().contains(&"Save unverified"));
        assert_eq!(site.count("credentials").await, 0);
        // A form that was forged to save it all the same does not.
        let page = ada.post(form.with(&[("/apiKey", "the-key-4711"), ("accept_unverified", "true")])).await;
        page.check_says(422, "Petstore does not accept it");
        assert_eq!(site.count("credentials").await, 0);
    }

    async fn what_nobody_can_say_is_saved_by_its_own_button_alone(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let shop = site.shop("busy");
        let page = create(&ada, &typed("Shop", &shop)).await;
        assert!(page.status >= 400, "{}", page.status);
        page.check_says(page.status, "could not be asked");
        assert_eq!(page.html.buttons().iter().filter(|text| **text == "Save unverified").count(), 1);
        let form = page.html.form(NEW);
        assert_eq!((form.get("/apiKey"), form.get("/baseUrl"), form.get("accept_unverified")), (Some(""), Some(shop.as_str()), None));
        assert_eq!(site.count("credentials").await, 0);
        let form = form.with(&[("/apiKey", "the-key-4711")]);
        let again = ada.post(form.clone()).await;
        again.check_says(page.status, "could not be asked");
        let page = ada.post(again.html.form(NEW).with(&[("/apiKey", "the-key-4711"), ("accept_unverified", "true")])).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let page = ada.get(page.location()).await;
        page.check_says(200, "Saved without an answer");
        page.check_says(200, "Unverified");
        assert_eq!(site.credentials().await[0]["status"], "unverified");
    }

    async fn everything_that_is_wrong_is_told_beside_its_field(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let long = "n".repeat(201);
        for (values, wrong) in [
            (typed("Shop", "no url"), vec!["/baseUrl"]),
            (typed("Shop", "ftp://127.0.0.1/"), vec!["/baseUrl"]),
            (typed("Shop", "http://169.254.169.254/"), vec!["/baseUrl"]),
            ([("name", "Shop"), ("/apiKey", ""), ("/baseUrl", "")], vec!["/apiKey"]),
            (typed("Sh\u{7}op", "http://127.0.0.1:1/"), vec!["name"]),
            (typed(&long, "http://127.0.0.1:1/"), vec!["name"]),
        ] {
            let page = create(&ada, &values).await;
            page.check_says(422, "Please correct this");
            let marked: Vec<_> = page.html.elements.iter()
                .filter(|element| element.attribute("aria-invalid") == Some("true"))
                .filter_map(|element| element.attribute("name")).collect();
            assert_eq!(marked, wrong, "{values:?}");
            for name in ["name", "/baseUrl"] {
                let expected = values.iter().find(|(given, _)| *given == name).unwrap().1;
                let shown = page.html.value(name).unwrap();
                assert_eq!(shown, if name == "/baseUrl" && expected.is_empty() { "" } else { expected }, "{values:?}");
            }
            assert_eq!(page.html.value("/apiKey").unwrap(), "");
        }
        assert!(site.service.upstream.received().is_empty());
        assert_eq!(site.count("credentials").await, 0);
    }

    async fn what_is_no_field_is_refused(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let shop = site.shop("good");
        for extra in [("/nope", "x"), ("nope", "x"), ("/apiKey/x", "x"), ("__proto__", "x"), ("forget:/baseUrl", "true")] {
            let mut form = ada.get(NEW).await.html.form(NEW).with(&typed("Shop", &shop));
            form.pairs.push((extra.0.to_owned(), extra.1.to_owned()));
            let page = ada.post(form).await;
            page.check_says(422, "is not a field of this component");
        }
        let mut form = ada.get(NEW).await.html.form(NEW).with(&typed("Shop", &shop));
        form.pairs.push(("/apiKey".to_owned(), "another".to_owned()));
        ada.post(form).await.check_says(422, "was sent more than once");
        let form = ada.get(NEW).await.html.form(NEW).with(&typed("Shop", &shop));
        ada.post(form.without("key")).await.check_says(400, "The form is not complete");
        assert_eq!(site.count("credentials").await, 0);
    }

    async fn a_form_that_is_sent_twice_creates_one_credential(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let form = ada.get(NEW).await.html.form(NEW).with(&typed("Shop", &site.shop("good")));
        let (one, two) = tokio::join!(ada.post(form.clone()), ada.post(form.clone()));
        let three = ada.post(form.clone()).await;
        assert_eq!([one.status, two.status, three.status], [303; 3], "{}{}", one.html.text, two.html.text);
        assert_eq!((one.path(), two.path()), (two.path(), three.path()));
        ada.get(three.location()).await.check_says(200, "and only once");
        assert_eq!(site.count("credentials").await, 1);
        // The same form with other fields is another wish under the same key.
        let page = ada.post(form.with(&[("name", "Other")])).await;
        page.check_says(422, "It was not saved");
        assert_eq!(page.html.value("name").unwrap(), "Other");
        assert_eq!(site.count("credentials").await, 1);
        // What is shown then has a key of its own.
        let page = ada.post(page.html.form(NEW).with(&[("/apiKey", "the-key-4711")])).await;
        assert_eq!((page.status, site.count("credentials").await), (303, 2));
    }

    async fn a_credential_is_made_for_a_step(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        site.flow("idle", &[("fetch", None)]).await;
        let page = ada.get("/w/default/flows/idle").await;
        assert!(page.html.links().contains(&"/w/default/flows/idle/steps/fetch"));
        let page = ada.get("/w/default/flows/idle/steps/fetch").await;
        let link = page.html.links().into_iter().find(|link| link.contains("/new?")).unwrap().to_owned();
        let page = ada.get(&link).await;
        page.check_says(200, "step fetch of the flow idle");
        // Kept through a mistake.
        let page = ada.post(page.html.form(NEW).with(&typed("Shop", &site.shop("bad")))).await;
        page.check_says(422, "step fetch of the flow idle");
        let page = ada.post(page.html.form(NEW).with(&typed("Shop", &site.shop("good")))).await;
        assert_eq!((page.status, page.path()), (303, "/w/default/flows/idle"), "{}", page.html.text);
        ada.get(page.location()).await.check_says(200, "The step uses it now.");
        assert_eq!(site.held("idle", "fetch").await, site.credentials().await[0]["id"]);
        for link in ["?flow=idle", "?step=fetch", "?flow=/&step=fetch", "?flow=idle&step=%2F"] {
            assert_eq!(ada.get(&format!("{NEW}{link}")).await.status, 404, "{link}");
        }
        // A step that is not there is told before anything is asked.
        site.service.upstream.forget();
        let page = ada.get(&format!("{NEW}?flow=idle&step=gone")).await;
        let page = ada.post(page.html.form(NEW).with(&typed("Shop", &site.shop("good")))).await;
        assert!([404, 409, 422].contains(&page.status), "{}", page.status);
        assert!(site.service.upstream.received().is_empty() && site.count("credentials").await == 1);
    }
}
