//! One-time links, the cookie, and where signing in leads to.

use http::header::{ACCEPT, HOST, SET_COOKIE};
use keystead::accounts;
use keystead::domain::rights::Right;
use keystead::ui::Address;

use super::site::{PASSWORD, Site};
use super::visitor::{FORM, PAGES, Page};
use crate::api::service::Service;
use crate::harness::databases::on_both_databases;

fn cookies(page: &Page) -> Vec<&str> {
    page.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

on_both_databases! {
    async fn the_link_opens_once(db: Database) {
        let site = Site::over(db).await;
        let path = format!("/welcome?token={}", site.first_link().await);
        let [ada, eve] = [(); 2].map(|()| site.stranger());
        // Looking uses nothing up.
        eve.get(&path).await.check_says(200, "You will be the administrator");
        let form = ada.get(&path).await.html.form("/welcome").with(&[("name", "ada"), ("password", PASSWORD)]);
        let page = ada.post(form.clone()).await;
        assert_eq!((page.status, page.location()), (303, "/"));
        assert!(page.text.is_empty(), "{}", page.text);
        ada.get("/account").await.check_says(200, "ada");

        eve.get(&path).await.check_says(410, "One-time links open once");
        eve.post(form.with(&[("name", "eve")])).await.check_says(410, "One-time links open once");
        assert_eq!((eve.cookie(), site.count("users").await, site.count("sessions").await), (None, 1, 1));
        for token in ["", "x", "%00", &"A".repeat(43), &"A".repeat(10_000)] {
            eve.get(&format!("/welcome?token={token}")).await.check_says(410, "One-time links open once");
        }
        eve.get("/welcome").await.check_says(410, "One-time links open once");
    }

    async fn of_two_who_use_a_link_at_once_one_comes_in(db: Database) {
        let site = Site::over(db).await;
        let path = format!("/welcome?token={}", site.first_link().await);
        let visitors = [(); 2].map(|()| site.stranger());
        let form = visitors[0].get(&path).await.html.form("/welcome").with(&[("password", PASSWORD)]);
        let [ada, eve] = ["ada", "eve"].map(|name| form.clone().with(&[("name", name)]));
        let (one, two) = tokio::join!(visitors[0].post(ada), visitors[1].post(eve));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 410]);
        assert_eq!((site.count("users").await, site.count("sessions").await), (1, 1));
        assert_eq!(visitors.iter().filter(|visitor| visitor.cookie().is_some()).count(), 1);
    }

    async fn what_is_wrong_on_the_way_in_leaves_the_link_open(db: Database) {
        let site = Site::over(db).await;
        let path = format!("/welcome?token={}", site.first_link().await);
        let eve = site.stranger();
        let form = eve.get(&path).await.html.form("/welcome");
        for (name, password, told) in [
            ("ada", "short", "too short"),
            ("ada lovelace", PASSWORD, "A user name has 1 to 100"),
            ("", PASSWORD, "A user name has 1 to 100"),
            ("sentence.as.name", "Sentence.As.Name", "must not be the sign-in name"),
        ] {
            let page = eve.post(form.clone().with(&[("name", name), ("password", password)])).await;
            page.check_says(422, told);
            assert_eq!(page.html.value("name").unwrap(), name);
            assert_eq!(page.html.value("password").unwrap(), "");
        }
        assert_eq!((eve.cookie(), site.count("users").await), (None, 0));
        eve.get(&path).await.check_says(200, "Choose how you sign in");
    }

    async fn an_invited_person_has_the_name_and_rights_of_the_invitation(db: Database) {
        let site = Site::over(db).await;
        let bob = site.invited("bob", "default", &[Right::CredentialsRead]).await;
        let page = bob.get("/account").await;
        page.check_says(200, "default: credentials:read");
        assert!(!page.says("Operator"));
        assert_eq!(page.html.all("h1").next().map(|title| page.html.text_of(title)), Some("bob"));
    }

    async fn on_this_machine_the_cookie_is_for_scripts_and_other_sites_closed(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let form = ada.get("/account").await.html.form("/sign-out");
        let bea = site.stranger();
        let ask = bea.get("/sign-in").await.html.form("/sign-in");
        let page = bea.post(ask.with(&[("name", "ada"), ("password", PASSWORD)])).await;
        let [cookie] = cookies(&page)[..] else { panic!("{:?}", page.headers) };
        let (pair, flags) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("keystead=") && pair.len() == "keystead=".len() + 43, "{pair}");
        assert_eq!(flags, "Path=/; HttpOnly; SameSite=Lax");
        let page = ada.post(form).await;
        assert_eq!(cookies(&page), ["keystead=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]);
    }

    async fn by_https_the_cookie_is_the_hosts_alone(db: Database) {
        let service = Service::with_petstore(db).await;
        let address = Address::public("https://keystead.example.com").unwrap();
        let site = Site::with(service, Default::default(), Some(address)).await;
        let ada = site.ada().await;
        let cookie = ada.cookie().unwrap();
        assert!(cookie.starts_with("__Host-keystead="), "{cookie}");
        ada.get("/account").await.check_says(200, "ada");
        let form = ada.get("/account").await.html.form("/sign-out");
        let page = ada.post(form.clone()).await;
        assert_eq!(cookies(&page), ["__Host-keystead=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"]);
        // The name without the prefix, which a neighbour of the host could set, opens nothing.
        let text = cookie.strip_prefix("__Host-").unwrap();
        let bea = site.sign_in("ada").await;
        let text = bea.cookie().unwrap().replace("__Host-", "") + "; " + text;
        let request = site.stranger().request("GET", "/account").header("cookie", text).header(ACCEPT, PAGES);
        let page = bea.send(request.body(Default::default()).unwrap()).await;
        assert_eq!((page.status, page.path()), (303, "/sign-in"));
    }

    async fn signing_in_leads_to_pages_of_this_site_alone(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let path = "/w/default/components/petstore?q=a%20b&sort=name";
        let asked: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let page = site.stranger().get(path).await;
        assert_eq!((page.status, page.location()), (303, format!("/sign-in?next={asked}").as_str()));
        for (next, expected) in [
            (path, path),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("\\/evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/a\r\nset-cookie: a=b", "/"),
            ("javascript:alert(1)", "/"),
            ("evil", "/"),
            ("", "/"),
        ] {
            let asked: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let visitor = site.stranger();
            let form = visitor.get(&format!("/sign-in?next={asked}")).await.html.form("/sign-in");
            assert_eq!(form.get("next"), Some(expected), "{next:?}");
            // Also where the form itself was tampered with, and for those who are signed in already.
            let form = form.with(&[("next", next), ("name", "ada"), ("password", PASSWORD)]);
            let page = visitor.post(form).await;
            assert_eq!((page.status, page.location()), (303, expected), "{next:?}");
            assert_eq!(ada.get(&format!("/sign-in?next={asked}")).await.location(), expected, "{next:?}");
        }
        // A form that needs a session is not repeated after signing in.
        let page = site.stranger();
        let request = page.own("/account/sign-out-everywhere").body(Default::default()).unwrap();
        let page = page.send(request).await;
        assert_eq!((page.status, page.location()), (303, "/sign-in"));
    }

    async fn without_an_address_the_pages_are_closed(db: Database) {
        let site = Site::with(Service::with_petstore(db).await, Default::default(), None).await;
        let token = accounts::first_link(&site.service.app).await.unwrap().unwrap();
        let eve = site.stranger();
        for path in ["/", "/sign-in", "/components", &format!("/welcome?token={}", token.expose())] {
            eve.get(path).await.check_says(503, "--public-url https://");
        }
        let request = eve.own("/sign-in").header("content-type", FORM);
        let page = eve.send(request.body("name=ada&password=x".into()).unwrap()).await;
        page.check_says(503, "--public-url https://");
        let answer = site.service.call("GET", "/v1/credentials", &site.token).await;
        assert_eq!(answer.status, 200);
    }

    async fn on_this_machine_foreign_names_are_not_served(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        for (host, status) in [
            ("127.0.0.1:8080", 200),
            ("localhost:8080", 200),
            ("LOCALHOST:8080", 200),
            ("evil.example", 404),
            ("evil.example:8080", 404),
            ("127.0.0.1", 404),
            ("127.0.0.1:8081", 404),
            ("localhost:8080.evil.example", 404),
        ] {
            let request = http::Request::builder().uri("/account").header(HOST, host).header(ACCEPT, PAGES);
            let request = request.header("cookie", ada.cookie().unwrap());
            let page = ada.send(request.body(Default::default()).unwrap()).await;
            assert_eq!(page.status, status, "{host}");
            assert_eq!(page.says("ada"), status == 200, "{host}");
        }
    }
}
