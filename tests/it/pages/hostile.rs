//! Texts that try to become markup, script or an address.

use keystead::domain::descriptor::Descriptor;
use serde_json::json;

use super::site::Site;
use super::visitor::{Page, Visitor};
use crate::harness::databases::on_both_databases;

const NEW: &str = "/w/default/components/hostile/new";

/// What people type. Where it stands, it stands as it is.
const TEXTS: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "{{7*7}}${7*7}<%=7*7%>{{name}}{reason}",
    "</title></textarea></select></option><h9>",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{627}\u{644}\u{633}\u{644}\u{627}\u{645} &amp; &lt;b&gt; &#x41;",
    "javascript:alert(1)//%0a%0d<svg/onload=alert(1)>",
];

/// Nothing of any text has become an element, an attribute or an address. Every page is checked for what is inline
/// and for what leads elsewhere when it is read; here for what no page of ours has.
#[track_caller]
fn check_inert(page: &Page) {
    for element in &page.html.elements {
        for (name, value) in &element.attributes {
            let is_spelled = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            assert!(is_spelled, "{name} of {element:?}");
            if ["href", "src", "action"].contains(&name.as_str()) {
                assert!(!value.to_lowercase().contains("javascript:"), "{element:?}");
            }
        }
        assert!(!["svg", "h9", "b"].contains(&element.name.as_str()), "{element:?}");
        let is_icon = element.attribute("src").is_some_and(|src| src.starts_with('/'));
        assert!(element.name != "img" || is_icon, "{element:?}");
    }
    assert!(page.html.title().ends_with("· Keystead"), "{}", page.html.title());
}

async fn look(visitor: &Visitor<'_>, path: &str) -> Page {
    let page = visitor.get(path).await;
    check_inert(&page);
    page
}

/// Percent-encoded, for an address.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

