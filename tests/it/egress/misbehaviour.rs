//! Upstreams that drip, flood, lie about lengths or speak no HTTP.

use std::time::Instant;

use tokio::io::AsyncWriteExt;

use super::upstream::{Upstream, read_request};
use super::*;

fn impatient() -> Settings {
    Settings { exchange_ms: 400, ..loopback() }
}

/// Sends `head`, then one `piece` every 20 ms for as long as somebody reads.
async fn dripping(head: &'static [u8], piece: &'static [u8]) -> Upstream {
    Upstream::start(move |mut socket| async move {
        read_request(&mut socket).await;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut next = head;
        while socket.write_all(next).await.is_ok() {
            next = piece;
            ticks.tick().await;
        }
    })
    .await
}

/// Sends `head`, then `piece` as fast as it is read.
async fn flooding(head: &'static [u8], piece: &'static [u8]) -> Upstream {
    Upstream::start(move |mut socket| async move {
        read_request(&mut socket).await;
        let mut next = head.to_vec();
        while socket.write_all(&next).await.is_ok() {
            next = piece.repeat(64);
        }
    })
    .await
}

#[tokio::test]
async fn one_deadline_ends_every_kind_of_drip() {
    let status_line = dripping(b"HTTP/1.1 200", b" ").await;
    let header = dripping(b"HTTP/1.1 200 OK\r\nx: ", b"a").await;
    let body = dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"a").await;
    let chunks = dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n").await;
    let provisional = dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n").await;
    let transport = transport(impatient(), Arc::default());
    for upstream in [status_line, header, body, chunks, provisional] {
        let started = Instant::now();
        assert_eq!(failure(ask(&transport, "127.0.0.1", upstream.port).await).kind, "timeout");
        let taken = started.elapsed();
        assert!(taken >= Duration::from_millis(390) && taken < Duration::from_secs(5), "{taken:?}");
    }
}

#[tokio::test]
async fn the_callers_shorter_deadline_counts() {
    let upstream = dripping(b"", b"").await;
    let transport = transport(loopback(), Arc::default());
    let origin = Origin::parse(&format!("http://127.0.0.1:{}", upstream.port)).unwrap();
    let request = get(&origin.to_string());
    let outcome =
        transport.exchange(&workspace("default"), &origin, request, Duration::from_millis(100)).await;
    assert_eq!(failure(outcome).kind, "timeout");
}

#[tokio::test]
async fn endless_bodies_and_headers_stop_at_their_caps() {
    let table: [(&[u8], &[u8]); 4] = [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"10\r\naaaaaaaaaaaaaaaa\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"x-flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        (b"HTTP/1.1 200 OK\r\nx-flood: ", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ];
    for (head, piece) in table {
        let upstream = flooding(head, piece).await;
        let outcome = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await;
        assert_eq!(failure(outcome).kind, "too-large", "{}", String::from_utf8_lossy(head));
    }
}

#[tokio::test]
async fn a_flood_of_provisional_answers_or_chunk_extensions_is_ended() {
    let provisional = flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n").await;
    let outcome = ask(&transport(impatient(), Arc::default()), "127.0.0.1", provisional.port).await;
    assert_eq!(failure(outcome).kind, "timeout");
    let extension = flooding(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", b"xxxxxxxx").await;
    let outcome = ask(&transport(loopback(), Arc::default()), "127.0.0.1", extension.port).await;
    assert_eq!(failure(outcome).kind, "protocol");
}

#[tokio::test]
async fn what_is_no_http_or_contradicts_itself_is_a_protocol_failure() {
    let table: [&[u8]; 19] = [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n",
        b"-ERR unknown command 'GET'\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"<html>HTTP/0.9</html>",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2xx OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n<html>not gzip",
    ];
    for bytes in table {
        let upstream = Upstream::answering(bytes).await;
        let error = failure(ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await);
        assert_eq!(error.kind, "protocol", "{}: {error}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn bytes_behind_the_announced_length_are_not_read_as_the_next_answer() {
    let upstream = Upstream::start(|mut socket| async move {
        while !read_request(&mut socket).await.is_empty() {
            let _ = socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 Forged\r\n\r\n")
                .await;
        }
    })
    .await;
    let transport = transport(loopback(), Arc::default());
    for _ in 0..3 {
        let answer = ask(&transport, "127.0.0.1", upstream.port).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn absence_and_silence_are_unreachable() {
    let transport = transport(loopback(), Arc::default());
    let absent = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(failure(ask(&transport, "127.0.0.1", absent).await).kind, "unreachable");
    let closing = Upstream::answering("").await;
    assert_eq!(failure(ask(&transport, "127.0.0.1", closing.port).await).kind, "unreachable");
    let slamming = Upstream::start(|socket| async move { drop(socket) }).await;
    assert_eq!(failure(ask(&transport, "127.0.0.1", slamming.port).await).kind, "unreachable");
    let cut = Upstream::answering("HTTP/1.1 200 OK\r\nx: y").await;
    assert_eq!(failure(ask(&transport, "127.0.0.1", cut.port).await).kind, "unreachable");
}

#[tokio::test]
async fn a_bomb_of_half_a_gigabyte_stops_at_the_cap() {
    let bomb = bomb(512 * 1024 * 1024);
    assert!(bomb.len() < 4 * 1024 * 1024, "{}", bomb.len());
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    answer.extend(bomb);
    let upstream = Upstream::answering(answer).await;
    let outcome = ask(&transport(loopback(), Arc::default()), "127.0.0.1", upstream.port).await;
    let error = failure(outcome);
    assert!(error.kind == "too-large" && error.message.contains("decompressed"), "{error}");
}

/// A gzip member (RFC 1952) that holds about `length` zeros, made of fixed Huffman codes (RFC 1951, 3.2.6):
/// one literal zero, then matches of 258 bytes at distance 1, thirteen bits each.
fn bomb(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut pending, mut count) = (0_u64, 0);
    let mut push = |code: u64, width: u32, most_significant_first: bool| {
        let code = if most_significant_first { code.reverse_bits() >> (64 - width) } else { code };
        pending |= code << count;
        count += width;
        while count >= 8 {
            bytes.push((pending & 0xff) as u8);
            pending >>= 8;
            count -= 8;
        }
    };
    push(0b011, 3, false); // last block, fixed codes
    push(0b0011_0000, 8, true); // the literal 0
    for _ in 0..length / 258 {
        push(0b1100_0101, 8, true); // length 258
        push(0, 5, true); // distance 1
    }
    push(0, 7, true); // end of block
    push(0, 8, false);
    bytes
}
