//! Origins: scheme, host and port, read strictly.
//!
//! The WHATWG parser repairs what people type: `0x7f.1` becomes `127.0.0.1`, tabs vanish, `\` becomes
//! `/`. What it repairs, two parsers can read in two ways, so it is refused here before the parser sees it.

mod host;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

pub use host::Host;
use url::Url;

/// Longest URL that is read, in bytes.
pub const MAX_URL_BYTES: usize = 8 * 1024;

/// The two schemes that egress speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain HTTP; goes only to addresses that the operator has allowed.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant where a URL names none (RFC 9110, 4.2).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a request goes: equal origins are dialled alike. Displayed as `https://host[:port]`, without
/// a default port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub scheme: Scheme,
    pub host: Host,
    /// 1 to 65535.
    pub port: u16,
}

/// Why a destination is not dialled. The message never quotes a URL's path, query or user information.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// `ambiguous-url`: two parsers could read it differently. `destination-refused`: scheme, port or
    /// name. `address-refused`: the address that was given or that the name leads to.
    pub kind: &'static str,
    /// A sentence that says what was refused and what can be done.
    pub message: String,
}

impl Refusal {
    pub(super) fn ambiguous(message: impl Into<String>) -> Self {
        Self { kind: "ambiguous-url", message: message.into() }
    }

    pub(super) fn destination(message: impl Into<String>) -> Self {
        Self { kind: "destination-refused", message: message.into() }
    }

    pub(super) fn address(message: impl Into<String>) -> Self {
        Self { kind: "address-refused", message: message.into() }
    }
}

impl Origin {
    /// Reads exactly an origin: `https://host[:port]`, with nothing behind it.
    ///
    /// # Errors
    /// `ambiguous-url` where anything follows or the text could be read in two ways,
    /// `destination-refused` for other schemes.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (origin, rest) = split(text)?;
        if rest.is_empty() {
            Ok(origin)
        } else {
            Err(Refusal::ambiguous(
                "an origin is `https://host` or `https://host:port`, with nothing behind it",
            ))
        }
    }

    /// Reads a whole URL. The returned URL is the one to send: its host is in the origin's form.
    ///
    /// # Errors
    /// `ambiguous-url` for whatever the WHATWG parser would repair in scheme, host, port or path segments,
    /// for user information and for fragments; `destination-refused` for other schemes.
    pub fn of_url(text: &str) -> Result<(Self, Url), Refusal> {
        let (origin, rest) = split(text)?;
        refuse_dot_segments(rest)?;
        // The parser gets the origin in normal form, so the host that it returns must be the same text.
        let url = Url::parse(&format!("{origin}{rest}"))
            .map_err(|_| Refusal::ambiguous("the URL cannot be read; check its host name"))?;
        if Self::of_parsed(&url).as_ref() == Some(&origin) {
            Ok((origin, url))
        } else {
            Err(Refusal::ambiguous("the URL's host can be read in more than one way; write it plainly"))
        }
    }

    /// The origin of a URL that was parsed already; `None` where it is not one that egress speaks.
    pub fn of_parsed(url: &Url) -> Option<Self> {
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return None;
        }
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let host = match url.host()? {
            url::Host::Domain(name) => Host::Name(name.to_owned()),
            url::Host::Ipv4(address) => Host::Address(IpAddr::V4(address)),
            url::Host::Ipv6(address) => Host::Address(IpAddr::V6(address).to_canonical()),
        };
        Some(Self { scheme, host, port: url.port_or_known_default()? })
    }
}

impl FromStr for Origin {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Splits a URL into its origin and what follows (path and query, not decoded).
fn split(text: &str) -> Result<(Origin, &str), Refusal> {
    if text.len() > MAX_URL_BYTES {
        return Err(Refusal::ambiguous(format!("the URL is longer than {MAX_URL_BYTES} bytes")));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refusal::ambiguous(
            "the URL holds spaces, control characters or characters outside ASCII; percent-encode them \
             (or write the host name as `xn--…`)",
        ));
    }
    if text.contains('\\') {
        return Err(Refusal::ambiguous("the URL holds a backslash, which some programs read as `/`"));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(without_authority(text));
    };
    let scheme = read_scheme(scheme)?;
    if rest.contains('#') {
        return Err(Refusal::ambiguous("the URL holds a fragment (`#`), which is never sent; leave it out"));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = host::read_authority(authority)?;
    Ok((Origin { scheme, host, port: port.unwrap_or(scheme.default_port()) }, rest))
}

fn read_scheme(text: &str) -> Result<Scheme, Refusal> {
    if text.eq_ignore_ascii_case("https") {
        Ok(Scheme::Https)
    } else if text.eq_ignore_ascii_case("http") {
        Ok(Scheme::Http)
    } else {
        Err(Refusal::destination("only `https://` (and `http://` where the operator allows it) is sent to"))
    }
}

/// `http:host` and relative references are repaired by parsers; `mailto:` and the like are other schemes.
fn without_authority(text: &str) -> Refusal {
    match text.split_once(':') {
        Some((scheme, _)) => match read_scheme(scheme) {
            Ok(_) => Refusal::ambiguous("the URL lacks `//` behind its scheme; write `https://host/…`"),
            Err(refusal) => refusal,
        },
        None => Refusal::ambiguous("the URL has no scheme; write `https://host/…`"),
    }
}

/// Parsers remove `.` and `..`, encoded or not, which would leave a path prefix that was agreed on.
fn refuse_dot_segments(rest: &str) -> Result<(), Refusal> {
    let path = rest.split('?').next().unwrap_or_default();
    let is_dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    if path.split('/').any(is_dots) {
        return Err(Refusal::ambiguous("the URL's path holds `.` or `..` as a segment; write the path out"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
