//! Text from guests, made safe to print and to keep.

/// The text with control characters, line separators and bidirectional controls escaped, so that
/// it cannot move a cursor, colour a terminal, forge a line or turn the reading order around.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The longest beginning of at most `limit` bytes that ends between characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_reordering_are_escaped() {
        assert_eq!(
            escape("a\u{1b}[31mb\r\n\u{2028}\u{202e}c\u{9b}ü"),
            r"a\u{1b}[31mb\r\n\u{2028}\u{202e}c\u{9b}ü"
        );
    }

    #[test]
    fn each_harmful_range_is_escaped_to_its_edges_and_no_further() {
        for harmful in [
            '\0', '\u{1f}', '\u{7f}', '\u{9f}', '\u{61c}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{202e}',
            '\u{2060}', '\u{206f}', '\u{feff}',
        ] {
            assert_eq!(escape(&harmful.to_string()), harmful.escape_default().to_string());
        }
        for harmless in [
            ' ', '~', '\u{a0}', '\u{61b}', '\u{61d}', '\u{200a}', '\u{2010}', '\u{2027}', '\u{202f}',
            '\u{205f}', '\u{2070}', '\u{fefe}', '\u{ff00}',
        ] {
            assert_eq!(escape(&harmless.to_string()), harmless.to_string(), "{}", harmless.escape_unicode());
        }
    }

    #[test]
    fn cut_never_splits_a_character() {
        assert_eq!(cut("aü", 2), "a");
        assert_eq!(cut("aü", 3), "aü");
        assert_eq!(cut("aü", 99), "aü");
    }
}
