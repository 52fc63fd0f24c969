//! What holds of every page, whatever it is about.

use http::HeaderMap;

use super::html::Html;

/// The policy of every page, word for word.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Checks the headers of a page.
#[track_caller]
pub fn check_headers(headers: &HeaderMap) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let given: Vec<_> = headers.get_all(name).iter().collect();
        assert_eq!(given, [value], "{name}: {headers:?}");
    }
    assert!(headers.contains_key("x-request-id"), "{headers:?}");
}

/// Attributes that make a browser fetch or go somewhere.
const LEADING: [&str; 9] =
    ["src", "href", "action", "formaction", "data", "poster", "srcset", "ping", "background"];

/// Checks that nothing is inline, nothing comes from elsewhere, and every form that posts is ours. `helps` are
/// addresses of pages that components name.
#[track_caller]
pub fn check_html(page: &Html, helps: &[&str]) {
    const KNOWN: [&str; 54] = [
        "a", "body", "br", "button", "code", "dd", "details", "div", "dl", "dt", "em", "fieldset", "form",
        "h1", "h2", "h3", "head", "header", "html", "img", "input", "label", "legend", "li", "link", "main",
        "meta", "nav", "ol", "optgroup", "option", "p", "script", "section", "select", "small", "span",
        "strong", "summary", "table", "tbody", "td", "textarea", "th", "thead", "time", "title", "tr", "ul",
        "footer", "aside", "svg", "path", "use",
    ];
    for element in &page.elements {
        assert!(KNOWN.contains(&element.name.as_str()), "an element {element:?}");
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "style", "inline in {element:?}");
            assert!(!name.contains(['"', '\'', '<', '=']), "a broken tag {element:?}");
            if LEADING.contains(&name.as_str()) {
                let is_own = value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
                let is_known = value.starts_with('#') || helps.contains(&value.as_str());
                assert!(is_own || is_known, "{name} leads elsewhere in {element:?}");
            }
        }
        if element.name == "script" {
            assert!(element.attribute("src").is_some() && page.text_of(element).is_empty(), "{element:?}");
        }
        assert_ne!(element.name, "style", "inline style");
        assert!(element.attribute("http-equiv").is_none(), "{element:?}");
    }
    for form in page.all("form") {
        let token = page.value_in(form, "form_token");
        let is_open = ["/sign-in", "/welcome"].contains(&form.attribute("action").unwrap());
        let posts = form.attribute("method") == Some("post");
        // What is sent by GET stands in the address, and so does not carry the token.
        assert_eq!(token.is_some_and(|token| token.len() == 64), posts && !is_open, "{form:?}");
    }
    assert_eq!(page.all("html").count(), 1);
    assert_eq!(page.all("script").count(), 1);
    assert_eq!(page.all("main").count(), 1);
    check_ids(page);
}

/// Ids are there once, and what refers to one finds it.
#[track_caller]
fn check_ids(page: &Html) {
    let ids: Vec<&str> = page.elements.iter().filter_map(|element| element.attribute("id")).collect();
    let unique: std::collections::HashSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "ids are there twice: {ids:?}");
    for element in &page.elements {
        for name in ["for", "aria-describedby", "aria-labelledby"] {
            let words = element.attribute(name).into_iter().flat_map(str::split_whitespace);
            for word in words {
                assert!(ids.contains(&word), "{name} of {element:?} leads nowhere");
            }
        }
    }
}
