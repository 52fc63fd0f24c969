//! Answers as they should be read.

use super::upstream::Upstream;
use super::*;

#[tokio::test]
async fn status_headers_and_body_come_in_order_of_arrival() {
    let upstream = Upstream::answering(
        "HTTP/1.1 418 Teapot\r\nZulu: 1\r\nalpha: two\r\nZULU: 3\r\ncontent-length: 4\r\n\r\nbody",
    )
    .await;
    let answer = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
    let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((answer.status, names), (418, vec!["zulu", "zulu", "alpha", "content-length"]));
    assert_eq!((answer.body.as_slice(), answer.wire_bytes), (&b"body"[..], 4));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    for target in
        ["http://169.254.169.254/", "http://127.0.0.1:1/", "gopher://x/", "file:///etc/passwd", "/again"]
    {
        let text =
            format!("HTTP/1.1 302 Found\r\nlocation: {target}\r\nrefresh: 0\r\ncontent-length: 0\r\n\r\n");
        let upstream = Upstream::answering(text).await;
        let answer = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
        assert_eq!((answer.status, upstream.connections()), (302, 1), "{target}");
        assert!(answer.headers.contains(&("location".into(), target.as_bytes().to_vec())));
    }
}

#[tokio::test]
async fn answers_without_a_body_are_complete_at_once() {
    for status in ["204 No Content", "304 Not Modified"] {
        let upstream = Upstream::keeping(match status {
            "204 No Content" => b"HTTP/1.1 204 No Content\r\n\r\n",
            _ => b"HTTP/1.1 304 Not Modified\r\ncontent-length: 500\r\ncontent-encoding: br\r\n\r\n",
        })
        .await;
        let answer = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
        assert_eq!(answer.body, b"", "{status}");
    }
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_whatever_it_announces() {
    let upstream = Upstream::keeping(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").await;
    let origin = Origin::parse(&format!("http://127.0.0.1:{}", upstream.port)).unwrap();
    let request = http::Request::head(origin.to_string()).body(Vec::new()).unwrap();
    let transport = transport(loopback(), Arc::default());
    let answer =
        transport.exchange(&workspace("default"), &origin, request, Duration::from_secs(30)).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

#[tokio::test]
async fn a_hundred_continue_before_the_answer_is_passed_over() {
    let upstream = Upstream::answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok",
    )
    .await;
    let answer = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
}

#[tokio::test]
async fn chunked_bodies_are_joined() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nt: u\r\n\r\n",
    )
    .await;
    let answer = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.wire_bytes), (&b"abcde"[..], 5));
}

#[tokio::test]
async fn caps_are_obeyed_at_their_edge_and_no_further() {
    let settings = Settings { response_wire_bytes: 2000, response_body_bytes: 2000, ..loopback() };
    let transport = transport(settings, Arc::default());
    for (length, passes) in [(2000, true), (2001, false)] {
        let body = "a".repeat(length);
        let announced =
            Upstream::answering(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")).await;
        let chunked =
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        let chunked = Upstream::answering(chunked).await;
        let closing = Upstream::answering(format!("HTTP/1.1 200 OK\r\n\r\n{body}")).await;
        for upstream in [&announced, &chunked, &closing] {
            let outcome = ask(&transport, "127.0.0.1", upstream.port).await;
            match passes {
                true => assert_eq!(outcome.unwrap().body.len(), length),
                false => assert_eq!(failure(outcome).kind, "too-large"),
            }
        }
    }
}

#[tokio::test]
async fn header_caps_are_obeyed_at_their_edge_and_no_further() {
    let settings = Settings { response_headers: 16, response_header_bytes: 1024, ..loopback() };
    let transport = transport(settings, Arc::default());
    let many = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
    let long = |bytes: usize| format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(bytes - 1));
    for (text, passes) in [(many(16), true), (many(17), false), (long(1024), true), (long(1025), false)] {
        let upstream = Upstream::answering(text).await;
        let outcome = ask(&transport, "127.0.0.1", upstream.port).await;
        match passes {
            true => assert_eq!(outcome.unwrap().status, 200),
            false => assert_eq!(failure(outcome).kind, "too-large"),
        }
    }
}
