//! What went wrong on the way, told without URLs and without what was sent.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::super::body::BodyError;
use super::super::origin::Refusal;
use super::pinned::LookupError;

/// Why an exchange has no answer. The message never holds a URL's path or query, nor a header's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// `dns`, `unreachable`, `tls-expired`, `tls-name`, `tls-untrusted`, `tls-protocol`, `timeout`,
    /// `too-large`, `protocol`, `address-refused`, `destination-refused` or `ambiguous-url`.
    pub kind: &'static str,
    /// A sentence.
    pub message: String,
}

impl TransportError {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The other side has not answered again and again, and is not asked for a while.
    pub(super) fn left_alone() -> Self {
        let message = "the other side did not answer several times in a row, so it is left alone for a short while; try again later";
        Self::new("unreachable", message)
    }

    /// Whether the other side gave no sign in time: what a circuit counts.
    pub(super) fn is_without_answer(&self) -> bool {
        matches!(self.kind, "unreachable" | "timeout")
    }

    /// Whether nothing is known of the other side, since it was not asked.
    pub(super) fn is_before_connection(&self) -> bool {
        matches!(self.kind, "dns" | "address-refused" | "destination-refused" | "ambiguous-url")
    }

    /// The time of the exchange is over.
    pub(super) fn timeout() -> Self {
        Self::new("timeout", "the exchange was not complete within its time")
    }
}

impl From<Refusal> for TransportError {
    fn from(refusal: Refusal) -> Self {
        Self { kind: refusal.kind, message: refusal.message }
    }
}

impl From<BodyError> for TransportError {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::WireTooLong(_) | BodyError::DecodedTooLong(_) => "too-large",
            BodyError::UnknownEncoding | BodyError::Damaged => "protocol",
        };
        Self::new(kind, error.to_string())
    }
}

/// How far an exchange was when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the answer's headers.
    Asking { tls: bool },
    /// While the body was read.
    Reading,
}

/// Finds the cause by type, from the outermost error inwards; the innermost knows best.
pub(super) fn explain(error: &reqwest::Error, stage: Stage) -> TransportError {
    let mut found = None;
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        found = recognise(cause, stage).or(found);
        next = step(cause);
    }
    match found {
        Some(known) => known,
        None if error.is_timeout() => TransportError::timeout(),
        None => match stage {
            Stage::Asking { .. } if error.is_connect() => unreachable(),
            Stage::Asking { .. } => {
                TransportError::new("protocol", "the exchange failed before an answer was read")
            }
            Stage::Reading => cut_short(),
        },
    }
}

/// An `io::Error` hides what it carries from `source`, so it is opened by hand.
fn step<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => cause.source(),
    }
}

fn recognise(cause: &(dyn Error + 'static), stage: Stage) -> Option<TransportError> {
    if let Some(lookup) = cause.downcast_ref::<LookupError>() {
        return Some(match lookup {
            LookupError::Refused(refusal) => refusal.clone().into(),
            LookupError::Unknown(unknown) => TransportError::new("dns", unknown.to_string()),
        });
    }
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(explain_tls(tls));
    }
    if let Some(http) = cause.downcast_ref::<hyper::Error>() {
        return explain_http(http, stage);
    }
    let io = cause.downcast_ref::<io::Error>()?;
    Some(match (io.kind(), stage) {
        (io::ErrorKind::TimedOut, _) => TransportError::timeout(),
        (_, Stage::Reading) => cut_short(),
        (io::ErrorKind::UnexpectedEof, Stage::Asking { tls: true }) => {
            TransportError::new("tls-protocol", "the other side ended the TLS handshake")
        }
        (_, Stage::Asking { .. }) => unreachable(),
    })
}

fn explain_http(error: &hyper::Error, stage: Stage) -> Option<TransportError> {
    if error.is_parse_too_large() {
        return Some(TransportError::new(
            "too-large",
            "the answer's headers are more or longer than is read",
        ));
    }
    if error.is_parse() {
        return Some(TransportError::new("protocol", "the other side does not answer in HTTP/1.1"));
    }
    if error.is_timeout() {
        return Some(TransportError::timeout());
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Some(match stage {
            Stage::Asking { .. } => {
                TransportError::new("unreachable", "the other side closed the connection without an answer")
            }
            Stage::Reading => cut_short(),
        });
    }
    None
}

fn explain_tls(error: &rustls::Error) -> TransportError {
    let rustls::Error::InvalidCertificate(fault) = error else {
        return TransportError::new("tls-protocol", "the other side does not speak TLS 1.2 or 1.3 as agreed");
    };
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            TransportError::new("tls-expired", "the server's certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TransportError::new("tls-expired", "the server's certificate is not valid yet")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TransportError::new("tls-name", "the server's certificate is for another name")
        }
        _ => TransportError::new(
            "tls-untrusted",
            "the server's certificate is not from a trusted authority; the operator can name one in \
             `egress.extra_ca_file`",
        ),
    }
}

fn unreachable() -> TransportError {
    TransportError::new("unreachable", "no connection to the other side could be made or kept")
}

fn cut_short() -> TransportError {
    TransportError::new("protocol", "the answer's body ended or broke before it was complete")
}
