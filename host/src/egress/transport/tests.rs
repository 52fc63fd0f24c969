//! TLS, against servers of rustls on threads. Certificates in `tests/tls` are made for these tests alone.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, Stream};

use super::*;
use crate::egress::resolver::{ResolveError, Resolving};

/// Every name is on this machine.
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            if name == "missing.example" { Err(ResolveError) } else { Ok(vec![IpAddr::from([127, 0, 0, 1])]) }
        })
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/egress/transport/tests/tls").join(name)
}

fn transport(extra_ca_file: Option<PathBuf>) -> Transport {
    let settings = Settings { extra_ca_file, ..Settings::default() };
    let policy = Policy::new(vec!["127.0.0.1:*".parse().unwrap()], Vec::new());
    Transport::new(&settings, policy, Arc::new(Here)).unwrap()
}

/// Serves connections on a thread until the test ends; returns the port.
fn serve(handle: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(handle));
    port
}

fn serve_tls(certificate: &str) -> u16 {
    serve_tls_telling(certificate, |_| {})
}

/// `tell` hears of each handshake, once the request is read.
fn serve_tls_telling(certificate: &str, tell: impl Fn(Option<HandshakeKind>) + Send + 'static) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(fixture(certificate)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(fixture("server.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    serve(move |mut socket| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = Stream::new(&mut tls, &mut socket);
        let mut request = [0; 4096];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            tell(stream.conn.handshake_kind());
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
            tls.send_close_notify();
            let _ = tls.complete_io(&mut socket);
        }
    })
}

async fn ask(transport: &Transport, host: &str, port: u16) -> Result<Answer, TransportError> {
    ask_as(transport, "default", host, port).await
}

async fn ask_as(
    transport: &Transport,
    workspace: &str,
    host: &str,
    port: u16,
) -> Result<Answer, TransportError> {
    let url = format!("https://{host}:{port}/path?key=SECRET");
    let origin = Origin::parse(&format!("https://{host}:{port}")).unwrap();
    let request = http::Request::get(url).body(Vec::new()).unwrap();
    transport.exchange(&workspace.parse().unwrap(), &origin, request, Duration::from_secs(10)).await
}

#[track_caller]
fn assert_kind(outcome: Result<Answer, TransportError>, kind: &str) {
    let error = outcome.err().unwrap();
    assert_eq!(error.kind, kind, "{error}");
    assert!(!error.message.contains("SECRET") && !error.message.contains("path"), "{error}");
}

#[tokio::test]
async fn a_server_of_an_extra_authority_is_trusted_by_name_and_by_address() {
    let transport = transport(Some(fixture("authority.pem")));
    let port = serve_tls("good.pem");
    assert_eq!(ask(&transport, "upstream.example", port).await.unwrap().body, b"ok");
    assert_eq!(ask(&transport, "127.0.0.1", port).await.unwrap().body, b"ok");
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_trusted() {
    let port = serve_tls("good.pem");
    assert_kind(ask(&transport(None), "upstream.example", port).await, "tls-untrusted");
}

#[tokio::test]
async fn each_fault_of_a_certificate_has_its_kind() {
    let transport = transport(Some(fixture("authority.pem")));
    let table = [
        ("expired.pem", "tls-expired"),
        ("early.pem", "tls-expired"),
        ("other.pem", "tls-name"),
        ("self.pem", "tls-untrusted"),
    ];
    for (certificate, kind) in table {
        let port = serve_tls(certificate);
        assert_kind(ask(&transport, "upstream.example", port).await, kind);
    }
}

#[tokio::test]
async fn what_speaks_no_tls_gets_no_plain_request() {
    let (sender, seen) = std::sync::mpsc::channel();
    let port = serve(move |mut socket| {
        let mut first = [0; 1024];
        let read = socket.read(&mut first).unwrap_or(0);
        sender.send(first[..read].to_vec()).unwrap();
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    assert_kind(ask(&transport(None), "upstream.example", port).await, "tls-protocol");
    let bytes = seen.recv().unwrap();
    assert_eq!(bytes.first(), Some(&0x16), "a TLS handshake record, and nothing else");
    assert!(seen.try_recv().is_err(), "asked once, never again in plain text");
}

#[tokio::test]
async fn an_old_or_silent_tls_server_is_told_apart_from_an_absent_one() {
    // Alert, fatal, protocol_version: what a server of TLS 1.1 answers.
    let old = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
    });
    assert_kind(ask(&transport(None), "upstream.example", old).await, "tls-protocol");
    let silent = serve(|mut socket| drop(socket.read(&mut [0; 1024])));
    assert_kind(ask(&transport(None), "upstream.example", silent).await, "tls-protocol");
    let absent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_kind(ask(&transport(None), "upstream.example", absent).await, "unreachable");
    assert_kind(ask(&transport(None), "missing.example", absent).await, "dns");
}

#[test]
fn a_file_without_authorities_is_refused_at_start() {
    for (file, part) in [("server.key.pem", "no certificate"), ("absent.pem", "failed")] {
        let settings = Settings { extra_ca_file: Some(fixture(file)), ..Settings::default() };
        let policy = Policy::new(Vec::new(), Vec::new());
        let error = Transport::new(&settings, policy, Arc::new(Here)).err().unwrap().to_string();
        assert!(error.contains(file) && error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn tls_sessions_are_resumed_within_a_workspace_and_never_across() {
    let transport = transport(Some(fixture("authority.pem")));
    let (sender, seen) = std::sync::mpsc::channel();
    let port = serve_tls_telling("good.pem", move |kind| sender.send(kind).unwrap());
    let mut kinds = Vec::new();
    for workspace in ["alpha", "alpha", "beta", "beta"] {
        ask_as(&transport, workspace, "upstream.example", port).await.unwrap();
        kinds.push(seen.recv().unwrap());
    }
    let (full, resumed) = (Some(HandshakeKind::Full), Some(HandshakeKind::Resumed));
    assert_eq!(kinds, [full, resumed, full, resumed]);
}

#[tokio::test]
async fn an_answer_from_an_address_that_was_not_judged_is_refused() {
    let port = serve(|mut socket| {
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    let transport = transport(None);
    let origin = Origin::parse(&format!("http://upstream.example:{port}")).unwrap();
    // A client whose dialler goes its own way, past the lookup that judges.
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let http = reqwest::Client::builder().no_proxy().resolve("upstream.example", address).build().unwrap();
    let lookup = PinnedLookup::new(origin.clone(), Arc::clone(&transport.policy), Arc::new(Here));
    let workspace = WorkspaceId::default_workspace();
    transport.clients.insert((workspace.clone(), origin.clone()), Client { http, lookup: Arc::new(lookup) });
    let request = http::Request::get(origin.to_string()).body(Vec::new()).unwrap();
    let outcome = transport.exchange(&workspace, &origin, request, Duration::from_secs(10)).await;
    assert_kind(outcome, "address-refused");
}

#[test]
fn reserved_headers_are_known_in_any_case() {
    for name in
        ["Host", "CONTENT-LENGTH", "te", "Proxy-Anything", "Upgrade", "Expect", "Trailer", "Accept-Encoding"]
    {
        assert!(is_reserved_header(name), "{name}");
    }
    for name in ["accept", "authorization", "user-agent", "x-api-key", "prox", "cookie"] {
        assert!(!is_reserved_header(name), "{name}");
    }
}

#[test]
fn every_header_of_the_connection_is_reserved() {
    for name in [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "proxy-status",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        assert!(is_reserved_header(name) && is_reserved_header(&name.to_ascii_uppercase()), "{name}");
    }
}
