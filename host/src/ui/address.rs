//! Where people find the pages: what their browser calls the site, and what its cookies may be called.

use std::net::SocketAddr;

use url::Url;

/// The site's own address as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Serialized origins (RFC 6454) that are this site; the first is the one that links are made with.
    origins: Vec<String>,
    /// Whether browsers reach it by https.
    secure: bool,
}

/// A text that cannot be the site's public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an address such as https://keystead.example.com: https, a host, perhaps a port, and nothing else"
)]
pub struct InvalidAddress;

impl Address {
    /// The site behind a proxy that speaks TLS.
    ///
    /// # Errors
    /// [`InvalidAddress`] for anything that is not an https origin.
    pub fn public(text: &str) -> Result<Self, InvalidAddress> {
        let url = Url::parse(text).map_err(|_| InvalidAddress)?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if url.scheme() != "https" || url.host().is_none() || !is_origin || !is_anonymous {
            return Err(InvalidAddress);
        }
        Ok(Self { origins: vec![url.origin().ascii_serialization()], secure: true })
    }

    /// The site on this machine alone, by plain http; none for an address that others can reach.
    pub fn loopback(address: SocketAddr) -> Option<Self> {
        let port = address.port();
        let names = [address.ip().to_string(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let of_name = |name: String| {
            let host = if name.contains(':') { format!("[{name}]") } else { name };
            Url::parse(&format!("http://{host}:{port}")).ok().map(|url| url.origin().ascii_serialization())
        };
        let origins: Vec<String> = names.into_iter().filter_map(of_name).collect();
        address.ip().is_loopback().then_some(Self { origins, secure: false })
    }

    /// What links begin with, such as `https://keystead.example.com`.
    pub fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// Whether a header `Origin` names this site.
    pub(super) fn is_own(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    /// Whether a header `Host` may be served. Behind a proxy that is the proxy's business; on this machine
    /// a foreign name means that somebody made it lead here (DNS rebinding).
    pub(super) fn serves_host(&self, host: &str) -> bool {
        self.secure || self.is_own(&format!("http://{}", host.to_ascii_lowercase().trim_end_matches(":80")))
    }

    /// Whether browsers reach the site by https.
    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_an_https_origin() {
        let address = Address::public("https://Keystead.example.com/").unwrap();
        assert_eq!(address.origin(), "https://keystead.example.com");
        assert!(address.is_own("https://keystead.example.com") && !address.is_own("https://example.com"));
        assert!(address.serves_host("whatever the proxy says"));
        for text in [
            "http://keystead.example.com",
            "https://keystead.example.com/app",
            "https://user@keystead.example.com",
            "https://keystead.example.com?x",
            "keystead.example.com",
            "https://",
        ] {
            assert_eq!(Address::public(text), Err(InvalidAddress), "{text}");
        }
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_are_served() {
        for (listener, hosts) in [
            ("127.0.0.1:8080", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080"]),
            ("[::1]:8080", ["[::1]:8080", "localhost:8080", "127.0.0.1:8080"]),
            ("127.0.0.1:80", ["127.0.0.1", "localhost:80", "localhost"]),
        ] {
            let address = Address::loopback(listener.parse().unwrap()).unwrap();
            for host in hosts {
                assert!(address.serves_host(host), "{listener} {host}");
            }
            for host in ["evil.example:8080", "localhost:8081", "localhost.evil.example:8080", ""] {
                assert!(!address.serves_host(host), "{listener} {host}");
            }
        }
        assert_eq!(Address::loopback("0.0.0.0:8080".parse().unwrap()), None);
        assert_eq!(Address::loopback("192.0.2.1:8080".parse().unwrap()), None);
    }
}
