//! The forms in which a secret may come back: raw and in the usual encodings.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Secrets shorter than this are looked for only as whole values.
pub(super) const SHORTEST: usize = 8;

/// What RFC 3986 calls unreserved stays as it is.
pub(super) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What browsers' `encodeURIComponent` leaves in addition.
const BROWSER: &AsciiSet = &COMPONENT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

/// Every form of a secret that is searched for. ASCII case is ignored by the search, so upper- and
/// lower-case hexadecimal and percent forms need no entries of their own.
pub(super) fn forms(secret: &str) -> Vec<Vec<u8>> {
    // Some dozen entries at most: comparing each with each is cheaper than a tree of them.
    let mut forms: Vec<Vec<u8>> = Vec::with_capacity(16);
    let mut add = |form: Vec<u8>| {
        if form.len() >= SHORTEST && !forms.contains(&form) {
            forms.push(form);
        }
    };
    let bytes = secret.as_bytes();
    add(bytes.to_vec());
    add(hexadecimal(bytes, "%"));
    add(hexadecimal(bytes, ""));
    for offset in 0..3 {
        let standard = base64_core(&STANDARD_NO_PAD, bytes, offset);
        if standard.iter().any(|byte| matches!(byte, b'+' | b'/')) {
            add(base64_core(&URL_SAFE_NO_PAD, bytes, offset));
        }
        add(standard);
    }
    // Unreserved characters (RFC 3986, section 2.3) stay as they are in all of these.
    if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) {
        for set in [COMPONENT, BROWSER] {
            let percent = percent_encode(bytes, set).to_string();
            add(percent.replace("%20", "+").into_bytes());
            add(percent.into_bytes());
        }
        for text in json_forms(secret).into_iter().chain(html_forms(secret)) {
            add(text.into_bytes());
        }
        add(secret.replace('$', "$$").into_bytes());
    }
    add(secret.chars().rev().collect::<String>().into_bytes());
    add(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    add(secret.encode_utf16().flat_map(u16::to_be_bytes).collect());
    // A secret of several lines may come back line by line; armour lines are no secret.
    for line in secret.lines().filter(|line| line.len() >= 2 * SHORTEST && !line.starts_with("-----")) {
        add(line.trim().as_bytes().to_vec());
    }
    forms
}

/// Each byte as two lower-case hexadecimal digits after `before`.
fn hexadecimal(bytes: &[u8], before: &str) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut form = Vec::with_capacity(bytes.len() * (before.len() + 2));
    for byte in bytes {
        form.extend_from_slice(before.as_bytes());
        form.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    form
}

/// The characters of a base64 text that depend on `secret` alone when `offset` bytes stand before it.
fn base64_core(engine: &impl base64::Engine, secret: &[u8], offset: usize) -> Vec<u8> {
    let mut shifted = vec![0; offset];
    shifted.extend_from_slice(secret);
    let text = engine.encode(&shifted).into_bytes();
    let first = (offset * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    text.get(first..last).unwrap_or_default().to_vec()
}

/// The text inside a JSON string as different writers escape it.
pub(super) fn json_forms(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let plain = quoted[1..quoted.len() - 1].to_owned();
    let slashes = plain.replace('/', "\\/");
    let ascii = escape_as_units(&plain, |c| !c.is_ascii());
    let html_safe = escape_as_units(&plain, |c| matches!(c, '<' | '>' | '&' | '\'' | '+' | '='));
    let all_safe = escape_as_units(&ascii, |c| matches!(c, '<' | '>' | '&' | '\''));
    vec![plain, slashes, ascii, html_safe, all_safe]
}

/// Writes the characters that `which` names as `\uXXXX`.
fn escape_as_units(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if which(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The text inside HTML as different writers escape it.
fn html_forms(secret: &str) -> Vec<String> {
    let base = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quotes: [(&str, &str); 4] =
        [("&quot;", "&#39;"), ("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&apos;")];
    let mut forms: Vec<String> =
        quotes.iter().map(|(double, single)| base.replace('"', double).replace('\'', single)).collect();
    forms.push(base);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use crate::egress::reflection::Scanner;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn holds(haystack: &str, secret: &str) -> bool {
        let secret = Secret::new(secret);
        let scanner = Scanner::new([&secret].into_iter(), std::iter::empty(), &[]).unwrap();
        scanner.finds_in_answer(&[], haystack.as_bytes())
    }

    #[test]
    fn a_secret_is_found_in_every_usual_encoding() {
        let secret = "s3cr\"t/k&y<é>$x";
        for before in ["", "a", "ab", "abc"] {
            assert!(
                holds(&STANDARD.encode(format!("{before}{secret}-tail")), secret),
                "base64 after `{before}`"
            );
            assert!(
                holds(&URL_SAFE_NO_PAD.encode(format!("{before}{secret}")), secret),
                "base64url after `{before}`"
            );
        }
        let percent = percent_encode(secret.as_bytes(), NON_ALPHANUMERIC).to_string();
        let cases = [
            secret.to_owned(),
            percent.clone(),
            percent.to_lowercase(),
            secret.bytes().map(|b| format!("{b:02X}")).collect(),
            serde_json::json!({ "k": secret }).to_string(),
            r#"s3cr\"t\/k&y<é>$x"#.to_owned(),
            r#"s3cr\"t/k\u0026y\u003c\u00e9\u003e$x"#.to_owned(),
            "s3cr&quot;t/k&amp;y&lt;é&gt;$x".to_owned(),
            secret.replace('$', "$$"),
            secret.chars().rev().collect(),
            secret.to_ascii_uppercase(),
        ];
        for case in cases {
            assert!(holds(&case, secret), "{case}");
        }
        assert!(!holds("nothing of the kind", secret));
    }

    #[test]
    fn a_line_of_a_key_file_is_found_and_its_armour_is_not() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----";
        assert!(holds("x MIIEvQIBADANBgkqhkiG9w0 y", key));
        assert!(!holds("-----BEGIN PRIVATE KEY-----", key));
    }
}
