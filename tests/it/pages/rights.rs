//! Who may see and do what.

use keystead::domain::rights::Right;

use super::html::Form;
use super::routes::{GET, OPEN, POST, World};
use super::site::Site;
use super::visitor::{Page, Visitor};
use crate::harness::databases::{Backend, fresh, on_both_databases};

/// Posts the form of a route as its page would, with the visitor's token.
async fn post(visitor: &Visitor<'_>, form: &Form) -> Page {
    let (kind, body) = World::body(form, Some(&visitor.form_token().await));
    let request = visitor.own(&form.action).header("content-type", kind);
    visitor.send(request.body(body.into()).unwrap()).await
}

/// A page without what differs from request to request and with the name of the path.
fn without_id(page: &Page) -> (u16, String) {
    let id = page.headers["x-request-id"].to_str().unwrap();
    (page.status, page.text.replace(id, "ID"))
}

on_both_databases! {
    async fn who_is_signed_out_sees_where_to_sign_in_and_nothing_else(db: Database) {
        let site = Site::over(db).await;
        drop(site.ada().await);
        let world = World::of(&site).await;
        let before = site.state().await;
        let eve = site.stranger();
        for route in GET.into_iter().filter(|route| !OPEN.contains(route)) {
            let path = world.path(route);
            let page = eve.get(&path).await;
            assert_eq!((page.status, page.path()), (303, "/sign-in"), "{route}");
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            let expected = if path == "/" { String::new() } else { format!("?next={next}") };
            assert_eq!(page.location(), format!("/sign-in{expected}"));
            assert!(page.text.is_empty());
        }
        for (route, pairs) in POST.into_iter().filter(|(route, _)| !OPEN.contains(route)) {
            let form = world.form(&site, route, pairs).await;
            let (kind, body) = World::body(&form, Some("none"));
            let page = eve.send(eve.own(&form.action).header("content-type", kind).body(body.into()).unwrap()).await;
            assert_eq!((page.status, page.location()), (303, "/sign-in"), "{route}");
        }
        assert_eq!(site.state().await, before);
    }

    async fn a_workspace_of_others_looks_like_none(db: Database) {
        let site = Site::over(db).await;
        let world = World::of(&site).await;
        site.service.workspace("other").await;
        let bob = site.invited("bob", "other", &[Right::Admin]).await;
        let before = site.state().await;
        for route in GET.into_iter().filter(|route| route.starts_with("/w/")) {
            let path = world.path(route);
            let theirs = bob.get(&path).await;
            assert_eq!(theirs.status, 404, "{route}");
            let none = bob.get(&path.replace("/w/default/", "/w/no-such/")).await;
            assert_eq!(without_id(&theirs), without_id(&none), "{route}");
            // Nor does another workspace's credential or flow open through one's own.
            if route.contains("/credentials/{id}") || route.contains("/flows/{id}") {
                let through = bob.get(&path.replace("/w/default/", "/w/other/")).await;
                assert_eq!(without_id(&through), without_id(&none), "{route}");
            }
        }
        for (route, pairs) in POST.into_iter().filter(|(route, _)| route.starts_with("/w/")) {
            let mut form = world.form(&site, route, pairs).await;
            let theirs = post(&bob, &form).await;
            assert_eq!(theirs.status, 404, "{route}");
            form.action = form.action.replace("/w/default/", "/w/no-such/");
            assert_eq!(without_id(&theirs), without_id(&post(&bob, &form).await), "{route}");
            if !route.contains("/components/") {
                form.action = form.action.replace("/w/no-such/", "/w/other/");
                let through = post(&bob, &form).await;
                assert_eq!(through.status, 404, "{route}: {}", through.html.text);
            }
        }
        // What the audit of the own workspace says of it is all that may have changed.
        let state = site.state().await;
        assert_eq!((&state[4..6], &state[7..]), (&before[4..6], &before[7..]));
    }

    async fn who_may_read_credentials_alone_changes_nothing(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let world = World::of(&site).await;
        let bob = site.invited("bob", "default", &[Right::CredentialsRead]).await;
        let base = format!("/w/default/credentials/{}", world.credential);
        for path in ["/w/default/credentials", "/w/default/components/petstore", &base] {
            let page = bob.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(ada.get(path).await.html.buttons().len() > page.html.buttons().len(), "{path}");
            for button in page.html.buttons() {
                assert!(["Search", "Sign out"].contains(&button), "{button} on {path}");
            }
            for link in page.html.links() {
                assert!(!["/new", "/edit", "/delete", "/replace", "/verify"].iter().any(|end| link.ends_with(end)), "{link}");
            }
            let actions: Vec<_> = page.html.all("form").filter_map(|form| form.attribute("action")).collect();
            assert!(actions.iter().all(|action| ["/sign-out", path].contains(action)), "{actions:?}");
        }
        let before = site.state().await;
        for (route, pairs) in POST {
            if OPEN.contains(&route) || route.starts_with("/account") || route == "/sign-out" {
                continue;
            }
            let form = world.form(&site, route, pairs).await;
            let page = post(&bob, &form).await;
            assert_eq!(page.status, 403, "{route}: {}", page.html.text);
            assert!(page.says("needs the right") || page.says("for operators"), "{}", page.html.text);
        }
        for route in ["new", "edit", "delete", "replace"] {
            let path = if route == "new" { "/w/default/components/petstore/new" } else { &format!("{base}/{route}") };
            assert_eq!(bob.get(path).await.status, 403, "{path}");
        }
        for path in ["/components", "/components/install", "/components/petstore", "/w/default/flows",
            "/w/default/flows/orders", "/w/default/flows/orders/steps/fetch"] {
            assert_eq!(bob.get(path).await.status, 403, "{path}");
        }
        assert_eq!(site.state().await, before);
    }

    async fn each_right_opens_what_it_names(db: Database) {
        let site = Site::over(db).await;
        let world = World::of(&site).await;
        let credential = format!("/w/default/credentials/{}", world.credential);
        let verify = format!("{credential}/verify");
        let user = site.invited("user", "default", &[Right::CredentialsRead, Right::CredentialsUse]).await;
        assert_eq!(user.submit(&credential, &verify, &[]).await.status, 303);
        assert_eq!(user.get(&format!("{credential}/edit")).await.status, 403);

        let writer = site.invited("writer", "default", &[Right::CredentialsRead, Right::CredentialsWrite]).await;
        let page = writer.get(&credential).await;
        assert!(!page.html.buttons().contains(&"Verify now"), "{:?}", page.html.buttons());
        assert_eq!(writer.get(&format!("{credential}/edit")).await.status, 200);
        // What is offered can be opened.
        for link in page.html.links().iter().filter(|link| link.starts_with(&credential)) {
            assert_eq!(writer.get(link).await.status, 200, "{link}");
        }
        let linked = "/w/default/components/petstore/new?flow=idle&step=fetch";
        assert_eq!(writer.get(linked).await.status, 403);
    }

    async fn flows_do_not_tell_of_credentials_to_those_who_may_not_read_them(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let credential = site.credential("The name of a customer").await;
        site.active_flow("orders", &credential).await;
        let bob = site.invited("bob", "default", &[Right::FlowsRead, Right::FlowsWrite]).await;
        let page = bob.get("/w/default/flows/orders").await;
        page.check_says(200, "The orders");
        assert!(!page.says("The name of a customer") && !page.says("Verified"), "{}", page.html.text);
        // As the API, which needs `credentials:read` for the name and shows the id in a flow.
        ada.get("/w/default/flows/orders").await.check_says(200, "The name of a customer");
        // What is offered can be opened.
        for link in page.html.links().iter().filter(|link| link.contains("/steps/") || link.contains("/credentials/")) {
            assert_eq!(bob.get(link).await.status, 200, "{link}");
        }
    }

    async fn the_audit_says_who_it_was(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let world = World::of(&site).await;
        let before = site.count("audit").await;
        let base = format!("/w/default/credentials/{}", world.credential);
        assert_eq!(ada.submit(&base, &format!("{base}/verify"), &[]).await.status, 303);
        let edit = format!("{base}/edit");
        assert_eq!(ada.submit(&edit, &edit, &[("name", "Other")]).await.status, 303);
        let page = ada.submit("/w/default/flows/orders", "/w/default/flows/orders/deactivate", &[]).await;
        assert_eq!(page.status, 303);
        let delete = format!("{base}/delete");
        assert_eq!(ada.submit(&delete, &delete, &[]).await.status, 303);
        let workspace = "default".parse().unwrap();
        let audit = site.service.app.store.list_audit(Some(&workspace), 100).await.unwrap();
        let made = usize::try_from(site.count("audit").await - before).unwrap();
        let user = site.service.app.store.list_users().await.unwrap()[0].id.to_string();
        let deeds: Vec<_> = audit.iter().take(made).map(|entry| entry.action.as_str()).collect();
        assert!(deeds.contains(&"credential.delete") && deeds.contains(&"flow.deactivate"), "{deeds:?}");
        // A verification is recorded when it begins and when it ends.
        assert_eq!(made, 5, "{deeds:?}");
        for entry in audit.iter().take(made) {
            assert_eq!(entry.actor.as_deref(), Some(user.as_str()), "{entry:?}");
        }
    }
}

