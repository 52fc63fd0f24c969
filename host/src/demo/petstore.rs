//! A small Petstore that knows two keys, as the real one behaves when a gateway checks them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

/// The key that may read the inventory.
pub const GOOD_KEY: &str = "special-key";

/// The key that is known and may not.
const LIMITED_KEY: &str = "limited-key";

/// A Petstore on a port of its own, on loopback.
pub struct Petstore {
    listener: TcpListener,
    address: SocketAddr,
}

impl Petstore {
    /// Takes the port that was taken last time, if it is free, so that what was saved then still verifies.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn bind(last_port: Option<u16>) -> io::Result<Self> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, last_port.unwrap_or(0))).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        Ok(Self { address: listener.local_addr()?, listener })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes into the field *Base URL*.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v3", self.address)
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self) -> io::Result<()> {
        let router = Router::new().route("/api/v3/store/inventory", get(inventory)).fallback(not_found);
        axum::serve(self.listener, router).await
    }
}

async fn inventory(headers: HeaderMap) -> Response {
    match headers.get("api_key").map(|key| key.as_bytes()) {
        Some(key) if key == GOOD_KEY.as_bytes() => {
            answer(StatusCode::OK, r#"{"available":7,"pending":2,"sold":3}"#)
        }
        Some(key) if key == LIMITED_KEY.as_bytes() => {
            answer(StatusCode::FORBIDDEN, r#"{"code":403,"message":"this key may not read the inventory"}"#)
        }
        Some(_) => answer(StatusCode::UNAUTHORIZED, r#"{"code":401,"message":"unknown api_key"}"#),
        None => answer(StatusCode::UNAUTHORIZED, r#"{"code":401,"message":"api_key is missing"}"#),
    }
}

async fn not_found() -> Response {
    answer(StatusCode::NOT_FOUND, r#"{"code":404,"message":"not found"}"#)
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
