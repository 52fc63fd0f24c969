//! Secrets go to the application, and come back to nobody.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::site::Site;
use crate::harness::databases::on_both_databases;

const NEW: &str = "/w/default/components/petstore/new";

/// A key that each way to write it changes.
const KEY: &str = "k<e>y\"&'+/ %4711{{}}~`\\";

/// The ways in which a text could stand in what a browser gets.
fn spellings(text: &str) -> Vec<String> {
    let mut found = vec![
        text.to_owned(),
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
        text.chars().rev().collect(),
    ];
    let json = serde_json::to_string(text).unwrap();
    found.push(json.trim_matches('"').to_owned());
    // In the middle of something longer base64 begins at another bit.
    for padding in ["x", "xx"] {
        let text = STANDARD_NO_PAD.encode(format!("{padding}{text}"));
        found.push(text[4..text.len() - 2].to_owned());
    }
    found
}

#[track_caller]
fn check_unseen(seen: &str) {
    let read = super::html::Html::parse(seen);
    let values: Vec<&str> = read
        .elements
        .iter()
        .flat_map(|element| &element.attributes)
        .map(|(_, value)| value.as_str())
        .collect();
    for spelling in spellings(KEY) {
        assert!(!seen.contains(&spelling), "{spelling}");
        assert!(!read.text.contains(&spelling), "{spelling}");
        assert!(!values.iter().any(|value| value.contains(&spelling)), "{spelling}");
    }
}

on_both_databases! {
    async fn a_secret_is_in_no_page_header_or_line(db: Database) {
        let site = Site::with_guest(db, "hostile").await;
        let ada = site.ada().await;
        let typed = |name: &'static str, shop: &str| [("name".to_owned(), name.to_owned()), ("/apiKey".to_owned(), KEY.to_owned()), ("/baseUrl".to_owned(), site.shop(shop))];
        for component in ["petstore", "hostile"] {
            let new = NEW.replace("petstore", component);
            for shop in ["bad", "busy", "good"] {
                let pairs = typed("Shop", shop);
                let values: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let form = ada.get(&new).await.html.form(&new);
                ada.post(form.clone().with(&values)).await;
                // By the script, and as a text that is wrong elsewhere.
                let form = ada.get(&new).await.html.form(&new);
                for line in ada.stream(form.clone().with(&values)).await {
                    check_unseen(&line.to_string());
                    check_unseen(line["page"].as_str().unwrap_or_default());
                }
                for wrong in [("/baseUrl", "no url"), ("/nope", "x"), ("name", "\u{7}")] {
                    let form = ada.get(&new).await.html.form(&new).with(&values).with(&[wrong]);
                    assert!(ada.post(form).await.status >= 400);
                }
                // Back.
                ada.get(&new).await.check_says(200, "Verify and save");
            }
        }
        // In fields that it does not belong to, it is what was typed there; in that of the secret it is not.
        let credentials = site.credentials().await;
        assert_eq!(credentials.len(), 4, "by a form and by the script, of two components");
        for credential in credentials {
            let base = format!("/w/default/credentials/{}", credential["id"].as_str().unwrap());
            for path in ["", "/edit", "/delete", "/replace"] {
                ada.get(&format!("{base}{path}")).await;
            }
            let edit = format!("{base}/edit");
            for url in [site.shop("bad"), "no url".to_owned(), site.service.elsewhere.origin(), site.shop("good")] {
                let values = [("/apiKey", KEY), ("/baseUrl", url.as_str())];
                ada.submit(&edit, &edit, &values).await;
                let form = ada.get(&edit).await.html.form(&edit);
                for line in ada.stream(form.with(&values)).await {
                    check_unseen(&line.to_string());
                }
            }
            ada.submit(&base, &format!("{base}/verify"), &[]).await;
        }
        for path in ["/w/default/credentials", "/w/default/components/petstore", "/w/default/components/hostile", "/account"] {
            ada.get(path).await;
        }
        assert!(site.service.upstream.received().iter().any(|text| text.contains(KEY)));
        check_unseen(&ada.seen());
    }
}
