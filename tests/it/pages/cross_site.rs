//! What other sites send, or make a browser send.

use http::header::{ACCEPT, CONTENT_TYPE, ORIGIN};

use super::routes::{GET, POST, World};
use super::site::Site;
use super::visitor::{PAGES, Page, Visitor};
use crate::harness::databases::on_both_databases;

/// The headers by which a browser tells where a request comes from.
type Marks = &'static [(&'static str, &'static str)];

const OWN: (&str, &str) = ("origin", "http://127.0.0.1:8080");
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// What other sites can bring a browser to send, and what no browser sends.
const FOREIGN: [Marks; 9] = [
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "none")],
    &[OWN, ("sec-fetch-site", "cross-site")],
    &[OWN, ("sec-fetch-site", "same-site")],
    &[("origin", "null"), SAME_ORIGIN],
    &[("origin", "https://evil.example"), SAME_ORIGIN],
    &[("origin", "http://127.0.0.1:8081")],
];

async fn post(visitor: &Visitor<'_>, path: &str, marks: Marks, (kind, body): (&str, Vec<u8>)) -> Page {
    let mut request = visitor.request("POST", path).header(ACCEPT, PAGES).header(CONTENT_TYPE, kind);
    for (name, value) in marks {
        request = request.header(*name, *value);
    }
    visitor.send(request.body(body.into()).unwrap()).await
}

/// Routes whose forms are those of people who are not signed in: they have no token.
fn is_open(route: &str) -> bool {
    ["/sign-in", "/welcome"].contains(&route)
}

on_both_databases! {
    async fn forms_of_other_sites_do_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let bea = site.invited("bea", "default", &[keystead::domain::rights::Right::Admin]).await;
        let world = World::of(&site).await;
        let token = ada.form_token().await;
        let foreign = bea.form_token().await;
        // That of another browser of the same person is another one, too.
        let other = site.sign_in("ada").await.form_token().await;
        assert_ne!(token, foreign);
        let before = site.state().await;
        for (route, pairs) in POST {
            let form = world.form(&site, route, pairs).await;
            for marks in FOREIGN {
                let page = post(&ada, &form.action, marks, World::body(&form, Some(&token))).await;
                page.check_says(403, "nothing was done");
                assert!(page.location().is_empty() && !page.headers.contains_key("set-cookie"), "{page:?}");
            }
            if is_open(route) {
                continue;
            }
            let upper = token.to_uppercase();
            let shorter = &token[1..];
            for wrong in [None, Some(""), Some("wrong"), Some(foreign.as_str()), Some(other.as_str()), Some(upper.as_str()), Some(shorter)] {
                for marks in [&[OWN, SAME_ORIGIN] as Marks, &[OWN], &[SAME_ORIGIN]] {
                    let page = post(&ada, &form.action, marks, World::body(&form, wrong)).await;
                    page.check_says(403, "nothing was done");
                }
            }
            // In the address a token is none.
            let action = format!("{}?form_token={token}", form.action);
            post(&ada, &action, &[OWN, SAME_ORIGIN], World::body(&form, None)).await.check_says(403, "nothing was done");
        }
        assert_eq!(site.state().await, before);

        // The same forms are not refused where they belong, so that the above tells something.
        for (route, pairs) in POST {
            let form = world.form(&site, route, pairs).await;
            // Who comes by a link becomes somebody else.
            let stranger = site.stranger();
            let visitor = if route == "/welcome" { &stranger } else { &ada };
            let body = World::body(&form, Some(&present_token(visitor).await));
            let page = post(visitor, &form.action, &[OWN, SAME_ORIGIN], body).await;
            assert!([200, 303, 409, 422].contains(&page.status) || route.ends_with("{digest}"), "{route}: {page:?}");
            assert_ne!(site.state().await, before, "{route}");
        }
    }

    async fn looking_changes_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let world = World::of(&site).await;
        let token = ada.form_token().await;
        let before = site.state().await;
        let posts = POST.iter().map(|(route, _)| *route);
        for route in GET.into_iter().chain(posts) {
            let path = world.path(route);
            let separator = if path.contains('?') { '&' } else { '?' };
            // What a form would post, in the address.
            let loaded = format!(
                "{path}{separator}form_token={token}&token={}&revision=1&clear=true&credential={}&done=deleted",
                world.invitation, world.other
            );
            for path in [path, loaded] {
                for method in ["GET", "HEAD", "OPTIONS"] {
                    let request = ada.request(method, &path).header(ACCEPT, PAGES);
                    let page = ada.send(request.body(Default::default()).unwrap()).await;
                    assert!(page.status < 500, "{method} {path}: {}", page.status);
                }
            }
        }
        assert_eq!(site.state().await, before);
        assert_eq!(ada.form_token().await, token);
    }

    async fn methods_that_no_form_has_do_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let world = World::of(&site).await;
        let token = ada.form_token().await;
        let before = site.state().await;
        for (route, pairs) in POST {
            let form = world.form(&site, route, pairs).await;
            for method in ["PUT", "PATCH", "DELETE"] {
                let (kind, body) = World::body(&form, Some(&token));
                let request = ada.request(method, &form.action).header(ACCEPT, PAGES).header(CONTENT_TYPE, kind);
                let request = request.header(ORIGIN, OWN.1).header(SAME_ORIGIN.0, SAME_ORIGIN.1);
                let page = ada.send(request.body(body.into()).unwrap()).await;
                assert_eq!(page.status, 405, "{method} {route}");
                assert!(page.headers["allow"].to_str().unwrap().contains("POST"), "{method} {route}");
            }
        }
        assert_eq!(site.state().await, before);
    }
}

/// The token of a visitor's forms; empty where they are signed out.
async fn present_token(visitor: &Visitor<'_>) -> String {
    if visitor.get("/account").await.status == 200 { visitor.form_token().await } else { String::new() }
}