/// Every right by which pages differ.
const RIGHTS: [Right; 5] = [
    Right::CredentialsRead,
    Right::CredentialsWrite,
    Right::CredentialsUse,
    Right::FlowsRead,
    Right::FlowsWrite,
];

/// Follows every link from the start page on; the paths that were seen, without queries.
async fn crawl(visitor: &Visitor<'_>) -> std::collections::BTreeSet<String> {
    let mut open = vec!["/".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = visitor.get(&path).await;
        match page.status {
            303 => open.push(page.location().to_owned()),
            200 => {
                let links = page.html.links().into_iter().filter(|link| link.starts_with('/'));
                open.extend(links.map(|link| link.split('#').next().unwrap().to_owned()));
            }
            status => panic!("{path} is offered and answers {status}: {}", page.html.text),
        }
        assert!(seen.len() < 200, "{seen:?}");
    }
    seen
}

#[tokio::test]
async fn nothing_is_offered_that_is_then_refused() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    let world = World::of(&site).await;
    let everything = crawl(&ada).await;
    let credential = format!("/w/default/credentials/{}", world.credential);
    for path in [
        "/account",
        "/components/install",
        "/components/petstore",
        "/w/default/components/petstore/new",
        "/w/default/flows/orders/steps/fetch",
        "/w/default/components/petstore/new?flow=idle&step=fetch",
        &credential,
        &format!("{credential}/edit"),
        &format!("{credential}/delete"),
        &format!("{credential}/replace"),
    ] {
        assert!(everything.contains(path), "{path} is not in {everything:?}");
    }
    for chosen in 1..1_u32 << RIGHTS.len() {
        let rights: Vec<Right> =
            (0..RIGHTS.len()).filter(|n| chosen & 1 << n != 0).map(|n| RIGHTS[n]).collect();
        let visitor = site.invited(&format!("user-{chosen}"), "default", &rights).await;
        let seen = crawl(&visitor).await;
        let sees = |path: &str| seen.iter().any(|seen| seen.starts_with(path));
        assert_eq!(
            sees("/w/default/credentials"),
            rights.contains(&Right::CredentialsRead),
            "{rights:?} {seen:?}"
        );
        assert_eq!(sees("/w/default/flows"), rights.contains(&Right::FlowsRead), "{rights:?} {seen:?}");
        assert!(!sees("/components"), "{rights:?}");
    }
}
