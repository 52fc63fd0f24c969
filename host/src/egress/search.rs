//! Looks for many short texts at once, ASCII case ignored. Made anew for each verification, so that making
//! it must cost next to nothing; what is searched is mostly an answer of some hundred bytes.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Up to this many comparisons in the worst case (bytes searched times bytes of patterns), patterns are
/// compared one by one where one of them may begin. Beyond, an automaton bounds the time by the bytes searched.
const COMPARISONS: usize = 16 << 20;

/// Bits of the table of beginnings.
const BITS: u32 = 10;

/// Bytes that a beginning has.
const BEGINNING: usize = 4;

/// Patterns to look for. Without `Debug`: they are secrets.
pub(super) struct Search {
    patterns: Vec<Vec<u8>>,
    /// Bytes of all patterns.
    total: usize,
    /// One bit for each hash of four folded bytes that a pattern begins with.
    beginnings: [u64; (1 << BITS) / 64],
    /// None where it could not be made; everything is taken for a match then.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl Search {
    /// A search for these patterns.
    pub(super) fn new(patterns: Vec<Vec<u8>>) -> Self {
        let mut beginnings = [0; (1 << BITS) / 64];
        let mut total = 0_usize;
        for pattern in &patterns {
            // Too short to have a beginning: the automaton finds it.
            let Some(first) = pattern.first_chunk::<BEGINNING>() else {
                total = usize::MAX;
                continue;
            };
            let bit = hash(first.iter().fold(0, |window, byte| push(window, *byte)));
            beginnings[bit / 64] |= 1 << (bit % 64);
            total = total.saturating_add(pattern.len());
        }
        Self { patterns, total, beginnings, automaton: OnceLock::new() }
    }

    /// Whether one of the patterns stands in `bytes`.
    pub(super) fn is_match(&self, bytes: &[u8]) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        if bytes.len().saturating_mul(self.total) > COMPARISONS {
            return self.automaton().is_none_or(|automaton| automaton.is_match(bytes));
        }
        let mut window = 0;
        for (index, byte) in bytes.iter().enumerate() {
            window = push(window, *byte);
            let bit = hash(window);
            if self.beginnings[bit / 64] & (1 << (bit % 64)) != 0
                && let Some(from) = (index + 1).checked_sub(BEGINNING)
                && self.begins_with_one(&bytes[from..])
            {
                return true;
            }
        }
        false
    }

    fn begins_with_one(&self, bytes: &[u8]) -> bool {
        let is_here = |pattern: &Vec<u8>| {
            bytes.get(..pattern.len()).is_some_and(|start| start.eq_ignore_ascii_case(pattern))
        };
        self.patterns.iter().any(is_here)
    }

    /// The automaton, made where it is needed first. Of the kind whose size is bounded by that of the
    /// patterns: a table for every byte at every state would be hundreds of times larger.
    fn automaton(&self) -> Option<&AhoCorasick> {
        let make = || {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&self.patterns)
                .ok()
        };
        self.automaton.get_or_init(make).as_ref()
    }
}

/// The last four bytes, folded.
fn push(window: u32, byte: u8) -> u32 {
    window << 8 | u32::from(byte.to_ascii_lowercase())
}

fn hash(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(patterns: &[&str]) -> Search {
        Search::new(patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect())
    }

    #[test]
    fn patterns_are_found_at_every_place_in_any_case() {
        let search = search(&["abcdefgh", "0123456789", "abcdXYZ!"]);
        for text in ["abcdefgh", "xABCDEFGHx", "01234567 0123456789", "..abcdxyz!", "aabcdefgh"] {
            assert!(search.is_match(text.as_bytes()), "{text}");
        }
        for text in ["", "abc", "abcdefg", "bcdefgh", "012345678 9", "cdabcdef"] {
            assert!(!search.is_match(text.as_bytes()), "{text}");
        }
        let short = self::search(&["ab", "abcdefgh"]);
        assert!(short.is_match(b"xAB") && !short.is_match(b"b"));
        assert!(!super::Search::new(Vec::new()).is_match(b"anything"));
    }

    #[test]
    fn both_ways_to_search_agree() {
        let patterns = ["secret-4711", "c2VjcmV0LTQ3MTE", "1174-terces"];
        let search = search(&patterns);
        let filler = "c2VjcmV0 secret- 1174 ".repeat(60_000);
        assert!(filler.len() * search.total > COMPARISONS && !search.is_match(filler.as_bytes()));
        for pattern in patterns {
            let long = format!("{filler}{}{filler}", pattern.to_ascii_uppercase());
            assert!(search.is_match(long.as_bytes()), "{pattern}");
            assert!(search.is_match(format!("ab{pattern}").as_bytes()), "{pattern}");
        }
    }
}
