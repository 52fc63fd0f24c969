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
    fn cut_never_splits_a_character() {
        assert_eq!(cut("aü", 2), "a");
        assert_eq!(cut("aü", 3), "aü");
        assert_eq!(cut("aü", 99), "aü");
    }
}
