//! Which header names a plugin may use.

/// Headers that frame a message or belong to a hop (RFC 9110, 9112), and those that ask for a part of an
/// answer or compare it: a secret that comes back in parts, or as yes and no, would not be found in it.
/// Only the host sets them.
const HOST_HEADERS: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether only the host may set this header. `name` in any case.
pub fn is_host_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HOST_HEADERS.contains(&name.as_str()) || name.starts_with("proxy-") || name == "http2-settings"
}

/// Whether the text is a header name: a token of RFC 9110, section 5.6.2.
pub fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
