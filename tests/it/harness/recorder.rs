//! An upstream whose answers are constants and which keeps every byte that it was sent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, watch};

/// What the upstream does with a request for a path.
#[derive(Clone)]
pub enum Reply {
    /// These very bytes, head and body.
    Bytes(Vec<u8>),
    /// 200 with the value of the `api_key` header as body.
    Reflect,
    /// 200 when the `api_key` header begins so, else 401.
    KeysLike(&'static str),
    /// 200, after the request has waited at the gate twice: once to tell that it is there, once to be let on.
    Gate(Arc<Barrier>),
    /// Closes the connection without an answer.
    Close,
    /// Never answers, and waits until the client goes away.
    Silence,
    /// Each in its turn, the last one for ever.
    Turns(Vec<Reply>),
}

/// 200 with a JSON body.
pub fn json(body: &str) -> Reply {
    answer(200, "application/json", body)
}

/// An answer with this status, type and body.
pub fn answer(status: u16, content_type: &str, body: &str) -> Reply {
    Reply::Bytes(head(status, content_type, body.as_bytes()))
}

fn head(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status} Constant\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// An answer with these headers beside its length, and this body.
pub fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut bytes = format!("HTTP/1.1 {status} Constant\r\n");
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()));
    Reply::Bytes(bytes.into_bytes())
}

/// The upstream; it ends with the test's runtime.
pub struct Recorder {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    kept_waiting: watch::Sender<usize>,
}

impl Recorder {
    /// Starts on a free loopback port. Paths without a reply of their own get that of `*`, or else `{"ok":true}`.
    pub async fn start(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        Self::start_at("127.0.0.1", replies).await
    }

    /// As [`Recorder::start`], at another loopback address.
    pub async fn start_at(address: &str, replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let replies: Arc<HashMap<&'static str, Reply>> = Arc::new(replies.into_iter().collect());
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = received.clone();
        let kept_waiting = watch::Sender::new(0);
        let waiting = kept_waiting.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, replies.clone(), kept.clone(), waiting.clone()));
            }
        });
        Self { address, received, kept_waiting }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An allowance for exactly this upstream.
    pub fn allowance(&self) -> String {
        format!("127.0.0.1/32:{}", self.address.port())
    }

    /// Waits until exactly so many clients wait for an answer that never comes.
    pub async fn until_kept_waiting(&self, count: usize) {
        let mut kept_waiting = self.kept_waiting.subscribe();
        kept_waiting.wait_for(|now| *now == count).await.unwrap();
    }

    /// Every request so far, head and body as text.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Takes out the requests for a path so far, head and body as text.
    pub fn take(&self, path: &str) -> Vec<String> {
        let mut received = self.received.lock().unwrap();
        received.extract_if(.., |text| text.split([' ', '?']).nth(1) == Some(path)).collect()
    }

    /// Forgets every request so far.
    pub fn forget(&self) {
        self.received.lock().unwrap().clear();
    }
}

async fn converse(
    mut stream: TcpStream,
    replies: Arc<HashMap<&'static str, Reply>>,
    kept: Arc<Mutex<Vec<String>>>,
    waiting: watch::Sender<usize>,
) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&bytes) {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.is_empty() {
        return;
    }
    let path = text.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let header = header(&text, "api_key").unwrap_or_default().to_owned();
    let reply = match replies.get(path.as_str()).or_else(|| replies.get("*")) {
        Some(Reply::Turns(turns)) => {
            let kept = kept.lock().unwrap();
            let earlier = kept.iter().filter(|text| text.split([' ', '?']).nth(1) == Some(&path)).count();
            Some(&turns[earlier.min(turns.len() - 1)])
        }
        reply => reply,
    };
    kept.lock().unwrap().push(text);
    let reply = match reply {
        Some(Reply::Bytes(bytes)) => bytes.clone(),
        Some(Reply::Reflect) => head(200, "text/plain", header.as_bytes()),
        Some(Reply::KeysLike(prefix)) if header.starts_with(prefix) => {
            head(200, "application/json", br#"{"ok":true}"#)
        }
        Some(Reply::KeysLike(_)) => head(401, "application/json", br#"{"ok":false}"#),
        Some(Reply::Gate(gate)) => {
            gate.wait().await;
            gate.wait().await;
            head(200, "application/json", br#"{"ok":true}"#)
        }
        Some(Reply::Close) => return,
        Some(Reply::Silence) => {
            waiting.send_modify(|count| *count += 1);
            while matches!(stream.read(&mut chunk).await, Ok(1..)) {}
            waiting.send_modify(|count| *count -= 1);
            return;
        }
        Some(Reply::Turns(_)) => panic!("turns within turns"),
        None => head(200, "application/json", br#"{"ok":true}"#),
    };
    // The client may have gone away, which is its right.
    let _ = stream.write_all(&reply).await;
    let _ = stream.shutdown().await;
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    body.len() >= length
}

/// The body in a request's text.
pub fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The value of a header in a request's text.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().skip(1).take_while(|line| !line.is_empty()).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
