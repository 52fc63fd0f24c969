//! What is refused before anything is waited for, and what is not sent at all.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::upstream::{Upstream, read_request};
use super::*;

/// Far beyond what a refusal takes; nothing waits so long unless a limit is missing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends a head and then nothing, for as long as somebody waits.
async fn stalling(head: &'static [u8]) -> Upstream {
    Upstream::start(move |mut socket| async move {
        read_request(&mut socket).await;
        let _ = socket.write_all(head).await;
        while matches!(socket.read(&mut [0; 64]).await, Ok(1..)) {}
    })
    .await
}

#[tokio::test]
async fn a_body_that_announces_itself_as_too_long_is_not_waited_for() {
    let upstream = stalling(b"HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n").await;
    let transport = transport(Settings { exchange_ms: 2_000, ..loopback() }, Arc::default());
    assert_eq!(failure(ask(&transport, "127.0.0.1", upstream.port).await).kind, "too-large");
}

#[tokio::test]
async fn a_length_that_is_stated_twice_is_a_protocol_failure() {
    for head in [
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n",
    ] {
        let upstream =
            Upstream::answering(format!("HTTP/1.1 200 OK\r\n{head}\r\n2\r\nok\r\n0\r\n\r\n")).await;
        let error = failure(ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await);
        assert_eq!(error.kind, "protocol", "{head}: {error}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_given_up_before_the_exchange_is() {
    let upstream =
        Upstream::start(
            |mut socket| async move { while matches!(socket.read(&mut [0; 1024]).await, Ok(1..)) {} },
        )
        .await;
    let settings = Settings { connect_ms: 100, exchange_ms: 120_000, ..loopback() };
    let transport = transport(settings, Arc::default());
    let origin = Origin::parse(&format!("https://127.0.0.1:{}", upstream.port)).unwrap();
    let default = workspace("default");
    let asked = transport.exchange(&default, &origin, get(&origin.to_string()), PATIENCE * 6);
    let outcome = tokio::time::timeout(PATIENCE, asked).await.expect("the connection was waited for");
    assert_eq!(failure(outcome).kind, "timeout");
}

#[tokio::test]
async fn a_user_or_a_password_in_the_url_is_not_sent() {
    let upstream = Upstream::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let transport = transport(loopback(), Arc::default());
    let origin = Origin::parse(&format!("http://127.0.0.1:{}", upstream.port)).unwrap();
    for user in ["SECRETUSER@", "SECRETUSER:SECRETWORD@", ":SECRETWORD@"] {
        let url = format!("http://{user}127.0.0.1:{}/", upstream.port);
        let outcome = transport.exchange(&workspace("default"), &origin, get(&url), PATIENCE).await;
        assert_eq!(failure(outcome).kind, "destination-refused");
    }
    assert_eq!(upstream.connections(), 0);
}
