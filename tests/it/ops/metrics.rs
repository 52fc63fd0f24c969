//! What Prometheus reads.

use keystead::api::Settings;
use keystead::domain::rights::Right;
use keystead::sandbox;
use keystead::telemetry;
use keystead::web;
use tokio::net::TcpListener;

use super::{read_all, send, service};

/// The value of one sample; zero where there is none.
fn value(page: &str, sample: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn numbers_move_and_say_nothing_of_whom_they_count() {
    let service =
        service(Settings::default(), sandbox::Settings { concurrency: 4, ..Default::default() }).await;
    let token = service.member(&[Right::Admin]).await;
    let before = telemetry::page(&service.app);
    for (shop, status) in [("good", 201), ("good", 201), ("bad", 422), ("busy", 424)] {
        assert_eq!(service.post("/v1/credentials", &token, &service.draft(shop)).await.status, status);
    }
    service.call("GET", "/no/such/path-4711", &token).await;
    service.call("PROPFIND-4711", "/healthz", "").await;
    let page = telemetry::page(&service.app);
    let requests = |route, method, status| {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        value(&page, &format!("keystead_http_request_duration_seconds_count{{{labels}}}"))
    };
    assert_eq!(requests("/v1/credentials", "POST", "2xx"), 2.0, "{page}");
    assert_eq!(requests("/v1/credentials", "POST", "4xx"), 2.0);
    assert_eq!(requests("none", "GET", "4xx"), 1.0);
    assert_eq!(requests("/healthz", "other", "4xx"), 1.0);
    for (outcome, count) in [("valid", 2.0), ("invalid", 1.0), ("undecided", 1.0)] {
        let labels = format!("component=\"petstore\",outcome=\"{outcome}\"");
        let sample = format!("keystead_verification_duration_seconds_count{{{labels}}}");
        assert_eq!((value(&before, &sample), value(&page, &sample)), (0.0, count), "{page}");
    }
    for (result, count) in [("2xx", 2.0), ("4xx", 1.0), ("5xx", 1.0)] {
        assert_eq!(
            value(&page, &format!("keystead_exchanges_total{{result=\"{result}\"}}")),
            count,
            "{page}"
        );
    }
    let phase =
        |name: &str| value(&page, &format!("keystead_phase_duration_seconds_count{{phase=\"{name}\"}}"));
    // The upstream is a literal address: nothing is looked up. It closes each connection, so each is made anew.
    let counts = ["schema", "sandbox", "dns", "connect", "upstream", "seal", "commit"].map(phase);
    assert_eq!(counts, [4.0, 4.0, 0.0, 4.0, 4.0, 2.0, 2.0], "{page}");
    assert_eq!(value(&page, "keystead_sandbox_slots"), 4.0);
    assert_eq!(value(&page, "keystead_verifications_in_flight"), 0.0);
    assert_eq!(value(&page, "keystead_components{state=\"active\"}"), 1.0);
    assert!(value(&page, "keystead_database_connections{state=\"idle\"}") > 0.0, "{page}");
    assert_eq!(value(&page, "keystead_build_info{version=\"0.1.0\"}"), 1.0);
    let upstream = service.upstream.origin();
    for hidden in ["4711", "default", "cred_", token.as_str(), upstream.as_str(), "127.0.0.1", "apiKey"] {
        assert!(!page.contains(hidden), "{hidden} in\n{page}");
    }
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let service = service(Settings::default(), sandbox::Settings::default()).await;
    assert_eq!(service.call("GET", "/metrics", "").await.outcome(), (404, "not-found"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve_metrics(listener, service.app.clone(), std::future::pending()));
    let get = |path| format!("GET {path} HTTP/1.1\r\nhost: k\r\nconnection: close\r\n\r\n");
    let answer = read_all(&mut send(address, &get("/metrics")).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("text/plain; version=0.0.4"), "{answer}");
    assert!(answer.contains("keystead_build_info"), "{answer}");
    let answer = read_all(&mut send(address, &get("/v1/components")).await).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}
