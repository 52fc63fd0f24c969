//! The tools of these tests do what they say, and every check can fail.

use std::collections::HashMap;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::page::Page;

const POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'";

const STYLE: &str = "
    :root { color-scheme: light dark; --ink: #111; --paper: #fff; --dim: #555 }
    @media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #111; --dim: #333 } }
    body { color: var(--ink); background: var(--paper); font: 16px sans-serif }
    .dim { color: var(--dim) } .wide { width: 2000px } .faint { outline: none } .tall { height: 300px }";

const FORM: &str = r#"
    <form method="post" action="/form">
        <p><label for="key">API key</label> <input id="key" name="key" type="password" required></p>
        <p><label for="region">Region</label>
            <select id="region" name="region"><option value="us">America</option><option value="eu">Europe</option></select></p>
        <p><label><input type="checkbox" name="unverified"> Save unverified</label></p>
        <p><button>Save</button> <a href="/elsewhere">Elsewhere</a></p>
    </form>"#;

/// A page of its own for everything that a check looks at, and one without any fault.
async fn pages() -> Page {
    let bodies = [
        ("/wide", "<div class='wide'>wide</div>".to_owned()),
        ("/", FORM.to_owned()),
        ("/saved", "<p>Saved</p>".to_owned()),
        ("/elsewhere", "<p>You are elsewhere</p>".to_owned()),
        ("/unlabelled", "<input name='q'>".to_owned()),
        ("/dim", "<p class='dim'>Who reads this in the dark?</p>".to_owned()),
        ("/inline", "<script>document.title = 'taken'</script>".to_owned()),
        ("/throws", "<script src='/throws.js'></script>".to_owned()),
        ("/lacks", "<img src='/nowhere.png' alt='Nowhere'>".to_owned()),
        ("/tall", "<div class='tall'></div>".repeat(10)),
        ("/jumps", "<p>Read this.</p><script src='/jumps.js'></script>".to_owned()),
        ("/faint", "<button class='faint'>Faint</button>".to_owned()),
        ("/scripted", "<p id='told'>Plain</p><script src='/scripted.js'></script>".to_owned()),
    ];
    let scripts = [
        ("/throws.js", "throw new Error('out of luck')"),
        (
            "/jumps.js",
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
                const block = document.createElement('div');
                block.className = 'tall'; document.querySelector('main').prepend(block);
            })))",
        ),
        ("/scripted.js", "document.querySelector('#told').textContent = 'Enhanced'"),
    ];
    let mut router = Router::new()
        .route("/style.css", get(async || ([(CONTENT_TYPE, "text/css")], STYLE)))
        .route("/form", axum::routing::post(save));
    for (path, body) in bodies {
        router = router.route(path, get(async move || page(&body)));
    }
    for (path, script) in scripts {
        router = router.route(path, get(async move || ([(CONTENT_TYPE, "text/javascript")], script)));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Page::new(&format!("http://{address}")).await
}

async fn save(body: String) -> Response {
    let fields: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).collect();
    if fields["key"] == "wrong" {
        return (StatusCode::UNPROCESSABLE_ENTITY, page("<p>That key is wrong</p>")).into_response();
    }
    let text = format!("/saved?region={}&unverified={}", fields["region"], fields.contains_key("unverified"));
    Redirect::to(&text).into_response()
}

fn page(body: &str) -> impl IntoResponse + use<> {
    let html = format!(
        "<!doctype html><html lang='en'><head><title>Proof</title><meta name='viewport' content='width=device-width'>\
         <link rel='stylesheet' href='/style.css'></head><body><main><h1>Proof</h1>{body}</main></body></html>"
    );
    ([(CONTENT_SECURITY_POLICY, POLICY), (CONTENT_TYPE, "text/html; charset=utf-8")], html)
}

#[tokio::test]
async fn form_is_filled_in_and_sent_by_its_words() {
    let page = pages().await;
    page.open("/").await;
    page.fill("API key", "wrong").await;
    page.press("Save").await;
    page.sees("That key is wrong").await;
    page.driver.back().await.unwrap();
    page.fill("API key", "right").await;
    assert_eq!(page.value("API key").await, "right");
    page.choose("Region", "Europe").await;
    page.tick("Save unverified").await;
    page.press("Save").await;
    page.is_at("/saved").await;
    assert_eq!(page.path().await, "/saved?region=eu&unverified=true");
    page.check_console().await;
    page.open("/").await;
    page.follow("Elsewhere").await;
    page.sees("You are elsewhere").await;
    assert!(!page.shows("Saved").await && page.text().await.contains("elsewhere"));
    assert!(page.source().await.contains("<h1>Proof</h1>"));
}

