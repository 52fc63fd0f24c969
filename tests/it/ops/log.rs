//! The log of the real binary, with everything on.

use serde_json::{Value, json};

use crate::acceptance::installation::Installation;
use crate::harness::process::{free_port, http_answer};
use crate::harness::recorder::{Recorder, json as json_reply};

const SECRET: &str = "canary-key-4711";

#[tokio::test]
async fn a_verification_is_told_under_its_request_id_and_without_any_value() {
    let shop = "/private-shop-0815/store/inventory";
    let upstream = Recorder::start([(shop, json_reply(r#"{"private-answer-0815":3}"#))]).await;
    let port = free_port();
    let metrics = format!("127.0.0.1:{port}");
    let environment = [("KEYSTEAD_LOG_FORMAT", "json"), ("KEYSTEAD_METRICS_LISTEN", metrics.as_str())];
    let mut installation = Installation::start(&[], &environment);
    let operator = installation.token(&["--installation", "--rights", "operator"]);
    let token = installation.token(&["--workspace", "default", "--rights", "admin"]);
    installation.install("petstore", &operator);
    let base_url = format!("{}/private-shop-0815", upstream.origin());
    let draft = json!({"component": "petstore", "fields": {"apiKey": SECRET, "baseUrl": base_url}});
    let (status, saved) = installation.call("POST", "/v1/credentials", &token, Some(draft)).await;
    assert_eq!(status, 201, "{saved}");
    assert!(upstream.received()[0].contains(SECRET), "the key did not arrive");
    let scraped = http_answer(port, "/metrics", &[]).unwrap();
    assert!(scraped.contains("component=\"petstore\",outcome=\"valid\"} 1"), "{scraped}");

    let log = installation.log();
    installation.stop();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().find(|line| line["route"] == "/v1/credentials" && line["status"] == 201);
    let id = &answered.unwrap()["request_id"];
    assert!(id.is_string(), "{log}");
    let phases: Vec<&str> = lines
        .iter()
        .filter(|line| line["message"] == "a phase ended" && is_below(line, id))
        .filter_map(|line| line["phase"].as_str())
        .collect();
    for phase in ["schema", "sandbox", "connect", "upstream", "seal", "commit"] {
        assert!(phases.contains(&phase), "{phase} is not told under the request: {phases:?}\n{log}");
    }
    for hidden in [SECRET, &token, &operator, "private-shop-0815", "private-answer-0815"] {
        assert!(!log.contains(hidden), "{hidden} in\n{log}");
    }
    // Sealed tokens: 36 lower-case letters and digits, longer words are digests.
    let words = log.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit()));
    let sealed: Vec<&str> = words.filter(|word| word.len() == 36).collect();
    assert!(sealed.is_empty(), "{sealed:?} in\n{log}");
}

fn is_below(line: &Value, id: &Value) -> bool {
    line["spans"].as_array().is_some_and(|spans| spans.iter().any(|span| span["request_id"] == *id))
}
