//! HTTP through the host. Methods, destinations and the places of secrets follow the descriptor.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::base64;
use crate::bindings::keystead::plugin::http as host;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request(host::Request);

/// An answer of the application.
#[derive(Clone, Debug)]
pub struct Response(host::Response);

/// A GET request.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url)
}

/// A POST request. A rule that allows it gives a reason.
pub fn post(url: impl Into<String>) -> Request {
    Request::new("POST", url)
}

/// A base URL and a path below it. A slash at the end of `base` is ignored, one at the beginning of
/// `path` is expected.
pub fn join(base: &str, path: &str) -> String {
    format!("{}{path}", base.trim_end_matches('/'))
}

impl Request {
    /// A request with this method, upper case, to this absolute URL.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self(host::Request {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            extra: Vec::new(),
        })
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a query parameter, percent-encoded. A sealed token passes through unchanged.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.0.url.push(if self.0.url.contains('?') { '&' } else { '?' });
        encode(name, &mut self.0.url);
        self.0.url.push('=');
        encode(value, &mut self.0.url);
        self
    }

    /// Sets the body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.body = Some(bytes.into());
        self
    }

    /// Sets the body to this JSON and says so in `content-type`. A sealed token may stand in a string
    /// that a placement in `json` names.
    pub fn json(self, value: &impl Serialize) -> Self {
        // Only maps whose keys are no texts have no JSON; an empty body shows the mistake at once.
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        self.header("content-type", "application/json").body(bytes)
    }

    /// Sets the body to this form and says so in `content-type`. A sealed token may stand in the value of
    /// a member that a placement in `form` names.
    pub fn form(self, members: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (name, value) in members {
            if !text.is_empty() {
                text.push('&');
            }
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        self.header("content-type", "application/x-www-form-urlencoded").body(text)
    }

    /// Adds `authorization: Basic` (RFC 7617). A sealed token may stand in the part that a placement in
    /// `basic` names.
    pub fn basic(self, user: &str, password: &str) -> Self {
        let pair = format!("{user}:{password}");
        self.header("authorization", &format!("Basic {}", base64::encode(pair.as_bytes())))
    }

    /// Adds `authorization: Bearer` (RFC 6750). For a sealed token that is a placement in `header`, named
    /// `authorization`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Waits no longer than this. The verification's own limit stays.
    pub fn timeout_ms(mut self, milliseconds: u32) -> Self {
        self.0.extra.push(("timeout-ms".to_owned(), milliseconds.to_string()));
        self
    }

    /// Sends it and waits for the answer. Works inside the sandbox only.
    ///
    /// # Errors
    /// When no answer arrived or the host refused to send; `?` makes a verdict of it.
    pub fn send(self) -> Result<Response, Failure> {
        host::send(&self.0).map(Response)
    }
}

impl Response {
    /// An answer without headers and body, for tests.
    pub fn new(status: u16) -> Self {
        Self(host::Response { status, headers: Vec::new(), body: Vec::new(), extra: Vec::new() })
    }

    /// Adds a header, for tests.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets the body, for tests.
    pub fn with_body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.body = bytes.into();
        self
    }

    /// Adds an extra entry such as `withheld`, for tests.
    pub fn with_extra(mut self, name: &str, value: &str) -> Self {
        self.0.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.0.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All headers in order of arrival, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.0.headers
    }

    /// The decoded body.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as text; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }

    /// The body as JSON of this shape.
    ///
    /// # Errors
    /// When it is not JSON or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0.body)
    }

    /// Whether this is a web page: by its content type, or by how it begins where that is missing.
    pub fn is_html(&self) -> bool {
        match self.header("content-type") {
            Some(kind) => kind.trim_start().to_ascii_lowercase().starts_with("text/html"),
            None => self.text().trim_start().starts_with('<'),
        }
    }

    /// Why the host withheld headers and body: `reflected`, the answer repeated a secret;
    /// `capture-failed`, it held something that had to be captured and could not be.
    pub fn withheld(&self) -> Option<&str> {
        self.extra("withheld")
    }

    /// `Retry-After` in seconds; none where it is a date (RFC 9110, section 10.2.3) or absent.
    pub fn retry_after(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// An extra entry of the host.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.0.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
fn encode(text: &str, onto: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => onto.push(byte.into()),
            _ => onto.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        let request = get("https://a.example/x").query("key", "a b&c").query("é", "1");
        assert_eq!(request.0.url, "https://a.example/x?key=a%20b%26c&%C3%A9=1");
    }

    #[test]
    fn bodies_say_what_they_are() {
        let json = post("https://a.example").json(&serde_json::json!({"user": "a\"b"}));
        assert_eq!(json.0.body.unwrap(), br#"{"user":"a\"b"}"#);
        assert_eq!(json.0.headers, [("content-type".to_owned(), "application/json".to_owned())]);
        let form = post("https://a.example").form(&[("grant type", "a&b=c"), ("x", "é")]);
        assert_eq!(form.0.body.unwrap(), b"grant%20type=a%26b%3Dc&x=%C3%A9");
    }

    #[test]
    fn user_and_password_are_encoded() {
        let request = get("https://a.example").basic("Aladdin", "open sesame").bearer("t");
        let values: Vec<&str> = request.0.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer t"]);
    }

    #[test]
    fn base_urls_may_end_with_a_slash() {
        assert_eq!(join("https://a.example/v3/", "/me"), "https://a.example/v3/me");
        assert_eq!(join("https://a.example/v3", "/me"), "https://a.example/v3/me");
    }

    #[test]
    fn web_pages_are_recognised() {
        assert!(Response::new(200).with_header("Content-Type", "text/HTML; charset=utf-8").is_html());
        assert!(Response::new(200).with_body("\n<!doctype html>").is_html());
        assert!(!Response::new(200).with_header("content-type", "application/json").with_body("<").is_html());
        assert!(!Response::new(200).with_body("{}").is_html());
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        assert_eq!(Response::new(429).with_header("Retry-After", " 30 ").retry_after(), Some(30));
        let date = Response::new(429).with_header("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT");
        assert_eq!(date.retry_after(), None);
    }
}
