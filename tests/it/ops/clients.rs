//! Clients that are slow, many, or speak ambiguously.

use keystead::api::Settings;
use keystead::domain::rights::Right;
use keystead::sandbox;
use tokio::io::AsyncWriteExt as _;

use super::{dry_run, read_all, read_head, send, service};

#[tokio::test]
async fn a_body_that_drips_is_cut_with_408() {
    let settings = Settings { body_ms: 200, ..Settings::default() };
    let service = service(settings, sandbox::Settings::default()).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let request = dry_run(&service, &token, "good");
    let (start, rest) = request.split_at(request.len() - 60);
    let client = send(address, start).await;
    let (mut reading, mut writing) = client.into_split();
    let drip = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        for byte in rest.bytes() {
            ticks.tick().await;
            if writing.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    tokio::select! {
        // Whatever ends it, what was read by then counts.
        _ = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut answer) => {}
        () = drip => {}
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-too-slow"), "{answer}");
    assert!(service.upstream.received().is_empty());
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_its_connection() {
    let settings = Settings { write_ms: 100, header_ms: 600_000, ..Settings::default() };
    let service = service(settings, sandbox::Settings::default()).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    // Pipelined until both sides' buffers are full; then neither the server's write nor ours goes on.
    let requests = "GET /v1/openapi.json HTTP/1.1\r\nhost: k\r\n\r\n".repeat(64);
    let mut client = send(address, "").await;
    while client.write_all(requests.as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let settings = Settings { connections: 16, header_ms: 600_000, ..Settings::default() };
    let service = service(settings, sandbox::Settings::default()).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let mut working = send(address, &dry_run(&service, &token, "mute")).await;
    service.upstream.until_kept_waiting(1).await;
    // Ten times as many as there may be, in various states of sending nothing; each is held open here.
    let mut idle = Vec::new();
    for round in 0..160 {
        idle.push(send(address, ["", "GET /he", "GET /healthz HTTP/1.1\r\nhost: k\r\n"][round % 3]).await);
    }
    let mut other = send(address, "GET /healthz HTTP/1.1\r\nhost: k\r\n\r\n").await;
    assert!(read_head(&mut other).await.starts_with("HTTP/1.1 200 "));
    // The oldest gave way; the one at work did not.
    assert_eq!(read_all(&mut idle[0]).await, "");
    assert_eq!(service.app.sandbox.load().running, 1);
    working.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_connection_beyond_those_at_work_is_told_so() {
    let settings = Settings { connections: 2, ..Settings::default() };
    let service = service(
        settings,
        sandbox::Settings { concurrency: 2, per_workspace: 100, per_host: 100, ..Default::default() },
    )
    .await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let request = dry_run(&service, &token, "mute");
    let working = [send(address, &request).await, send(address, &request).await];
    service.upstream.until_kept_waiting(2).await;
    let answer = read_all(&mut send(address, "").await).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["type"], "/problems/unavailable");
    drop(working);
    service.upstream.until_kept_waiting(0).await;
    let mut next = send(address, "GET /healthz HTTP/1.1\r\nhost: k\r\nconnection: close\r\n\r\n").await;
    let answer = read_all(&mut next).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

#[tokio::test]
async fn requests_that_can_be_read_in_two_ways_are_refused() {
    let service =
        service(Settings { header_ms: 200, ..Settings::default() }, sandbox::Settings::default()).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let body = service.draft("good").to_string();
    let smuggled = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let head = format!(
        "POST /v1/credentials?dry_run=true HTTP/1.1\r\nhost: k\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    );
    let table = [
        // Two lengths (RFC 9112, 6.3), in two headers and in one.
        format!("{head}content-length: {}\r\ncontent-length: 1\r\n\r\n{body}", body.len()),
        format!("{head}content-length: {}, 1\r\n\r\n{body}", body.len()),
        // Lengths that some read and others do not.
        format!("{head}content-length: +{}\r\n\r\n{body}", body.len()),
        format!("{head}content-length: 0x10\r\n\r\n{body}"),
        format!("{head}transfer-encoding: chunked, identity\r\n\r\n{smuggled}"),
        format!("{head}transfer-encoding : chunked\r\n\r\n{smuggled}"),
        // Folded lines (5.2), a bare carriage return, and a chunk whose size has a sign.
        format!("{head}x: 1\r\n folded\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}x: 1\ry: 2\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}transfer-encoding: chunked\r\n\r\n+{smuggled}"),
    ];
    for request in table {
        let shown = request.replace(&token, "…");
        let mut client = send(address, &format!("{request}GET /healthz HTTP/1.1\r\nhost: k\r\n\r\n")).await;
        let answer = read_all(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{shown}\n{answer}");
        assert!(!answer.contains("HTTP/1.1 200"), "{shown}\n{answer}");
    }
    assert!(service.upstream.received().is_empty());
    // A length and chunks, in either order: read by its chunks, and the connection ends there (6.1), so that
    // nothing behind it is taken for a request, whatever a proxy in between has thought.
    for request in [
        format!("{head}content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n{smuggled}", body.len()),
        format!("{head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n{smuggled}"),
    ] {
        let mut client = send(address, &format!("{request}GET /healthz HTTP/1.1\r\nhost: k\r\n\r\n")).await;
        let answer = read_all(&mut client).await;
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn bare_line_feeds_never_make_two_requests_of_one() {
    let service =
        service(Settings { header_ms: 200, ..Settings::default() }, sandbox::Settings::default()).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    for request in [
        "GET /healthz HTTP/1.1\nhost: k\n\n",
        "GET /healthz HTTP/1.1\r\nhost: k\nx: 1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: k\r\n\n",
    ] {
        let answer = read_all(&mut send(address, request).await).await;
        // RFC 9112, 2.2 allows a lone line feed as the end of a line: at most one request, at most one answer.
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{request:?}: {answer}");
    }
}
