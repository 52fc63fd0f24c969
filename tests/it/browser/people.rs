//! The first user, signing in and out.

use super::site::{PASSWORD, Site, USER};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn first_user_comes_by_a_link_that_opens_once(db: Database) {
        let site = Site::start(db).await;
        let page = site.browser().await;
        page.open("/").await;
        page.is_at("/sign-in").await;
        page.open(&site.link().await).await;
        page.sees("Welcome to Keystead").await;
        page.fill("User name", USER).await;
        // Too short: the browser says so, and where it does not, the service.
        page.fill("New password", "short").await;
        page.press("Save and sign in").await;
        assert!(page.path().await.starts_with("/welcome"));
        page.fill("New password", PASSWORD).await;
        page.press("Save and sign in").await;
        page.is_at("/w/default/credentials").await;
        page.sees("No components are installed").await;
        assert!(page.has("link", "Install a component").await, "the first user is no operator");
        page.check_console().await;

        let other = site.browser().await;
        other.open(&site.link().await).await;
        other.sees("One-time links open once").await;
        assert!(!other.has("control", "New password").await);
    }

    async fn people_sign_in_and_out(db: Database) {
        let site = Site::start(db).await;
        let page = site.first_user().await;
        let cookies = page.driver.get_all_cookies().await.unwrap();
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        assert_eq!((cookies[0].name.as_str(), cookies[0].http_only), ("keystead", Some(true)));
        assert!(!page.source().await.contains(&cookies[0].value));
        page.press("Sign out").await;
        page.sees("You are signed out.").await;
        assert_eq!(page.driver.get_all_cookies().await.unwrap().len(), 0);
        // Nothing of before can be looked at again.
        page.driver.back().await.unwrap();
        page.is_at("/sign-in").await;

        page.open("/w/default/flows").await;
        page.is_at("/sign-in?next=").await;
        page.fill("User name", USER).await;
        page.fill("Password", "not what Ada thinks of").await;
        page.press("Sign in").await;
        page.sees("is not right").await;
        assert_eq!((page.value("User name").await.as_str(), page.value("Password").await.as_str()), (USER, ""));
        page.fill("Password", PASSWORD).await;
        page.press("Sign in").await;
        page.is_at("/w/default/flows").await;
        page.check_console().await;
    }

    async fn signing_out_everywhere_ends_every_browser(db: Database) {
        let site = Site::start(db).await;
        let (one, other) = (site.first_user().await, site.sign_in().await);
        one.open("/account").await;
        one.sees("this browser").await;
        one.press("Sign out everywhere").await;
        one.is_at("/sign-in").await;
        other.open("/w/default/credentials").await;
        other.is_at("/sign-in").await;
    }

    async fn a_new_password_replaces_the_old_one(db: Database) {
        let site = Site::start(db).await;
        let (page, other) = (site.first_user().await, site.sign_in().await);
        page.open("/account").await;
        page.fill("Present password", PASSWORD).await;
        page.fill("New password", "another sentence of Ada's").await;
        page.press("Change password").await;
        page.sees("Your password is changed").await;
        other.open("/account").await;
        other.is_at("/sign-in").await;
        for (password, told) in [(PASSWORD, "is not right"), ("another sentence of Ada's", "Where you are signed in")] {
            other.fill("User name", USER).await;
            other.fill("Password", password).await;
            other.press("Sign in").await;
            other.sees(told).await;
        }
    }

    async fn people_are_shown_what_they_may_do_and_refused_the_rest(db: Database) {
        let mut site = Site::start(db).await;
        site.install("petstore");
        let id = site.credential("Shop").await;
        site.flow("orders", "Orders", &[("fetch", &id)]).await;
        let page = site.invited("bob", &["--right", "credentials:read", "--right", "flows:read"]).await;
        page.sees("Petstore").await;
        for link in ["Create New Credential", "Components"] {
            assert!(!page.has("link", link).await, "{link}");
        }
        page.open(&format!("/w/default/credentials/{id}")).await;
        page.sees("Shop").await;
        assert!(!page.has("button", "Verify now").await);
        for link in ["Edit", "Delete", "Replace in flows"] {
            assert!(!page.has("link", link).await, "{link}");
        }
        page.open("/w/default/flows/orders").await;
        assert!(!page.has("button", "Activate").await);
        for path in [
            format!("/w/default/credentials/{id}/edit"),
            format!("/w/default/credentials/{id}/delete"),
            format!("/w/default/credentials/{id}/replace"),
            "/w/default/components/petstore/new".to_owned(),
            "/w/default/flows/orders/steps/fetch".to_owned(),
            "/components".to_owned(),
            "/components/install".to_owned(),
        ] {
            page.open(&path).await;
            let text = page.text().await;
            assert!(text.contains("right") || text.contains("for operators"), "{path}:\n{text}");
            assert!(!page.has("button", "Verify and save").await && !page.has("button", "Delete for good").await);
        }
        // Another workspace looks like one that does not exist.
        for path in ["/w/other/credentials", "/w/nowhere/flows"] {
            page.open(path).await;
            page.sees("There is nothing here").await;
        }
        page.check_console().await;
    }
}
