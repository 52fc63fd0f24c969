//! What every request gets, and the server in front of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use keystead::api::{self, Settings};
use keystead::domain::clock::{Clock, SystemClock};
use keystead::domain::rights::Right;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::service::{Service, request};
use crate::harness::databases::{Backend, fresh, on_both_databases};

async fn service() -> Service {
    Service::over(fresh(Backend::Sqlite).await).await
}

/// Everything until the server closes the connection.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

on_both_databases! {
    async fn readiness_follows_the_database(db: Database) {
        let service = Service::over(db).await;
        let token = service.member(&[Right::Admin]).await;
        for path in ["/healthz", "/readyz"] {
            let answer = service.call("GET", path, "").await;
            assert_eq!((answer.status, answer.body), (200, json!({"status": "ok"})));
        }
        service.app.store.close().await;
        assert_eq!(service.call("GET", "/healthz", "").await.status, 200);
        assert_eq!(service.call("GET", "/readyz", "").await.outcome(), (503, "not-ready"));
        let answer = service.call("GET", "/v1/credentials", &token).await;
        assert_eq!(answer.outcome(), (503, "unavailable"));
        assert_eq!(answer.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_ours_and_keeps_browsers_and_caches_away() {
    let service = service().await;
    let mut ids = Vec::new();
    for path in ["/healthz", "/healthz", "/nowhere", "/v1/credentials"] {
        let request = request("GET", path, "").header("x-request-id", "0123456789abcdef");
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(
            id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id != "0123456789abcdef",
            "{id}"
        );
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn a_problem_document_has_this_shape() {
    let service = service().await;
    let answer = service.call("GET", "/nowhere", "").await;
    assert_eq!(answer.outcome(), (404, "not-found"));
    assert_eq!(
        answer.without_request_id(),
        json!({
            "type": "/problems/not-found",
            "title": "There is nothing here",
            "status": 404,
            "detail": "Nothing is known under this address; check the path and the id.",
        })
    );
}

#[tokio::test]
async fn every_problem_type_leads_to_its_explanation() {
    let service = service().await;
    for row in api::PROBLEMS {
        let answer = service.call("GET", &format!("/problems/{}", row.slug), "").await;
        assert_eq!((answer.status, &answer.body["title"]), (200, &json!(row.title)));
        let case = json!({"status": row.status.as_u16(), "explanation": row.explanation});
        assert!(answer.body["cases"].as_array().unwrap().contains(&case), "{}", answer.text);
    }
    assert_eq!(service.call("GET", "/problems/made-up", "").await.outcome(), (404, "not-found"));
}

#[tokio::test]
async fn the_served_document_is_the_one_of_the_code() {
    let service = service().await;
    let answer = service.call("GET", "/v1/openapi.json", "").await;
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, "application/json"));
    assert_eq!(answer.text, api::openapi().to_json().unwrap());
}

#[tokio::test]
async fn methods_that_a_path_does_not_know_are_refused_with_those_it_does() {
    let service = service().await;
    let token = service.member(&[Right::Admin]).await;
    for (method, path, allow) in [
        ("PUT", "/v1/credentials", "GET,HEAD,POST"),
        ("TRACE", "/healthz", "GET,HEAD"),
        ("OPTIONS", "/v1/components", "GET,HEAD,POST"),
        ("PROPFIND", "/readyz", "GET,HEAD"),
        ("PUT", "/v1/credentials/x", "DELETE,GET,HEAD,PATCH"),
    ] {
        let answer = service.call(method, path, &token).await;
        assert_eq!(answer.outcome(), (405, "method-not-allowed"), "{method} {path}");
        let mut given: Vec<&str> = answer.headers["allow"].to_str().unwrap().split(',').collect();
        given.sort_unstable();
        assert_eq!(given.join(","), allow, "{method} {path}");
    }
    let head = service.call("HEAD", "/v1/credentials", &token).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    // Nobody is listened to who says that POST means something else.
    let overridden = request("POST", "/v1/credentials", &token)
        .header("x-http-method-override", "GET")
        .header("x-method-override", "DELETE");
    assert_eq!(
        service.send(overridden.body(Body::empty()).unwrap()).await.outcome(),
        (415, "media-type-unsupported")
    );
}

#[tokio::test]
async fn paths_are_taken_as_they_are_written() {
    let service = service().await;
    let token = service.member(&[Right::Admin]).await;
    for path in [
        "/v1/../v1/credentials",
        "/v1/./credentials",
        "//v1/credentials",
        "/v1//credentials",
        "/v1/credentials/",
        "/v1%2fcredentials",
        "/V1/credentials",
        "/v1/credentials%00",
        "/%2e%2e/v1/credentials",
        "/v1/credentials;x=1",
        "/v1/%63redential",
    ] {
        assert_eq!(service.call("GET", path, &token).await.outcome(), (404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn large_heads_are_refused() {
    let service = service().await;
    let long = request("GET", &format!("/healthz?{}", "a".repeat(17_000)), "").body(Body::empty()).unwrap();
    assert_eq!(service.send(long).await.outcome(), (431, "headers-too-large"));
    let wide =
        request("GET", "/healthz", "").header("x-wide", "a".repeat(17_000)).body(Body::empty()).unwrap();
    assert_eq!(service.send(wide).await.outcome(), (431, "headers-too-large"));
    let many =
        (0..65).fold(request("GET", "/healthz", ""), |request, n| request.header(format!("x-{n}"), "1"));
    assert_eq!(service.send(many.body(Body::empty()).unwrap()).await.outcome(), (431, "headers-too-large"));
}

/// A clock that stops the world when told to.
struct Bomb(Arc<AtomicBool>);

impl Clock for Bomb {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "s3cret-4711 in a panic");
        SystemClock.now()
    }
}

#[tokio::test]
async fn a_panic_ends_one_request_alone() {
    let armed = Arc::new(AtomicBool::new(false));
    let database = fresh(Backend::Sqlite).await;
    let service = Service::with_clock(database, Settings::default(), Arc::new(Bomb(armed.clone()))).await;
    let token = service.member(&[Right::Admin]).await;
    armed.store(true, Ordering::SeqCst);
    let answer = service.call("GET", "/v1/credentials", &token).await;
    assert_eq!(answer.outcome(), (500, "internal"));
    assert!(!answer.text.contains("s3cret"), "{}", answer.text);
    armed.store(false, Ordering::SeqCst);
    assert_eq!(service.call("GET", "/v1/credentials", &token).await.status, 200);
}

/// A body that never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = hyper::body::Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<std::io::Result<hyper::body::Frame<Self::Data>>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_request_is_not_waited_for_without_end() {
    let settings = Settings { request_ms: 100, ..Settings::default() };
    let service = Service::with(fresh(Backend::Sqlite).await, settings).await;
    let token = service.member(&[Right::Admin]).await;
    let answer = service.post_text("/v1/credentials", &token, Body::new(Never)).await;
    assert_eq!(answer.outcome(), (503, "took-too-long"));
}

#[tokio::test]
async fn requests_at_work_are_finished_when_the_service_stops() {
    let service = service().await;
    let token = service.member(&[Right::Admin]).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, served) = service.listen(async { drop(stopped.await) }).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = service.draft("good").to_string();
    let head = format!(
        "POST /v1/credentials HTTP/1.1\r\nhost: keystead\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The handler waits for the body now.
    let mut expected = [0; 25];
    stream.read_exact(&mut expected).await.unwrap();
    assert_eq!(&expected, b"HTTP/1.1 100 Continue\r\n\r\n");
    stop.send(()).unwrap();
    // Idle connections are closed, and nobody new is let in.
    assert_eq!(read_all(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 422 ") && answer.contains("unknown-component"), "{answer}");
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn heads_that_drip_or_flood_are_cut_off() {
    let settings = Settings { header_ms: 100, ..Settings::default() };
    let service = Service::with(fresh(Backend::Sqlite).await, settings).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    for (sent, expected) in [
        // Nothing, half a head, and nothing more after an answer: closed after a while.
        (String::new(), ""),
        ("GET /healthz HTTP/1.1\r\nhost: k\r\n".to_owned(), ""),
        ("GET /healthz HTTP/1.1\r\nhost: k\r\n\r\n".to_owned(), "HTTP/1.1 200 "),
        (format!("GET /healthz HTTP/1.1\r\nhost: k\r\nx: {}\r\n\r\n", "a".repeat(100_000)), "HTTP/1.1 431 "),
        ("GET /healthz HTTP/1.1\r\nhost: k\r\nx: 1\r\n folded\r\n\r\n".to_owned(), "HTTP/1.1 400 "),
        (
            "POST /v1/credentials HTTP/1.1\r\nhost: k\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"
                .to_owned(),
            "HTTP/1.1 400 ",
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
        ("\x16\x03\x01\x02\x00\x01".to_owned(), "HTTP/1.1 400 "),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(sent.as_bytes()).await;
        let answer = read_all(&mut stream).await;
        let shown: String = sent.chars().take(60).collect();
        assert!(
            answer.starts_with(expected) && (expected.is_empty() || !answer.is_empty()),
            "{shown:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn many_connections_are_served_in_turn() {
    let settings = Settings { connections: 2, ..Settings::default() };
    let service = Service::with(fresh(Backend::Sqlite).await, settings).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let clients = (0..20).map(|_| {
        let token = token.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("GET /v1/components HTTP/1.1\r\nhost: k\r\n{AUTHORIZATION}: Bearer {token}\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            read_all(&mut stream).await
        })
    });
    for client in clients.collect::<Vec<_>>() {
        let answer = client.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
}
