//! The cookie that carries a session.

use axum::http::{HeaderMap, HeaderValue};
use http::header::COOKIE;

use super::address::Address;
use crate::domain::secret::Secret;

/// The cookie's name. The prefix makes browsers refuse it from anywhere but this host by https
/// (RFC 6265bis, 4.1.3.2); on loopback there is no https to ask for.
fn name(address: &Address) -> &'static str {
    if address.is_secure() { "__Host-keystead" } else { "keystead" }
}

/// The session's text in a request; none when it is missing or there twice.
pub(super) fn read(address: &Address, headers: &HeaderMap) -> Option<Secret> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = pairs.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(given, _)| *given == name(address)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => Some(Secret::new(value)),
        _ => None,
    }
}

/// `Set-Cookie` for a session. It ends with the browser; the database ends it earlier.
pub(super) fn keep(address: &Address, session: &Secret) -> Option<HeaderValue> {
    write(address, session.expose(), "")
}

/// `Set-Cookie` that makes the browser forget.
pub(super) fn forget(address: &Address) -> Option<HeaderValue> {
    write(address, "", "; Max-Age=0")
}

fn write(address: &Address, value: &str, more: &str) -> Option<HeaderValue> {
    let secure = if address.is_secure() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}", name(address));
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_https_the_cookie_belongs_to_this_host_alone() {
        let secret = Secret::new("abc");
        let text = |address: &Address| keep(address, &secret).unwrap().to_str().unwrap().to_owned();
        let public = Address::public("https://k.example").unwrap();
        assert_eq!(text(&public), "__Host-keystead=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        let local = Address::loopback("127.0.0.1:80".parse().unwrap()).unwrap();
        assert_eq!(text(&local), "keystead=abc; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_cookie_that_is_there_twice_is_none() {
        let local = Address::loopback("127.0.0.1:80".parse().unwrap()).unwrap();
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(text));
            read(&local, &headers).map(|secret| secret.expose().to_owned())
        };
        assert_eq!(read("a=b; keystead=abc;c=d").as_deref(), Some("abc"));
        assert_eq!(read("keystead=abc; keystead=abd"), None);
        assert_eq!(read("__Host-keystead=abc"), None);
    }
}
