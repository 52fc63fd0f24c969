//! Pages of a list: how many, and where to go on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Kind;
use super::problem::Problem;
use super::query::{Query, refuse};
use crate::domain::credential::Status;
use crate::domain::id::{ComponentId, CredentialId, WorkspaceId};

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

/// The list that a cursor continues.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) workspace: &'a WorkspaceId,
    pub(super) component: Option<&'a ComponentId>,
    pub(super) status: Option<Status>,
    pub(super) name_prefix: Option<&'a str>,
}

impl List<'_> {
    /// The cursor that goes on after `last`.
    pub(super) fn cursor_after(&self, last: &CredentialId) -> String {
        let mut bytes = self.tag().to_vec();
        bytes.extend_from_slice(last.as_str().as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The item that a cursor goes on after.
    ///
    /// # Errors
    /// No cursor, or one of another list.
    pub(super) fn read_cursor(&self, cursor: &str) -> Result<CredentialId, Problem> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (tag, last) = bytes.split_at_checked(TAG)?;
            let last = std::str::from_utf8(last).ok()?.parse().ok()?;
            (tag == self.tag()).then_some(last)
        };
        read().ok_or_else(|| {
            let detail =
                "The cursor does not continue this list; begin again without one, with the same filter.";
            Problem::new(Kind::CursorInvalid, detail)
        })
    }

    /// What tells this list from others. No secret: what a cursor opens, the token's workspace bounds.
    fn tag(&self) -> [u8; TAG] {
        let component = self.component.map_or("", ComponentId::as_str);
        let status = self.status.map_or("", Status::as_str);
        // No part holds a NUL, and a prefix is never empty.
        let prefix = self.name_prefix.unwrap_or_default();
        let text = format!("credentials\0{}\0{component}\0{status}\0{prefix}", self.workspace);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest.as_ref()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_alone() {
        let (a, b): (WorkspaceId, WorkspaceId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let petstore: ComponentId = "petstore".parse().unwrap();
        let last: CredentialId = format!("cred_{}", "0".repeat(26)).parse().unwrap();
        let all = List { workspace: &a, component: None, status: None, name_prefix: None };
        let list = all;
        let cursor = list.cursor_after(&last);
        assert_eq!(list.read_cursor(&cursor).unwrap(), last);
        for other in [
            List { workspace: &b, ..all },
            List { component: Some(&petstore), ..all },
            List { status: Some(Status::Verified), ..all },
            List { name_prefix: Some("verified"), ..all },
            List { name_prefix: Some("petstore"), ..all },
        ] {
            assert_eq!(other.read_cursor(&cursor).unwrap_err().kind(), Kind::CursorInvalid);
        }
        for nonsense in ["", "x", "%", &cursor[1..], "AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(list.read_cursor(nonsense).is_err(), "{nonsense}");
        }
    }
}
