//! Headers of pages, of problems, of what pages load, and of the API.

use http::header::{ACCEPT, CONTENT_TYPE};

use keystead::domain::rights::Right;

use super::laws::check_headers;
use super::routes::{GET, World};
use super::site::Site;
use super::visitor::{PAGES, Page, Visitor};
use crate::harness::databases::{Backend, fresh};

async fn get(visitor: &Visitor<'_>, path: &str, accept: &str) -> Page {
    let request = visitor.request("GET", path).header(ACCEPT, accept);
    visitor.send(request.body(Default::default()).unwrap()).await
}

fn kind(page: &Page) -> &str {
    page.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap())
}

#[tokio::test]
async fn every_page_binds_the_browser() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    let world = World::of(&site).await;
    for route in GET.into_iter().filter(|route| !route.starts_with("/assets") && !route.starts_with("/icons"))
    {
        let page = ada.get(&world.path(route)).await;
        // Redirections too; what is shown is checked as it is read.
        check_headers(&page.headers);
        assert!(page.status == 303 || kind(&page).starts_with("text/html"), "{route}: {page:?}");
        assert!(page.status != 200 || page.html.title().ends_with("· Keystead"), "{}", page.html.title());
    }
}

#[tokio::test]
async fn every_problem_is_told_as_a_page_that_binds_the_browser() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    let bob = site.invited("bob", "default", &[Right::FlowsRead]).await;
    for (visitor, path, status) in [
        (&ada, "/nowhere", 404),
        (&ada, "/w/default/credentials/none", 404),
        (&ada, "/w/none/credentials", 404),
        (&ada, "/assets/none.js", 404),
        (&ada, "/icons/none/x.png", 404),
        (&ada, "/w/default/flows/%FF", 400),
        (&ada, "/sign-out", 405),
        (&ada, "/welcome?token=gone", 410),
        (&bob, "/w/default/credentials", 403),
        (&bob, "/components", 403),
    ] {
        let page = visitor.get(path).await;
        assert_eq!((page.status, kind(&page)), (status, "text/html; charset=utf-8"), "{path} {}", page.text);
        check_headers(&page.headers);
        // Not a word of requests and tokens where nobody has used any.
        assert!(page.says("name the request"), "{}", page.html.text);
    }
    // Too large a head, a body of another kind, a body that is too large.
    let request =
        ada.request("GET", "/account").header("x-large", "x".repeat(17 << 10)).header(ACCEPT, PAGES);
    let page = ada.send(request.body(Default::default()).unwrap()).await;
    assert_eq!((page.status, kind(&page)), (431, "text/html; charset=utf-8"));
    for (media_type, length, status) in
        [("text/plain", 1, 415), ("application/json", 2, 415), (super::visitor::FORM, 257 << 10, 413)]
    {
        let request = ada.own("/sign-out").header(CONTENT_TYPE, media_type);
        let page = ada.send(request.body("x".repeat(length).into()).unwrap()).await;
        assert_eq!((page.status, kind(&page)), (status, "text/html; charset=utf-8"), "{media_type}");
    }
}

#[tokio::test]
async fn who_asks_for_no_page_gets_a_document() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    for accept in ["*/*", "application/json"] {
        let page = get(&ada, "/w/default/credentials/none", accept).await;
        assert_eq!((page.status, kind(&page)), (404, "application/problem+json"));
    }
}

#[tokio::test]
async fn the_api_answers_as_before() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    // A person's session opens nothing there, and a browser gets no page.
    let page = get(&ada, "/v1/credentials", PAGES).await;
    assert_eq!((page.status, kind(&page)), (401, "application/problem+json"));
    let answer = site.service.call("GET", "/v1/credentials", &site.token).await;
    for headers in [&page.headers, &answer.headers] {
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(!headers.contains_key("content-security-policy"), "{headers:?}");
    }
}

#[tokio::test]
async fn what_pages_load_is_kept_for_good_and_named_after_its_content() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let page = site.stranger().get("/sign-in").await;
    let script = page.html.all("script").filter_map(|script| script.attribute("src"));
    let links = page.html.all("link").filter_map(|link| link.attribute("href"));
    let found: Vec<&str> = script.chain(links).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    for path in found {
        let page = get(&site.stranger(), path, "*/*").await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        let extension = path.rsplit('.').next().unwrap();
        let expected = match extension {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(kind(&page), expected);
        // Nothing in them comes from elsewhere.
        let text = page.text.replace("http://www.w3.org/2000/svg", "");
        for word in ["http:", "https:", "url(//", "@import", "eval(", "innerHTML", "document.write"] {
            assert!(!text.contains(word), "{word} in {path}");
        }
    }
}
