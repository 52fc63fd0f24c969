//! Clients that go away while their credential is verified.

use std::time::Duration;

use keystead::api::Settings;
use keystead::domain::rights::Right;
use keystead::sandbox;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{dry_run, read_head, send, service};

/// How many clients go away in the test of many. `KEYSTEAD_TEST_ROUNDS=10000` is the long form.
fn rounds() -> usize {
    std::env::var("KEYSTEAD_TEST_ROUNDS").map_or(1_000, |rounds| rounds.parse().unwrap())
}

/// Bytes of this process that lie in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_verification_and_leaves_a_record() {
    let service =
        service(Settings::default(), sandbox::Settings { concurrency: 1, ..Default::default() }).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let client = send(address, &dry_run(&service, &token, "mute")).await;
    service.upstream.until_kept_waiting(1).await;
    assert_eq!(service.app.sandbox.load().running, 1);
    drop(client);
    // The upstream sees its connection close, and the only slot is free for the next one.
    service.upstream.until_kept_waiting(0).await;
    let mut next = send(address, &dry_run(&service, &token, "good")).await;
    assert!(read_head(&mut next).await.starts_with("HTTP/1.1 200 "));
    let recorded = "SELECT count(*) FROM audit WHERE action = 'credential.dry-run' AND outcome = 'cancelled'";
    assert_eq!(service.database.number(recorded).await, 1);
}

#[tokio::test]
async fn a_request_that_took_too_long_ends_its_verification() {
    let settings = Settings { request_ms: 1_000, ..Settings::default() };
    let service = service(settings, sandbox::Settings { concurrency: 1, ..Default::default() }).await;
    let token = service.member(&[Right::Admin]).await;
    let answer = service.post("/v1/credentials", &token, &service.draft("mute")).await;
    assert_eq!(answer.outcome(), (503, "took-too-long"));
    service.upstream.until_kept_waiting(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_that_go_away_leave_nothing_behind() {
    let limits = sandbox::Settings {
        concurrency: 8,
        queue: 8,
        per_workspace: 100,
        per_host: 100,
        ..Default::default()
    };
    let service = service(Settings::default(), limits).await;
    let token = service.member(&[Right::Admin]).await;
    let (address, _served) = service.listen(std::future::pending()).await;
    let requests = ["mute", "good", "mute", "bad"].map(|shop| dry_run(&service, &token, shop));
    let rounds = rounds();
    let mut settled = 0;
    for round in 0..rounds {
        let request = &requests[round % requests.len()];
        // A different part of the request, and a different wait after it, each time.
        let sent = if round % 7 == 0 { round * 31 % request.len() } else { request.len() };
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&request.as_bytes()[..sent]).await.unwrap();
        let wait = Duration::from_micros((round * 7_919 % 3_000) as u64);
        // Going away at a random point is what is tested; nothing is waited for.
        tokio::time::sleep(wait).await;
        drop(client);
        if round == rounds / 4 {
            settled = resident();
        }
    }
    service.upstream.until_kept_waiting(0).await;
    while service.app.sandbox.load().running + service.app.sandbox.load().waiting > 0 {
        tokio::task::yield_now().await;
    }
    let grown = resident().saturating_sub(settled);
    assert!(grown < 32 << 20, "{grown} bytes more after {rounds} rounds");
    // All eight slots can be taken again, and given back.
    let mut last = Vec::new();
    for _ in 0..8 {
        last.push(send(address, &requests[0]).await);
    }
    service.upstream.until_kept_waiting(8).await;
    drop(last);
    service.upstream.until_kept_waiting(0).await;
    let mut client = send(address, &requests[1]).await;
    assert!(read_head(&mut client).await.starts_with("HTTP/1.1 200 "));
}