on_both_databases! {
    async fn texts_of_a_plugin_are_texts(db: Database) {
        let site = Site::with_guest(db, "hostile").await;
        let ada = site.ada().await;
        let title = "<script>document.title='title'</script>\"'&amp;";
        for path in ["/w/default/credentials", "/w/default/credentials/new", "/w/default/components/hostile", "/components", "/components/hostile"] {
            look(&ada, path).await.check_says(200, title);
        }
        let page = look(&ada, NEW).await;
        for text in [title, "<img src=x onerror=\"document.title='label'\">", "</p><script>document.title='description'</script>"] {
            page.check_says(200, text);
        }
        assert_eq!(page.html.value("/region").as_deref(), Some("eu"));
        let choices: Vec<_> = page.html.all("option").filter_map(|option| option.attribute("value")).collect();
        assert!(choices.contains(&"</option></select><script>document.title='choice'</script>"), "{choices:?}");
        let example = page.html.elements.iter().find_map(|element| element.attribute("placeholder"));
        assert_eq!(example, Some("\" autofocus onfocus=\"document.title='example'"));
        let files = crate::harness::wasm::guest("hostile");
        let page = ada.upload("/components/install", &ada.form_token().await, &files).await;
        check_inert(&page);
        page.check_says(200, title);
    }

    async fn what_a_plugin_says_of_a_credential_is_text(db: Database) {
        let site = Site::with_guest(db, "hostile").await;
        let ada = site.ada().await;
        for (shop, told) in [
            ("bad", "</p><script>document.title='verdict'</script>{{name}} javascript:alert(1)"),
            ("busy", "<svg onload=document.title='doubt'>{reason}"),
        ] {
            let page = ada.submit(NEW, NEW, &[("/apiKey", "k-4711"), ("/baseUrl", &site.shop(shop))]).await;
            check_inert(&page);
            assert!(page.says(told), "{}", page.html.text);
        }
        // Named after the account, which the plugin names.
        let page = ada.submit(NEW, NEW, &[("/apiKey", "k-4711"), ("/baseUrl", &site.shop("good"))]).await;
        let path = page.path().to_owned();
        let page = look(&ada, &path).await;
        let account = "<b onmouseover=document.title='account'>Ada</b>";
        page.check_says(200, account);
        page.check_says(200, "<script>document.title='log'</script>");
        for end in ["/edit", "/delete", "/replace"] {
            look(&ada, &format!("{path}{end}")).await.check_says(200, account);
        }
        look(&ada, "/w/default/components/hostile").await.check_says(200, account);
    }

    async fn texts_of_people_are_texts(db: Database) {
        let site = Site::with_guest(db, "hostile").await;
        let ada = site.ada().await;
        let long = "x".repeat(200);
        for (n, text) in TEXTS.into_iter().chain([long.as_str()]).enumerate() {
            // In a form that is shown again, in every control.
            let values = [("name", text), ("/apiKey", text), ("/baseUrl", text), ("/region", text)];
            let page = ada.submit(NEW, NEW, &values).await;
            assert_eq!(page.status, 422, "{text}");
            check_inert(&page);
            assert_eq!(page.html.value("name").as_deref(), Some(text));
            assert_eq!(page.html.value("/baseUrl").as_deref(), Some(text));
            // Names of fields that nobody has made.
            let mut form = page.html.form(NEW);
            form.pairs.push((text.to_owned(), text.to_owned()));
            form.pairs.push((format!("/{text}"), text.to_owned()));
            let page = ada.post(form).await;
            assert_eq!(page.status, 422);
            check_inert(&page);

            // Saved, with a path and a query that are not as they should be.
            let url = format!("{}?{}", site.shop("good"), "a='\"><b>x");
            let page = ada.submit(NEW, NEW, &[("name", text), ("/apiKey", "k-4711"), ("/baseUrl", &url)]).await;
            check_inert(&page);
            let page = if page.status == 303 { page } else {
                ada.submit(NEW, NEW, &[("name", text), ("/apiKey", "k-4711"), ("/baseUrl", &site.shop("good"))]).await
            };
            assert_eq!(page.status, 303, "{text}: {}", page.html.text);
            let base = page.path().to_owned();
            let id = base.rsplit('/').next().unwrap().to_owned();
            let flow = format!("/v1/flows/flow-{n}");
            let steps = json!([{"id": "a~:@._-", "component": "hostile", "credential": id}]);
            let answer = site.service.put(&flow, &site.token, &json!({"name": text, "steps": steps})).await;
            assert_eq!(answer.status, 201, "{text}: {}", answer.text);
            for path in ["", "/edit", "/delete", "/replace"] {
                let page = look(&ada, &format!("{base}{path}")).await;
                assert!(page.says(text), "{text:?} is not on {path}: {}", page.html.text);
            }
            assert_eq!(look(&ada, &format!("{base}/edit")).await.html.value("name").as_deref(), Some(text));
            let page = look(&ada, &format!("/w/default/flows/flow-{n}")).await;
            page.check_says(200, text);
            let step = page.html.links().into_iter().find(|link| link.contains("/steps/")).unwrap().to_owned();
            look(&ada, &step).await.check_says(200, text);
            look(&ada, "/w/default/flows").await.check_says(200, text);
            look(&ada, "/w/default/components/hostile").await.check_says(200, text);
        }
        let page = look(&ada, "/w/default/flows").await;
        assert!(page.says("{{7*7}}") && !page.says("49"), "{}", page.html.text);
    }

    async fn texts_in_addresses_are_texts_or_nothing(db: Database) {
        let site = Site::with_guest(db, "hostile").await;
        let ada = site.ada().await;
        let eve = site.stranger();
        for text in TEXTS {
            let text = encoded(text);
            for path in [
                format!("/w/default/components/hostile?q={text}&sort={text}&page={text}&done={text}"),
                format!("/w/default/credentials?done={text}"),
                format!("/w/default/flows?after={text}"),
                format!("/w/{text}/credentials"),
                format!("/w/default/credentials/{text}"),
                format!("/w/default/components/{text}/new"),
                format!("{NEW}?flow={text}&step={text}"),
                format!("/w/default/flows/{text}/steps/{text}"),
                format!("/components/{text}"),
                format!("/icons/{text}/{text}"),
                format!("/assets/{text}"),
                format!("/{text}"),
            ] {
                let page = look(&ada, &path).await;
                assert!([200, 404].contains(&page.status), "{path}: {}", page.status);
            }
            for path in [format!("/sign-in?next={text}&done={text}"), format!("/welcome?token={text}")] {
                let page = look(&eve, &path).await;
                assert!([200, 410].contains(&page.status), "{path}: {}", page.status);
            }
            let page = eve.submit("/sign-in", "/sign-in", &[("name", &text), ("password", &text), ("next", &text)]).await;
            check_inert(&page);
        }
    }
}

#[test]
fn a_help_page_is_an_https_address() {
    let descriptor = |help: &str| {
        json!({
            "descriptor": 1, "id": "x", "title": "X", "version": "1.0.0", "help": help,
            "authorization": {"kind": "custom"},
            "schema": {"type": "object", "additionalProperties": false, "properties": {}},
            "egress": [], "sealed": []
        })
        .to_string()
    };
    let valid = Descriptor::parse(&descriptor("https://example.com/help"));
    assert!(valid.is_ok(), "{valid:?}");
    for help in [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "http://example.com/",
        "//example.com/",
        "/help",
        "https://",
        "\u{1}javascript:alert(1)",
        "https://example.com/\u{202e}gnp.exe",
        "blob:https://example.com/x",
    ] {
        let error = Descriptor::parse(&descriptor(help)).unwrap_err();
        assert!(error.violations.iter().any(|violation| violation.pointer == "/help"), "{help:?}: {error}");
    }
}
