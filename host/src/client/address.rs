//! Addresses of the API below the service's own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use super::ClientError;

/// What does not stand for itself in a segment of a path (RFC 3986, 3.3). Fewer characters are left alone
/// than could be: those of ids.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// Reads the address of a service, and lets its path end with a slash.
///
/// # Errors
/// [`ClientError::Server`].
pub(super) fn read(text: &str) -> Result<Url, ClientError> {
    let mut server = Url::parse(text).map_err(|_| ClientError::Server(text.chars().take(200).collect()))?;
    let is_plain = server.username().is_empty() && server.password().is_none() && server.query().is_none();
    if !matches!(server.scheme(), "http" | "https") || !is_plain {
        return Err(ClientError::Server("(not shown: it may hold a password)".to_owned()));
    }
    if !server.path().ends_with('/') {
        let path = format!("{}/", server.path());
        server.set_path(&path);
    }
    Ok(server)
}

/// The address with these segments below `server`, each encoded. A segment is never `.` or `..`, which no
/// encoding protects from being resolved: ids are no such texts.
pub(super) fn below(server: &Url, segments: &[&str]) -> Url {
    let encoded: Vec<String> =
        segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    let mut url = server.clone();
    url.set_path(&format!("{}{}", server.path(), encoded.join("/")));
    url
}

/// The address with those parameters of a query that are given.
pub(super) fn with_query(mut url: Url, parameters: &[(&str, Option<&str>)]) -> Url {
    for (name, value) in parameters {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_single_segments() {
        let server = read("https://keystead.example/base").unwrap();
        for (id, expected) in [
            ("orders", "/base/v1/flows/orders"),
            ("a:b@c~d.e_f-g", "/base/v1/flows/a:b@c~d.e_f-g"),
            ("a/../b?c#d%2e e\\", "/base/v1/flows/a%2F..%2Fb%3Fc%23d%252e%20e%5C"),
            ("...", "/base/v1/flows/..."),
        ] {
            let url = below(&server, &["v1", "flows", id]);
            assert_eq!((url.path(), url.query(), url.fragment()), (expected, None, None), "{id}");
        }
    }

    #[test]
    fn parameters_are_encoded_and_left_away_when_not_given() {
        let url = below(&read("http://[::1]:8080").unwrap(), &["v1", "credentials"]);
        let url = with_query(url, &[("flow", None), ("name_prefix", Some("a&b =%"))]);
        assert_eq!(url.as_str(), "http://[::1]:8080/v1/credentials?name_prefix=a%26b+%3D%25");
        let url = with_query(below(&read("http://[::1]").unwrap(), &["v1"]), &[("flow", None)]);
        assert_eq!(url.as_str(), "http://[::1]/v1");
    }
}
