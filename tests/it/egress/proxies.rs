//! Proxy variables are not read. Variables belong to the whole process, so the question is asked in a
//! process of its own: this binary, started again with a canary in every variable.

use std::process::{Command, Stdio};

use super::upstream::Upstream;
use super::*;

/// Set in the inner process to the upstream's port.
const INNER: &str = "KEYSTEAD_TEST_PROXIES_UPSTREAM";

#[tokio::test]
async fn proxy_variables_are_ignored() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let canary = Upstream::answering("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary").await;
    let proxy = format!("http://127.0.0.1:{}", canary.port);
    let mut inner = Command::new(std::env::current_exe().unwrap());
    inner.args(["--exact", "egress::proxies::inner_process_asks_without_a_proxy", "--nocapture"]);
    inner.env(INNER, upstream.port.to_string()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        inner.env(name, &proxy);
    }
    inner.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || inner.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    // Asked once by the client of egress; the canary only by a client that does read the variables.
    assert_eq!((upstream.connections(), canary.connections()), (1, 1), "{text}");
}

/// Does nothing unless it was started by the test above.
#[tokio::test]
async fn inner_process_asks_without_a_proxy() {
    let Ok(port) = std::env::var(INNER) else { return };
    let port = port.parse().unwrap();
    assert_eq!(ask(&transport(loopback(), Arc::default()), "127.0.0.1", port).await.unwrap().body, b"ok");
    // The variables are live: a client that reads them meets the canary.
    #[expect(clippy::disallowed_methods, reason = "the counter-example: a client with its defaults")]
    let body = reqwest::get(format!("http://127.0.0.1:{port}/")).await.unwrap().text().await.unwrap();
    assert_eq!(body, "canary");
}
