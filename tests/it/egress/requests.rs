//! What goes over the wire, and over whose connection.

use super::upstream::{Upstream, read_request};
use super::*;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// An upstream that tells what it was asked.
async fn telling() -> (Upstream, mpsc::UnboundedReceiver<String>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let upstream = Upstream::start(move |mut socket| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(read_request(&mut socket).await);
            let _ = socket.write_all(OK).await;
        }
    })
    .await;
    (upstream, receiver)
}

#[tokio::test]
async fn the_request_holds_what_was_given_and_little_else() {
    let (upstream, mut asked) = telling().await;
    ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
    let head = asked.recv().await.unwrap();
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", upstream.port);
    let expected = [
        "GET /path?key=SECRETQUERY HTTP/1.1",
        "accept-encoding: gzip",
        "accept: */*",
        &host,
        "x-api-key: SECRETHEADER",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn reserved_headers_and_other_origins_are_not_sent() {
    let upstream = Upstream::answering(OK).await;
    let transport = transport(loopback(), Arc::default());
    let origin = Origin::parse(&format!("http://127.0.0.1:{}", upstream.port)).unwrap();
    for name in [
        "host",
        "transfer-encoding",
        "connection",
        "proxy-authorization",
        "upgrade",
        "expect",
        "te",
        "trailer",
    ] {
        let mut request = get(&origin.to_string());
        request.headers_mut().insert(name, "SECRETVALUE".parse().unwrap());
        let outcome =
            transport.exchange(&workspace("default"), &origin, request, Duration::from_secs(5)).await;
        assert_eq!(failure(outcome).kind, "protocol", "{name}");
    }
    for url in
        ["http://127.0.0.1:1/", "http://127.0.0.2/", "https://127.0.0.1/", "http://a@127.0.0.1/", "/path"]
    {
        let outcome =
            transport.exchange(&workspace("default"), &origin, get(url), Duration::from_secs(5)).await;
        assert!(["destination-refused", "ambiguous-url"].contains(&failure(outcome).kind), "{url}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn connections_are_reused_within_a_workspace_and_never_across() {
    let upstream = Upstream::keeping(OK).await;
    let transport = transport(loopback(), Arc::default());
    let origin = Origin::parse(&format!("http://127.0.0.1:{}", upstream.port)).unwrap();
    let mut seen = Vec::new();
    for name in ["alpha", "alpha", "beta", "alpha", "beta"] {
        let request = get(&origin.to_string());
        transport.exchange(&workspace(name), &origin, request, Duration::from_secs(5)).await.unwrap();
        seen.push(upstream.connections());
    }
    assert_eq!(seen, [1, 1, 2, 2, 2]);
}

#[tokio::test]
async fn an_own_listener_is_no_destination_even_where_loopback_is_allowed() {
    let upstream = Upstream::answering(OK).await;
    let settings = loopback();
    for listener in ["127.0.0.1", "0.0.0.0", "[::]"] {
        let own = vec![format!("{listener}:{}", upstream.port).parse().unwrap()];
        let policy = Policy::new(settings.allowances().unwrap(), own);
        let transport =
            Transport::new(&settings, policy, Table::with("api.example", &[&["127.0.0.1"]])).unwrap();
        for host in ["127.0.0.1", "api.example"] {
            assert_eq!(failure(ask(&transport, host, upstream.port).await).kind, "address-refused");
        }
    }
    assert_eq!(upstream.connections(), 0);
}
