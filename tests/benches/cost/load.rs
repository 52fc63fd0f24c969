//! The clients, in a process of their own: keep-alive connections that ask one request after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::measure::{Sample, cpu_time, sample};
use super::upstream::Role;

/// What is asked, and how.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Load {
    pub address: SocketAddr,
    pub path: String,
    pub token: String,
    pub body: String,
    pub status: u16,
    pub connections: usize,
    pub millis: u64,
}

/// Latencies in nanoseconds and the time that all took.
#[derive(serde::Serialize, serde::Deserialize)]
struct Report {
    latencies: Vec<u64>,
    elapsed: Duration,
}

/// Lets a process of clients ask, and counts the CPU time that this process used meanwhile.
pub fn ask(load: &Load) -> Sample {
    let cpu = cpu_time();
    let mut clients = Role::start(&["role:load".to_owned(), serde_json::to_string(load).unwrap()]);
    let report: Report = serde_json::from_str(&clients.line()).unwrap();
    let cpu = cpu_time().saturating_sub(cpu);
    let latencies = report.latencies.into_iter().map(Duration::from_nanos).collect();
    sample(latencies, report.elapsed, cpu)
}

/// The process.
pub fn run(arguments: &[String]) {
    let load: Arc<Load> = Arc::new(serde_json::from_str(&arguments[0]).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let start = Instant::now();
        let clients: Vec<_> =
            (0..load.connections).map(|_| tokio::spawn(client(load.clone(), start))).collect();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.unwrap());
        }
        Report { latencies, elapsed: start.elapsed() }
    });
    println!("{}", serde_json::to_string(&report).unwrap());
}

async fn client(load: Arc<Load>, start: Instant) -> Vec<u64> {
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: keystead\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        load.path,
        load.token,
        load.body.len(),
        load.body
    );
    let expected = format!("HTTP/1.1 {} ", load.status);
    let mut stream = TcpStream::connect(load.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 16_384];
    let mut latencies = Vec::new();
    while start.elapsed() < Duration::from_millis(load.millis) {
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut end = 0;
        while !is_whole(&buffer[..end]) {
            let read = stream.read(&mut buffer[end..]).await.unwrap();
            assert!(read > 0, "closed after {}", String::from_utf8_lossy(&buffer[..end]));
            end += read;
        }
        let answer = &buffer[..end];
        assert!(answer.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(answer));
        latencies.push(u64::try_from(begun.elapsed().as_nanos()).unwrap());
    }
    latencies
}

/// Whether an answer with a length has arrived as a whole.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    answer.len() >= head + 4 + length.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0)
}
