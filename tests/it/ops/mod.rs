//! What operators rely on: limits, slow and absent clients, metrics, the log, the doctor.

mod cancellation;
mod clients;
mod doctor;
mod limits;
mod log;
mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;

use keystead::api::Settings;
use keystead::app::Actor;
use keystead::domain::clock::SystemClock;
use keystead::sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::service::Service;
use crate::harness::databases::{Backend, fresh};
use crate::harness::wasm::plugin;

/// A service with the Petstore's plugin and these limits, on SQLite.
async fn service(settings: Settings, limits: sandbox::Settings) -> Service {
    let database = fresh(Backend::Sqlite).await;
    let service = Service::with_all(database, settings, limits, Arc::new(SystemClock)).await;
    keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
    service
}

/// A request that asks for a dry run of a credential of this shop, as it stands on the wire.
fn dry_run(service: &Service, token: &str, shop: &str) -> String {
    let body = service.draft(shop).to_string();
    format!(
        "POST /v1/credentials?dry_run=true HTTP/1.1\r\nhost: k\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends these bytes on a connection of their own.
async fn send(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes.as_bytes()).await;
    stream
}

/// Everything until the server closes the connection.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The head of the next answer.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
