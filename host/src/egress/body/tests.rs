use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue};

use super::{Body, BodyError};

fn headers(encodings: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for encoding in encodings {
        headers.append("content-encoding", HeaderValue::from_str(encoding).unwrap());
    }
    headers
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(encodings: &[&str], wire: &[u8], max_wire: usize, max_decoded: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Body::new(&headers(encodings), max_wire, max_decoded);
    for chunk in wire.chunks(7) {
        body.push(chunk)?;
    }
    assert_eq!(body.wire_bytes(), wire.len() as u64);
    body.finish()
}

#[test]
fn plain_bodies_come_as_they_are() {
    for encodings in [&[][..], &["identity"], &[""]] {
        assert_eq!(read(encodings, b"\xff\x00 any bytes", 100, 100).unwrap(), b"\xff\x00 any bytes");
    }
}

#[test]
fn gzip_is_decoded_in_any_spelling_and_in_several_members() {
    let mut wire = gzip(b"hello ");
    wire.extend(gzip(b"world"));
    for encoding in ["gzip", "GZIP", "x-gzip", " gzip ", "identity, gzip"] {
        assert_eq!(read(&[encoding], &wire, 1000, 1000).unwrap(), b"hello world", "{encoding}");
    }
}

#[test]
fn other_and_double_encodings_are_refused() {
    let once = gzip(b"hello");
    for encodings in [
        &["br"][..],
        &["deflate"],
        &["zstd"],
        &["gzip, gzip"],
        &["gzip", "gzip"],
        &["gzip", "br"],
        &["gzip;q=1"],
    ] {
        assert_eq!(read(encodings, &once, 1000, 1000), Err(BodyError::UnknownEncoding), "{encodings:?}");
    }
}

#[test]
fn an_empty_body_is_empty_whatever_its_header_says() {
    for encodings in [&["gzip"][..], &["br"], &[]] {
        assert_eq!(read(encodings, b"", 10, 10).unwrap(), b"");
    }
}

#[test]
fn the_wire_cap_is_obeyed_to_the_byte() {
    assert_eq!(read(&[], &[b'a'; 100], 100, 1000).unwrap().len(), 100);
    assert_eq!(read(&[], &[b'a'; 101], 100, 1000), Err(BodyError::WireTooLong(100)));
}

#[test]
fn the_decoded_cap_is_obeyed_to_the_byte() {
    for encodings in [&[][..], &["gzip"]] {
        let wire =
            |length: usize| if encodings.is_empty() { vec![b'a'; length] } else { gzip(&vec![b'a'; length]) };
        assert_eq!(read(encodings, &wire(5000), 10_000, 5000).unwrap().len(), 5000);
        assert_eq!(read(encodings, &wire(5001), 10_000, 5000), Err(BodyError::DecodedTooLong(5000)));
    }
}

#[test]
fn a_bomb_is_stopped_in_its_first_chunk() {
    let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
    let mut body = Body::new(&headers(&["gzip"]), 1 << 20, 1 << 20);
    assert_eq!(body.push(&bomb), Err(BodyError::DecodedTooLong(1 << 20)));
}

#[test]
fn damaged_and_cut_gzip_is_refused() {
    let whole = gzip(b"a text that is long enough to be cut somewhere");
    for cut in 1..whole.len() {
        assert_eq!(read(&["gzip"], &whole[..cut], 1000, 1000), Err(BodyError::Damaged), "cut at {cut}");
    }
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let mut trailing = whole.clone();
    trailing.extend(b"trailing bytes that are no gzip member");
    for wire in [&wrong_sum[..], &trailing, b"<html>not gzip</html>"] {
        assert_eq!(read(&["gzip"], wire, 1000, 1000), Err(BodyError::Damaged));
    }
}
