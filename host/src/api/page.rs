//! Pages of a list: how many, and where to go on.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Kind;
use super::problem::Problem;
use super::query::{Query, refuse};
use crate::domain::id::WorkspaceId;

/// Items of a page when the request does not say.
const DEFAULT_LIMIT: u32 = 50;
/// Most items of a page.
const MAX_LIMIT: u32 = 100;
/// Bytes of a cursor that bind it to its list.
const TAG: usize = 12;

/// The parameter `limit`.
///
/// # Errors
/// No number from 1 to 100.
pub(super) fn limit(query: &Query) -> Result<u32, Problem> {
    let Some(text) = query.get("limit") else { return Ok(DEFAULT_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit) && !text.starts_with('+'));
    limit.ok_or_else(|| refuse("limit", "must be a number from 1 to 100"))
}

/// The list that a cursor continues. No secret: what a cursor opens, the token's workspace bounds.
pub(super) struct List {
    tag: [u8; TAG],
}

impl List {
    /// The list of `items` in a workspace with a filter; none of its parts holds a NUL.
    pub(super) fn new(items: &str, workspace: &WorkspaceId, filter: &[&str]) -> Self {
        let text = format!("{items}\0{workspace}\0{}", filter.join("\0"));
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest.as_ref()[..TAG]);
        Self { tag }
    }

    /// The cursor that goes on after the item with this key.
    fn cursor_after(&self, key: &str) -> String {
        let mut bytes = self.tag.to_vec();
        bytes.extend_from_slice(key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key of the item that a cursor goes on after.
    ///
    /// # Errors
    /// No cursor, or one of another list.
    pub(super) fn read_cursor<K: FromStr>(&self, cursor: &str) -> Result<K, Problem> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (tag, key) = bytes.split_at_checked(TAG)?;
            let key = std::str::from_utf8(key).ok()?.parse().ok()?;
            (tag == self.tag).then_some(key)
        };
        read().ok_or_else(|| {
            let detail =
                "The cursor does not continue this list; begin again without one, with the same filter.";
            Problem::new(Kind::CursorInvalid, detail)
        })
    }

    /// Cuts what was found to a page, and makes the cursor of the next. One item more than a page holds
    /// was asked for: it tells whether there is one.
    pub(super) fn cut<T>(
        &self,
        found: &mut Vec<T>,
        limit: u32,
        key: impl Fn(&T) -> String,
    ) -> Option<String> {
        let on_page = usize::try_from(limit).unwrap_or(usize::MAX);
        if found.len() <= on_page {
            return None;
        }
        found.truncate(on_page);
        found.last().map(|last| self.cursor_after(&key(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_alone() {
        let (a, b): (WorkspaceId, WorkspaceId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let list = List::new("credentials", &a, &["", "", ""]);
        let cursor = list.cursor_after("last");
        assert_eq!(list.read_cursor::<String>(&cursor).unwrap(), "last");
        for other in [
            List::new("credentials", &b, &["", "", ""]),
            List::new("flows", &a, &["", "", ""]),
            List::new("credentials", &a, &["petstore", "", ""]),
            List::new("credentials", &a, &["", "verified", ""]),
            List::new("credentials", &a, &["", "", "verified"]),
        ] {
            assert_eq!(other.read_cursor::<String>(&cursor).unwrap_err().kind(), Kind::CursorInvalid);
        }
        for nonsense in ["", "x", "%", &cursor[1..], "AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(list.read_cursor::<String>(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_page_is_cut_where_there_is_another() {
        let list = List::new("flows", &"a".parse().unwrap(), &[]);
        let mut found = vec![1, 2, 3];
        assert_eq!(list.cut(&mut found, 3, i32::to_string), None);
        let cursor = list.cut(&mut found, 2, i32::to_string).unwrap();
        assert_eq!((found, list.read_cursor::<i32>(&cursor).unwrap()), (vec![1, 2], 2));
    }
}
