//! Fields of every kind, and those that a choice needs, posted as a page without script does.

use serde_json::json;

use super::site::Site;
use crate::harness::databases::on_both_databases;

const NEW: &str = "/w/default/components/kitchen/new";

on_both_databases! {
    async fn fields_of_every_kind_are_saved_as_they_were_typed(db: Database) {
        let site = Site::with_guest(db, "kitchen").await;
        let ada = site.ada().await;
        let form = ada.get(NEW).await.html.form(NEW);
        // What the component takes for granted stands there already.
        assert_eq!((form.get("/auth"), form.get("/port"), form.get("/size")), (Some("none"), Some("443"), Some("50")));
        assert_eq!((form.get("/sandbox"), form.get("/notify"), form.get("/grant")), (None, None, None));
        let url = site.shop("good");
        let form = form.with(&[
            ("name", "All"),
            ("/apiKey", "k-4711"),
            ("/baseUrl", &url),
            ("/note", "\r\nfirst\r\n<second> & \"third\""),
            ("/rate", "0.5"),
            ("/port", "8443"),
            ("/since", "2026-01-31"),
            ("/scopes", "read\r\nwrite"),
            ("/sandbox", "true"),
            ("/email", "ada@kitchen.example"),
        ]);
        let page = ada.post(form).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let base = page.path().to_owned();
        let fields = site.credentials().await[0]["fields"].clone();
        assert_eq!(fields["note"], "\nfirst\n<second> & \"third\"");
        assert_eq!((&fields["rate"], &fields["port"], &fields["scopes"]), (&json!(0.5), &json!(8443), &json!(["read", "write"])));
        assert_eq!((&fields["sandbox"], &fields["since"]), (&json!(true), &json!("2026-01-31")));
        assert!(fields.get("apiKey").is_none(), "{fields}");

        // Sent untouched, the form of the edit changes nothing and asks nobody.
        site.service.upstream.forget();
        let edit = format!("{base}/edit");
        let form = ada.get(&edit).await.html.form(&edit);
        let page = ada.post(form.clone()).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        assert_eq!(site.credentials().await[0]["fields"], fields);
        assert!(site.service.upstream.received().is_empty());

        // What is emptied goes; a box without its tick is unticked.
        let form = ada.get(&edit).await.html.form(&edit).with(&[("/note", ""), ("/scopes", "")]).without("/sandbox");
        let page = ada.post(form).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let fields = site.credentials().await[0]["fields"].clone();
        assert!(fields.get("note").is_none() && fields.get("sandbox") != Some(&json!(true)), "{fields}");
    }

    async fn texts_of_the_wrong_kind_are_told_and_kept(db: Database) {
        let site = Site::with_guest(db, "kitchen").await;
        let ada = site.ada().await;
        let url = site.shop("good");
        for (name, text) in [
            ("/port", "many"),
            ("/port", "70000"),
            ("/port", "1e400"),
            ("/rate", "NaN"),
            ("/since", "yesterday"),
            ("/email", "ada"),
            ("/host", "not a host"),
            ("/tenant", "4711"),
            ("/address", "300.1.1.1"),
            ("/scopes", "a\na"),
            ("/auth", "<script>"),
            ("/size", "11"),
        ] {
            let form = ada.get(NEW).await.html.form(NEW);
            let page = ada.post(form.with(&[("/apiKey", "k-4711"), ("/baseUrl", &url), (name, text)])).await;
            page.check_says(422, "Please correct this");
            let wrong: Vec<_> = page.html.elements.iter()
                .filter(|element| element.attribute("aria-invalid") == Some("true"))
                .filter_map(|element| element.attribute("name")).collect();
            assert_eq!(wrong, [name], "{text}");
            // Choices that do not exist cannot be shown.
            if !["/auth", "/size"].contains(&name) {
                assert_eq!(page.html.value(name).as_deref(), Some(text));
            }
        }
        assert_eq!(site.count("credentials").await, 0);
        assert!(site.service.upstream.received().is_empty());
    }

    async fn what_another_choice_needs_is_not_saved(db: Database) {
        let site = Site::with_guest(db, "kitchen").await;
        let ada = site.ada().await;
        let url = site.shop("good");
        let form = ada.get(NEW).await.html.form(NEW);
        // A page without script shows all fields; those of a choice that was not made may be filled by mistake.
        let form = form.with(&[("/apiKey", "k-4711"), ("/baseUrl", &url), ("/auth", "none"), ("/user", "ada"), ("/password", "a-stray-word")]);
        let page = ada.post(form.clone()).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        let credential = site.credentials().await[0].clone();
        assert!(credential["fields"].get("user").is_none() && !credential["secrets"].to_string().contains("password"), "{credential}");
        // Where the choice is made they have to be there.
        let edit = format!("{}/edit", page.path());
        let form = ada.get(&edit).await.html.form(&edit).with(&[("/auth", "password")]);
        let page = ada.post(form).await;
        page.check_says(422, "Please correct this");
        assert_eq!(page.html.value("/auth").as_deref(), Some("password"));
        let page = ada.post(page.html.form(&edit).with(&[("/user", "ada"), ("/password", "a-good-word")])).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        assert!(site.service.upstream.received().iter().any(|text| text.contains("a-good-word")));
        assert!(!site.service.upstream.received().iter().any(|text| text.contains("a-stray-word")));
        assert!(!ada.seen().contains("a-good-word") && !ada.seen().contains("a-stray-word"));
    }
}
