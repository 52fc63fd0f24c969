//! What an answer says once its escapes are read. Writers mix escapes as they like (`%2B/` beside a bare
//! slash, `\u003d` beside a bare plus), so looking for one form of each encoding would miss most mixtures.

use percent_encoding::percent_decode;

/// How often one reading is read again: JSON inside a URL inside JSON is nobody's habit.
const DEPTH: usize = 2;

/// One way to read; none where it would change nothing.
type Reading = fn(&[u8]) -> Option<Vec<u8>>;

const READINGS: [Reading; 5] = [read_json, read_percent, read_form, read_html, join];

/// Whether `finds` finds something in the bytes as they are, or in one of their readings.
pub(super) fn any(bytes: &[u8], finds: &dyn Fn(&[u8]) -> bool) -> bool {
    any_within(bytes, finds, DEPTH)
}

fn any_within(bytes: &[u8], finds: &dyn Fn(&[u8]) -> bool, depth: usize) -> bool {
    finds(bytes)
        || depth > 0
            && READINGS.iter().any(|read| read(bytes).is_some_and(|read| any_within(&read, finds, depth - 1)))
}

/// Percent escapes (RFC 3986, section 2.1).
fn read_percent(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.contains(&b'%').then(|| percent_decode(bytes).collect())
}

/// Forms write a blank as `+`.
fn read_form(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'+') {
        return None;
    }
    let blanks: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Some(percent_decode(&blanks).collect())
}

/// Base64 is broken into lines, hexadecimal into groups.
fn join(bytes: &[u8]) -> Option<Vec<u8>> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    bytes.iter().any(is_blank).then(|| bytes.iter().filter(|byte| !is_blank(byte)).copied().collect())
}

/// Escapes of JSON and JavaScript strings, wherever they stand.
fn read_json(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.contains(&b'\\').then(|| replace(bytes, b'\\', json_escape))
}

fn json_escape(rest: &[u8]) -> Option<(String, usize)> {
    let simple = |c: char| Some((c.to_string(), 2));
    match rest.get(1)? {
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'x' => Some((char::from_u32(hex(rest.get(2..4)?)?)?.to_string(), 4)),
        b'u' => {
            let first = hex(rest.get(2..6)?)?;
            if let Some(c) = char::from_u32(first) {
                return Some((c.to_string(), 6));
            }
            let second = hex(rest.get(6..12)?.strip_prefix(b"\\u")?)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            Some((String::from_utf16(&units).ok()?, 12))
        }
        other if other.is_ascii_punctuation() => simple(char::from(*other)),
        _ => None,
    }
}

/// Character references of HTML and XML: numbers, and the names that escaping functions write.
fn read_html(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.contains(&b'&').then(|| replace(bytes, b'&', html_reference))
}

fn html_reference(rest: &[u8]) -> Option<(String, usize)> {
    // The longest: `&#x0010FFFF;`.
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let c = match std::str::from_utf8(&rest[1..end]).ok()? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let number = name.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(digits) => char::from_u32(hex(digits.as_bytes())?)?,
                None => char::from_u32(number.parse().ok()?)?,
            }
        }
    };
    Some((c.to_string(), end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The bytes with each escape that begins with `mark` read; what is no escape stays.
fn replace(bytes: &[u8], mark: u8, read: impl Fn(&[u8]) -> Option<(String, usize)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == mark) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (text, length) = read(rest).map_or((None, 1), |(text, length)| (Some(text), length));
        match text {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.push(mark),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(written: &str, secret: &str) -> bool {
        any(written.as_bytes(), &|bytes| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
    }

    #[test]
    fn mixtures_of_escapes_are_read() {
        let secret = "ab+/cd \"é\" ==";
        for written in [
            // What Python, Java, .NET, PHP and others make of it by default.
            "ab%2B/cd%20%22%C3%A9%22%20%3D%3D",
            "ab%2B/cd+%22%C3%A9%22+%3D%3D",
            r#"ab+/cd \"\u00e9\" \u003d\u003d"#,
            r"ab\u002B/cd \u0022\u00E9\u0022 ==",
            r#"ab+\/cd \"\u00e9\" =="#,
            r"ab+/cd \x22\xe9\x22 ==",
            "ab&#43;/cd &quot;&#xe9;&quot; &#x3D;&#61;",
            // Twice.
            "ab%252B/cd%2520%2522%25C3%25A9%2522%2520%253D%253D",
            "ab%2B%5C%2Fcd%20%5C%22%5Cu00e9%5C%22%20%3D%3D",
        ] {
            assert!(reads(written, secret), "{written}");
        }
        assert!(reads("61 62\r\n63\t64", "61626364"));
        assert!(reads(r"\ud83d\ude00!", "😀!"));
        assert!(!reads("nothing of the kind", secret));
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in
            ["100%", "%zz", r"\", r"\u12", r"\ud800", "&", "&;", "&#;", "&#xZ;", "&#x110000;", "&nbsp"]
        {
            assert!(reads(text, text), "{text}");
            for read in READINGS {
                assert_eq!(read(text.as_bytes()).unwrap_or_else(|| text.into()), text.as_bytes(), "{text}");
            }
        }
    }
}
