//! The host and port of a URL, read without repair.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Refusal;

/// A host in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// Lower case, A-labels (RFC 5890), without a trailing dot.
    Name(String),
    /// An IPv4-mapped IPv6 address stands here as IPv4.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Reads `host[:port]`.
pub(super) fn read_authority(authority: &str) -> Result<(Host, Option<u16>), Refusal> {
    if authority.is_empty() {
        return Err(Refusal::ambiguous("the URL has no host; write `https://host/…`"));
    }
    if authority.contains('@') {
        return Err(Refusal::ambiguous("the URL holds a user name or password before `@`; leave it out"));
    }
    if authority.contains('%') {
        return Err(Refusal::ambiguous(
            "the URL's host holds `%`: encoded names and zone ids are not sent to",
        ));
    }
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((inside, behind)) = rest.split_once(']') else {
            return Err(Refusal::ambiguous("the URL's IPv6 address lacks its `]`"));
        };
        let address: Ipv6Addr = inside.parse().map_err(|_| {
            Refusal::ambiguous("what stands between `[` and `]` in the URL is no IPv6 address")
        })?;
        let port = match behind.strip_prefix(':') {
            Some(port) => Some(read_port(port)?),
            None if behind.is_empty() => None,
            None => return Err(Refusal::ambiguous("only `:port` may follow the URL's IPv6 address")),
        };
        return Ok((Host::Address(IpAddr::V6(address).to_canonical()), port));
    }
    match authority.split_once(':') {
        Some((host, port)) => Ok((read_host(host)?, Some(read_port(port)?))),
        None => Ok((read_host(authority)?, None)),
    }
}

fn read_port(text: &str) -> Result<u16, Refusal> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 && !text.starts_with('0') => Ok(port),
        _ => Err(Refusal::ambiguous("the URL's port is no number from 1 to 65535 in plain digits")),
    }
}

fn read_host(text: &str) -> Result<Host, Refusal> {
    let plain = text.strip_suffix('.').unwrap_or(text);
    if ends_in_number(plain) {
        // Canonical dotted decimal only: `127.1`, `0x7f.1`, `0177.0.0.1` and `127.0.0.1.` are not.
        return text.parse::<Ipv4Addr>().map(|address| Host::Address(IpAddr::V4(address))).map_err(|_| {
            Refusal::ambiguous("the URL's host ends in a number but is no IPv4 address of four decimal parts")
        });
    }
    if plain.len() > 253 || !plain.split('.').all(is_label) {
        return Err(Refusal::ambiguous(
            "the URL's host is no name of dot-separated labels (letters, digits, inner hyphens; RFC 1123)",
        ));
    }
    Ok(Host::Name(plain.to_ascii_lowercase()))
}

/// As the WHATWG standard decides that a host is meant as an IPv4 address.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// `_` is no host name character, but service names in private zones hold it.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