#[tokio::test]
async fn page_without_fault_passes_every_check() {
    let page = pages().await;
    assert!((500..5_000).contains(&page.page_weight("/").await));
    page.check_looks("proof").await;
    page.check_steady().await;
    let order = page.tab_order().await;
    let names: Vec<&str> = order.iter().map(|focus| focus.name.as_str()).collect();
    assert_eq!(names, ["API key", "Region", "Save unverified", "Save", "Elsewhere"]);
    assert!(order.iter().all(|focus| focus.ring && focus.in_view), "{order:#?}");
}

#[tokio::test]
async fn pictures_are_of_both_widths_and_colours() {
    let page = pages().await;
    page.open("/tall").await;
    let mut pictures = Vec::new();
    for screen in super::looks::SCREENS {
        for is_dark in [false, true] {
            page.emulate(screen, is_dark).await;
            let path = page.screenshot("proof-tall").await;
            let bytes = std::fs::read(&path).unwrap();
            // Width and height stand at the beginning of a PNG.
            let [width, height] =
                [16, 20].map(|at| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()));
            assert_eq!(width, screen.0, "{}", path.display());
            assert!(height > 3000, "{height}: {} is not the whole page", path.display());
            pictures.push((path.file_name().unwrap().to_str().unwrap().to_owned(), bytes));
        }
    }
    let names: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
    let wanted =
        ["390-light", "390-dark", "1280-light", "1280-dark"].map(|end| format!("proof-tall-{end}.png"));
    assert_eq!(names, wanted);
    assert_ne!(pictures[0].1, pictures[1].1, "dark looks like light");
}

#[tokio::test]
async fn control_without_label_keeps_people_out() {
    let page = pages().await;
    page.open("/unlabelled").await;
    let found = page.accessibility_findings().await.join("\n");
    assert!(found.contains("label (critical)") && found.contains(r#"<input name="q">"#), "{found}");
}

#[tokio::test]
async fn dim_text_keeps_people_out_where_it_is_dim() {
    let page = pages().await;
    page.open("/dim").await;
    page.emulate((1280, 800), false).await;
    assert_eq!(page.accessibility_findings().await, Vec::<String>::new());
    page.emulate((1280, 800), true).await;
    let found = page.accessibility_findings().await.join("\n");
    assert!(found.contains("color-contrast (serious)"), "{found}");
}

#[tokio::test]
async fn complaints_of_the_browser_are_heard() {
    let page = pages().await;
    for (path, words) in [("/inline", "Content Security Policy"), ("/throws", "out of luck")] {
        page.open(path).await;
        let complaints = page.complaints().await;
        assert!(complaints.iter().any(|text| text.contains(words)), "{path}: {complaints:?}");
        assert_eq!(page.complaints().await, Vec::<String>::new(), "{path}: told twice");
    }
    assert_ne!(page.driver.title().await.unwrap(), "taken");
    page.open("/lacks").await;
    let missing = page.missing().await;
    assert!(missing.len() == 1 && missing[0].starts_with("404 "), "{missing:?}");
}

#[tokio::test]
async fn what_is_too_wide_or_jumps_or_hides_its_focus_is_found() {
    let page = pages().await;
    page.open("/wide").await;
    assert!(page.overflow().await[0].contains("wide"));
    page.open("/jumps").await;
    page.until("for the jump", async || (page.layout_shift().await.0 > 0.01).then_some(())).await;
    page.open("/faint").await;
    let order = page.tab_order().await;
    assert!(order.len() == 1 && order[0].name == "Faint" && !order[0].ring, "{order:?}");
}

#[tokio::test]
async fn script_can_be_off() {
    let page = pages().await;
    page.open("/scripted").await;
    page.sees("Enhanced").await;
    page.without_script().await;
    page.open("/scripted").await;
    page.sees("Plain").await;
    page.open("/").await;
    page.fill("API key", "right").await;
    page.press("Save").await;
    page.is_at("/saved").await;
}

#[tokio::test]
async fn browsers_of_two_tests_share_nothing() {
    let (one, other) = (pages().await, pages().await);
    one.open("/").await;
    one.driver.add_cookie(thirtyfour::Cookie::new("who", "one")).await.unwrap();
    other.open("/").await;
    assert_eq!(other.driver.get_all_cookies().await.unwrap().len(), 0);
}

#[tokio::test]
#[should_panic(expected = "You are elsewhere")]
async fn what_is_not_there_is_told_with_what_is() {
    let page = pages().await.with_patience(std::time::Duration::from_millis(200));
    page.open("/elsewhere").await;
    page.press("Save").await;
}
