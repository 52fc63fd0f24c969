//! The forms in which a secret may come back. Escapes are no forms: they are read before the search
//! (see `readings`).

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Secrets shorter than this are looked for only as whole values.
pub(super) const SHORTEST: usize = 8;

/// Every form of a secret that is searched for. ASCII case is ignored by the search, so upper- and
/// lower-case hexadecimal need no entries of their own.
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
    // ISO 8859-1, which headers and old pages are still written in.
    add(secret.chars().map(|c| u8::try_from(c).ok()).collect::<Option<_>>().unwrap_or_default());
    add(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    add(secret.encode_utf16().flat_map(u16::to_be_bytes).collect());
    add(hexadecimal(bytes));
    for offset in 0..3 {
        let standard = base64_core(&STANDARD_NO_PAD, bytes, offset);
        if standard.iter().any(|byte| matches!(byte, b'+' | b'/')) {
            add(base64_core(&URL_SAFE_NO_PAD, bytes, offset));
        }
        add(standard);
    }
    add(secret.replace('$', "$$").into_bytes());
    add(secret.chars().rev().collect::<String>().into_bytes());
    // A secret of several lines may come back line by line; armour lines are no secret.
    for line in secret.lines().filter(|line| line.len() >= 2 * SHORTEST && !line.starts_with("-----")) {
        add(line.trim().as_bytes().to_vec());
    }
    forms
}

/// Each byte as two lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use crate::egress::reflection::Scanner;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn holds(haystack: impl AsRef<[u8]>, secret: &str) -> bool {
        let secret = Secret::new(secret);
        let scanner = Scanner::new([&secret].into_iter(), std::iter::empty(), &[]).unwrap();
        scanner.finds_in_answer(&[], haystack.as_ref())
    }

    #[test]
    fn a_secret_is_found_in_every_usual_encoding() {
        let secret = "s3cr\"t/k&y<é>$x";
        for before in ["", "a", "ab", "abc"] {
            let text = STANDARD.encode(format!("{before}{secret}-tail"));
            assert!(holds(&text, secret), "base64 after `{before}`");
            // Lines of 76 characters in MIME (RFC 2045, section 6.8); shorter ones here.
            let lines: Vec<&str> =
                text.as_bytes().chunks(7).map(|line| std::str::from_utf8(line).unwrap()).collect();
            assert!(holds(lines.join("\r\n"), secret), "base64 in lines after `{before}`");
            let text = URL_SAFE_NO_PAD.encode(format!("{before}{secret}"));
            assert!(holds(text, secret), "base64url after `{before}`");
        }
        let hex =
            |separator: &str| secret.bytes().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(separator);
        let cases = [
            secret.to_owned(),
            secret.bytes().map(|b| format!("%{b:02X}")).collect(),
            secret.bytes().map(|b| format!("%{b:02x}")).collect(),
            hex(""),
            hex(" "),
            serde_json::json!({ "k": secret }).to_string(),
            r#"s3cr\"t\/k&y<é>$x"#.to_owned(),
            r#"s3cr\"t/k\u0026y\u003c\u00e9\u003e$x"#.to_owned(),
            "s3cr&quot;t/k&amp;y&lt;é&gt;$x".to_owned(),
            "s3cr%22t/k%26y%3C%C3%A9%3E$x".to_owned(),
            secret.replace('$', "$$"),
            secret.chars().rev().collect(),
            secret.to_ascii_uppercase(),
        ];
        for case in cases {
            assert!(holds(&case, secret), "{case}");
        }
        let units: Vec<u16> = secret.encode_utf16().collect();
        assert!(
            holds(units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(), secret),
            "UTF-16LE"
        );
        assert!(
            holds(units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>(), secret),
            "UTF-16BE"
        );
        assert!(holds(secret.chars().map(|c| c as u8).collect::<Vec<_>>(), secret), "ISO 8859-1");
        assert!(holds("s3cr%22t/k%26y%3C%E9%3E$x", secret), "ISO 8859-1 in a URL");
        assert!(!holds("nothing of the kind", secret));
    }

    #[test]
    fn characters_beyond_iso_8859_1_do_not_cut_the_pattern() {
        assert!(!holds("password", "password-ż"));
        assert!(holds("the pas$word-ż", "pas$word-ż"));
    }

    #[test]
    fn secrets_that_differ_by_a_letter_are_told_apart() {
        assert!(!holds("long-secret-2", "long-secret-1"));
    }

    #[test]
    fn a_line_of_a_key_file_is_found_and_its_armour_is_not() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----";
        assert!(holds("x MIIEvQIBADANBgkqhkiG9w0 y", key));
        assert!(!holds("-----BEGIN PRIVATE KEY-----", key));
    }
}
