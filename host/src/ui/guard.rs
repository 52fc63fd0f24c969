//! What every page gets, whatever its route: nothing for other sites, and headers that bind the browser.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY};

use super::Ui;
use super::address::Address;
use crate::api::{Kind, Problem};

/// Nothing is fetched but from this site, nothing inline is run, nobody frames the pages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Forms say where they come from (`Origin`), which `no-referrer` would hide.
const REFERRERS: &str = "same-origin";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const BINDING: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, REFERRERS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Answers a request for a page.
pub(super) async fn stand(State(ui): State<Ui>, request: Request, next: Next) -> Response {
    let mut response = match check(ui.address.as_deref(), request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    bind(&mut response);
    response
}

/// Sets the headers that bind the browser, where a page has none of its own.
pub(super) fn bind(response: &mut Response) {
    for (name, value) in BINDING {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn check(address: Option<&Address>, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(address) = address else {
        let detail = "The pages are closed: this service can be reached from other machines, and nobody has told it its \
             https address. Start it with --public-url https://…, behind a proxy that speaks TLS.";
        return Err(Problem::new(Kind::NotReady, detail));
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !address.serves_host(host) {
        let detail = format!("The pages are not served under this name; they are at {}.", address.origin());
        return Err(Problem::new(Kind::NotFound, detail));
    }
    if method.is_safe() || is_same_site(address, headers) { Ok(()) } else { Err(cross_site()) }
}

/// Whether the browser says that a page of this site sends the request. One that says nothing is no
/// browser of today, and is not believed either.
fn is_same_site(address: &Address, headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE);
    let origin = headers.get(ORIGIN);
    let is_own = |value: &HeaderValue| value.to_str().is_ok_and(|origin| address.is_own(origin));
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(is_own)
}

/// A form that another site has sent.
pub(super) fn cross_site() -> Problem {
    let detail = "This did not come from a page of Keystead that you have open, so nothing was done. Open the page \
         again, and send its form from there.";
    Problem::new(Kind::CrossSite, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &Address, method: &Method, pairs: &[(&'static str, &'static str)]) -> Option<Kind> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        check(Some(address), method, &headers).err().map(|problem| problem.kind())
    }

    #[test]
    fn other_sites_send_no_forms() {
        let address = Address::loopback("127.0.0.1:8080".parse().unwrap()).unwrap();
        let host = ("host", "127.0.0.1:8080");
        let own = ("origin", "http://127.0.0.1:8080");
        for (pairs, refused) in [
            (vec![host, own, ("sec-fetch-site", "same-origin")], false),
            (vec![host, own], false),
            (vec![host, ("sec-fetch-site", "same-origin")], false),
            (vec![host], true),
            (vec![host, ("sec-fetch-site", "same-site")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, own, ("sec-fetch-site", "cross-site")], true),
            (vec![host, ("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("origin", "http://127.0.0.1:8081")], true),
            (vec![host, ("origin", "https://127.0.0.1:8080")], true),
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                let expected = refused.then_some(Kind::CrossSite);
                assert_eq!(told(&address, &method, &pairs), expected, "{method} {pairs:?}");
            }
            assert_eq!(told(&address, &Method::GET, &pairs), None, "{pairs:?}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_shows_nothing() {
        let address = Address::loopback("127.0.0.1:8080".parse().unwrap()).unwrap();
        assert_eq!(told(&address, &Method::GET, &[("host", "evil.example:8080")]), Some(Kind::NotFound));
        assert_eq!(told(&address, &Method::GET, &[]), Some(Kind::NotFound));
    }

    #[test]
    fn without_an_address_all_pages_are_closed() {
        let problem = check(None, &Method::GET, &HeaderMap::new()).unwrap_err();
        assert_eq!(problem.kind(), Kind::NotReady);
    }
}
