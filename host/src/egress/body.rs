//! Bodies of answers: decompressed here, under a cap, because a client that decompresses by itself has none.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes arrived than are read.
    #[error("the answer's body is longer than {0} bytes on its way")]
    WireTooLong(usize),
    /// More bytes came out of decompression than are kept.
    #[error("the answer's body is longer than {0} bytes when decompressed")]
    DecodedTooLong(usize),
    /// Encoded otherwise than by gzip once.
    #[error("the answer's body is encoded otherwise than by gzip, which is all that was asked for")]
    UnknownEncoding,
    /// The gzip stream is damaged or cut.
    #[error("the answer's body is not the gzip that its header announces")]
    Damaged,
}

/// How a body is encoded (RFC 9110, 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Unknown,
}

/// Takes a body chunk by chunk and stops at the caps; never holds more than them and one buffer.
pub struct Body {
    state: State,
    wire: usize,
    max_wire: usize,
    max_decoded: usize,
}

enum State {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
    Unknown,
}

impl Body {
    /// A body to be read as its headers announce.
    pub fn new(headers: &HeaderMap, max_wire: usize, max_decoded: usize) -> Self {
        let out = Capped { bytes: Vec::new(), cap: max_decoded, is_full: false };
        let state = match encoding(headers) {
            Encoding::Plain => State::Plain(out),
            Encoding::Gzip => State::Gzip(Box::new(MultiGzDecoder::new(out))),
            Encoding::Unknown => State::Unknown,
        };
        Self { state, wire: 0, max_wire, max_decoded }
    }

    /// Takes the next bytes from the wire.
    ///
    /// # Errors
    /// When a cap is passed or the bytes are not what the headers announce. Nothing more may be pushed then.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.wire = self.wire.saturating_add(chunk.len());
        if self.wire > self.max_wire {
            return Err(BodyError::WireTooLong(self.max_wire));
        }
        match &mut self.state {
            State::Plain(out) => {
                out.write_all(chunk).map_err(|_| BodyError::DecodedTooLong(self.max_decoded))
            }
            State::Gzip(decoder) => match decoder.write_all(chunk) {
                Ok(()) => Ok(()),
                Err(_) if decoder.get_ref().is_full => Err(BodyError::DecodedTooLong(self.max_decoded)),
                Err(_) => Err(BodyError::Damaged),
            },
            State::Unknown => Err(BodyError::UnknownEncoding),
        }
    }

    /// Bytes taken from the wire until now.
    pub fn wire_bytes(&self) -> u64 {
        self.wire as u64
    }

    /// The whole body, decoded.
    ///
    /// # Errors
    /// When a gzip stream was cut short, or its last part passes the cap.
    pub fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.state {
            State::Plain(out) => Ok(out.bytes),
            // No bytes at all: an answer without a body (HEAD, 304) that kept its header.
            State::Gzip(_) | State::Unknown if self.wire == 0 => Ok(Vec::new()),
            State::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
                Err(_) if decoder.get_ref().is_full => Err(BodyError::DecodedTooLong(self.max_decoded)),
                Err(_) => Err(BodyError::Damaged),
            },
            State::Unknown => Err(BodyError::UnknownEncoding),
        }
    }
}

/// What the headers say, over all of them: `gzip, gzip` is two encodings, and two headers are a list.
fn encoding(headers: &HeaderMap) -> Encoding {
    let mut found = Encoding::Plain;
    for value in headers.get_all(CONTENT_ENCODING) {
        let Ok(text) = value.to_str() else { return Encoding::Unknown };
        for token in text.split(',').map(|token| token.trim().to_ascii_lowercase()) {
            found = match (token.as_str(), found) {
                ("" | "identity", found) => found,
                ("gzip" | "x-gzip", Encoding::Plain) => Encoding::Gzip,
                _ => return Encoding::Unknown,
            };
        }
    }
    found
}

/// Bytes up to a cap; one more is an error, so that a decoder stops in the middle of its work.
struct Capped {
    bytes: Vec<u8>,
    cap: usize,
    is_full: bool,
}

impl Write for Capped {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(chunk.len()) > self.cap {
            self.is_full = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
