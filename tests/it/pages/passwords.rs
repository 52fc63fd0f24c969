//! Sessions and passwords.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http::header::RETRY_AFTER;

use keystead::domain::rights::Right;

use super::site::{PASSWORD, Site};
use crate::api::service::{Hands, Service, address};
use crate::harness::databases::on_both_databases;

const OTHER: &str = "another sentence of hers";

on_both_databases! {
    async fn signing_out_ends_the_session_for_good(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let bea = site.sign_in("ada").await;
        let cookie = ada.cookie().unwrap();
        let page = ada.submit("/account", "/sign-out", &[]).await;
        assert_eq!((page.status, page.path(), ada.cookie()), (303, "/sign-in", None));
        ada.get(page.location()).await.check_says(200, "You are signed out.");
        assert_eq!(site.count("sessions").await, 1);
        // A copy of the cookie opens nothing any more.
        let request = site.stranger().request("GET", "/account").header("cookie", cookie);
        assert_eq!(ada.send(request.body(Default::default()).unwrap()).await.status, 303);
        bea.get("/account").await.check_says(200, "this browser");
    }

    async fn signing_out_everywhere_ends_every_browser_of_that_person_alone(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let other = site.sign_in("ada").await;
        let bob = site.invited("bob", "default", &[Right::FlowsRead]).await;
        assert_eq!(ada.get("/account").await.html.all("li").count(), 2);
        let page = ada.submit("/account", "/account/sign-out-everywhere", &[]).await;
        assert_eq!((page.status, page.path(), ada.cookie()), (303, "/sign-in", None));
        assert_eq!(other.get("/account").await.status, 303);
        assert_eq!(bob.get("/account").await.status, 200);
        assert_eq!(site.count("sessions").await, 1);
    }

    async fn a_changed_password_signs_out_all_other_browsers(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let other = site.sign_in("ada").await;
        let before = ada.cookie().unwrap();
        for (old, new, told) in [
            ("wrong", OTHER, "The present password is not right."),
            (PASSWORD, "short", "too short"),
            (PASSWORD, "", "too short"),
        ] {
            let page = ada.submit("/account", "/account/password", &[("old", old), ("new", new)]).await;
            page.check_says(422, told);
            assert_eq!((page.html.value("old"), page.html.value("new")), (Some(String::new()), Some(String::new())));
        }
        assert_eq!(other.get("/account").await.status, 200);
        let page = ada.submit("/account", "/account/password", &[("old", PASSWORD), ("new", OTHER)]).await;
        assert_eq!((page.status, page.path()), (303, "/account"));
        ada.get(page.location()).await.check_says(200, "Your password is changed");
        assert_ne!(ada.cookie().unwrap(), before);
        assert_eq!((other.get("/account").await.status, site.count("sessions").await), (303, 1));
        for (password, status) in [(PASSWORD, 422), (OTHER, 303)] {
            let page = site.stranger().submit("/sign-in", "/sign-in", &[("name", "ada"), ("password", password)]).await;
            assert_eq!(page.status, status, "{password}");
        }
        for text in [PASSWORD, OTHER] {
            assert!(!ada.seen().contains(text));
        }
    }

    async fn after_failures_nobody_can_try_for_a_while(db: Database) {
        let hands = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let service = Service::with_clock(db, Default::default(), hands.clone()).await;
        let site = Site::with(service, Default::default(), Some(address())).await;
        drop(site.ada().await);
        // A name that nobody has is told in the same words, at the same times.
        for name in ["ada", "nobody"] {
            let eve = site.stranger();
            for _ in 0..5 {
                let page = eve.submit("/sign-in", "/sign-in", &[("name", name), ("password", "wrong")]).await;
                page.check_says(422, "The name or the password is not right.");
                assert_eq!((page.html.value("name").as_deref(), page.html.value("password").as_deref()), (Some(name), Some("")));
            }
            for password in ["wrong", PASSWORD] {
                let page = eve.submit("/sign-in", "/sign-in", &[("name", name), ("password", password)]).await;
                page.check_says(429, "Try again in 30 seconds.");
                assert_eq!(page.headers[RETRY_AFTER], "30");
                assert_eq!(eve.cookie(), None);
            }
        }
        hands.0.fetch_add(30_000, Ordering::SeqCst);
        let page = site.stranger().submit("/sign-in", "/sign-in", &[("name", "ada"), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 303);
    }

    async fn who_is_removed_is_signed_out_at_once(db: Database) {
        let site = Site::over(db).await;
        let bob = site.invited("bob", "default", &[Right::Admin]).await;
        let path = "/w/default/credentials";
        assert_eq!(bob.get(path).await.status, 200);
        let means = keystead::accounts::Means::of(&site.service.app);
        assert!(keystead::accounts::remove_user(&means, &"bob".parse().unwrap()).await.unwrap());
        assert_eq!(bob.get(path).await.path(), "/sign-in");
        assert_eq!(site.count("sessions").await, 0);
    }

    async fn what_is_no_cookie_of_ours_opens_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let own = ada.cookie().unwrap();
        let text = own.strip_prefix("keystead=").unwrap();
        let other = site.sign_in("ada").await.cookie().unwrap();
        for cookie in [
            String::new(),
            "keystead=".to_owned(),
            format!("keystead=\"{text}\""),
            format!("keystead={}", &text[1..]),
            format!("keystead={text}A"),
            format!("keystead={}", text.to_uppercase()),
            format!("Keystead={text}"),
            format!("keystead={}", "A".repeat(43)),
            // Another site of the same host may have set one of them.
            format!("{own}; {other}"),
        ] {
            let request = site.stranger().request("GET", "/account").header("cookie", &cookie);
            let page = site.stranger().send(request.body(Default::default()).unwrap()).await;
            assert_eq!((page.status, page.path()), (303, "/sign-in"), "{cookie}");
        }
        let request = site.stranger().request("GET", "/account").header("cookie", format!("a=b; {own};c=d"));
        assert_eq!(ada.send(request.body(Default::default()).unwrap()).await.status, 200);
    }

    async fn a_session_that_is_not_used_ends(db: Database) {
        let hands = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let service = Service::with_clock(db, Default::default(), hands.clone()).await;
        let site = Site::with(service, Default::default(), Some(address())).await;
        let ada = site.ada().await;
        hands.0.fetch_add(31 * 24 * 3_600_000, Ordering::SeqCst);
        assert_eq!(ada.get("/account").await.path(), "/sign-in");
    }
}
