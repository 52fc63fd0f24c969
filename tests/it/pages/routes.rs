//! Every route of the pages. One that is added to the router and not here fails a test.

use std::collections::BTreeSet;

use super::html::Form;
use super::site::Site;
use super::visitor::{FORM, encode, multipart};
use crate::harness::wasm::plugin;

/// Paths that show something.
pub const GET: [&str; 23] = [
    "/",
    "/sign-in",
    "/welcome",
    "/account",
    "/w/{workspace}/credentials",
    "/w/{workspace}/credentials/new",
    "/w/{workspace}/components/{id}",
    "/w/{workspace}/components/{id}/new",
    "/w/{workspace}/credentials/{id}",
    "/w/{workspace}/credentials/{id}/edit",
    "/w/{workspace}/credentials/{id}/delete",
    "/w/{workspace}/credentials/{id}/replace",
    "/w/{workspace}/flows",
    "/w/{workspace}/flows/{id}",
    "/w/{workspace}/flows/{id}/steps/{step}",
    "/components",
    "/components/install",
    "/components/install/{digest}/icon",
    "/components/{id}",
    "/icons/{id}/{version}",
    "/assets/{name}",
    "/w/{workspace}/components/{id}/new?flow=idle&step=fetch",
    "/w/{workspace}/components/{id}?q=a&sort=newest&page=2",
];

/// Paths that change something, each with what its form posts beside the token.
pub const POST: [(&str, &[(&str, &str)]); 17] = [
    ("/sign-in", &[("name", "ada"), ("password", super::site::PASSWORD)]),
    ("/welcome", &[("token", "{invitation}"), ("password", super::site::PASSWORD)]),
    ("/w/{workspace}/credentials/{id}/verify", &[]),
    (
        "/w/{workspace}/components/{id}/new",
        &[("key", "0123456789abcdef"), ("/apiKey", "the-key"), ("/baseUrl", "{shop}")],
    ),
    ("/w/{workspace}/credentials/{id}/edit", &[("revision", "{revision}"), ("name", "Another name")]),
    ("/w/{workspace}/flows/{id}/steps/{step}", &[("credential", "{other}")]),
    ("/w/{workspace}/credentials/{id}/replace", &[("with", "{other}"), ("flow", "orders")]),
    ("/w/{workspace}/flows/{id}/deactivate", &[]),
    ("/w/{workspace}/flows/{id}/activate", &[]),
    ("/w/{workspace}/credentials/{id}/delete", &[("revision", "{revision}")]),
    ("/components/install", &[]),
    ("/components/install/{digest}", &[]),
    ("/components/{id}/remove", &[]),
    ("/account/password", &[("old", super::site::PASSWORD), ("new", "another sentence of hers")]),
    ("/account/sign-out-everywhere", &[]),
    ("/sign-out", &[]),
    // The last one, posted by somebody who has no session any more.
    ("/sign-in", &[("name", "ada"), ("password", "wrong")]),
];

/// Routes that anybody may ask for.
pub const OPEN: [&str; 3] = ["/sign-in", "/welcome", "/assets/{name}"];

/// What stands in the paths of a site.
pub struct World {
    pub credential: String,
    pub other: String,
    /// The token of an open invitation.
    pub invitation: String,
    pub shop: String,
    pub asset: String,
}

impl World {
    /// Two credentials, a flow that uses the first, and one that misses one.
    pub async fn of(site: &Site) -> Self {
        let credential = site.credential("First").await;
        let other = site.credential("Second").await;
        site.active_flow("orders", &credential).await;
        site.flow("idle", &[("fetch", None)]).await;
        let means = keystead::accounts::Means::of(&site.service.app);
        let membership = keystead::accounts::Membership {
            workspace: "default".parse().unwrap(),
            rights: vec![keystead::domain::rights::Right::CredentialsRead],
        };
        let token = keystead::accounts::invite(&means, &"bob".parse().unwrap(), membership, false).await;
        let page = site.stranger().get("/sign-in").await;
        let asset = page.html.all("script").next().unwrap().attribute("src").unwrap().to_owned();
        Self {
            credential,
            other,
            invitation: token.unwrap().expose().to_owned(),
            shop: site.shop("good"),
            asset: asset.strip_prefix("/assets/").unwrap().to_owned(),
        }
    }

    /// A path of the site for a route.
    pub fn path(&self, route: &str) -> String {
        let id = match route {
            route if route.contains("/flows/") => "orders",
            route if route.contains("components/") || route.starts_with("/icons") => "petstore",
            _ => &self.credential,
        };
        let digest = format!("sha256:{}", "0".repeat(64));
        let path = route.replace("{workspace}", "default").replace("{step}", "fetch");
        path.replace("{id}", id)
            .replace("{digest}", &digest)
            .replace("{version}", "0.png")
            .replace("{name}", &self.asset)
    }

    /// What the route's form posts beside the token.
    pub async fn form(&self, site: &Site, route: &str, pairs: &[(&str, &str)]) -> Form {
        let revision = format!(
            "SELECT CAST(coalesce(max(revision), 0) AS bigint) FROM credentials WHERE id = '{}'",
            self.credential
        );
        let revision = site.service.database.number(&revision).await.to_string();
        let value = |text: &str| match text {
            "{other}" => self.other.clone(),
            "{invitation}" => self.invitation.clone(),
            "{shop}" => self.shop.clone(),
            "{revision}" => revision.clone(),
            text => text.to_owned(),
        };
        let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
        Form { action: self.path(route), pairs }
    }

    /// Media type and body of a route's form with this token.
    pub fn body(form: &Form, token: Option<&str>) -> (&'static str, Vec<u8>) {
        if form.action == "/components/install" {
            return (
                "multipart/form-data; boundary=bound",
                multipart(token.unwrap_or_default(), &plugin("petstore")),
            );
        }
        let token = token.map(|token| ("form_token".to_owned(), token.to_owned()));
        let pairs: Vec<(String, String)> = form.pairs.iter().cloned().chain(token).collect();
        (FORM, encode(&pairs).into_bytes())
    }
}

/// The text of the router.
fn source() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../host/src/ui/mod.rs");
    let source = std::fs::read_to_string(path).unwrap();
    source[source.find("Router::new()").unwrap()..].to_owned()
}

/// Routes of the router's source, those for this method.
fn written(method: &str) -> BTreeSet<String> {
    let source = source();
    let routes = source.split(".route(").skip(1);
    let route = |text: &str| {
        let (path, rest) = text.split_once('"').unwrap().1.split_once('"').unwrap();
        let handlers = rest.split('\n').next().unwrap();
        handlers.contains(method).then(|| path.to_owned())
    };
    routes.filter_map(route).collect()
}

#[test]
fn every_route_of_the_router_is_tested() {
    let get: BTreeSet<String> = GET.iter().map(|route| route.split('?').next().unwrap().to_owned()).collect();
    assert_eq!(get, written("get("));
    let post: BTreeSet<String> = POST.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(post, written("post("));
    // No other way to make routes.
    let source = source();
    for other in [
        "routing::put",
        "routing::delete",
        "routing::patch",
        "any(",
        ".nest",
        ".merge(",
        "_service(",
        ".fallback(",
    ] {
        assert!(!source.contains(other), "{other}");
    }
}
