//! Captures from JSON bodies.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::{CaptureError, Taker};
use crate::domain::descriptor::CaptureFrom;
use crate::domain::json::{self, Limits, pointer_step};
use crate::egress::media::MediaType;

/// Members whose text is a secret wherever it stands (RFC 6749, section 5.1; OpenID Connect Core, 3.1.3.3).
const ALWAYS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// Answers may be longer lists than what people send.
const LIMITS: Limits = Limits { depth: 64, values: 100_000 };

/// The body with tokens in place of what was taken; none where it stays as it is.
pub(super) fn take(
    taker: &mut Taker<'_>,
    status: u16,
    headers: &[(String, Vec<u8>)],
    body: &[u8],
) -> Result<Option<Vec<u8>>, CaptureError> {
    let is_declared = taker.declared.iter().any(|capture| matches!(capture.from, CaptureFrom::Json(_)));
    let may_name_a_secret = names_a_secret(body);
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if !(is_declared || may_name_a_secret) || text.trim_ascii().is_empty() || !is_json(headers, text) {
        return Ok(None);
    }
    let mut document = match json::parse_within(text, LIMITS) {
        Ok(document) => document,
        // An error page that is no JSON after all holds nothing that was declared.
        Err(_) if !may_name_a_secret && !(200..300).contains(&status) => return Ok(None),
        Err(_) => {
            let problem = "is not acceptable JSON (broken, too deep, too large, or with a member twice)";
            return Err(CaptureError(format!("the answer may hold a secret and {problem}")));
        }
    };
    let before = taker.sealed.len();
    walk(taker, &mut document, "", "")?;
    Ok((taker.sealed.len() > before).then(|| document.to_string().into_bytes()))
}

/// Finds the names of [`ALWAYS`], and escapes that may hide one: those of `_` and of `a` to `z`.
static NAMES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(ALWAYS.iter().chain(&[r"\u005", r"\u006", r"\u007"])).ok());

/// Whether the text may have a member that is always a secret.
fn names_a_secret(body: &[u8]) -> bool {
    NAMES.as_ref().is_none_or(|names| names.is_match(body))
}

/// Whether the body is JSON, by its type or by how it begins: some servers call it text.
fn is_json(headers: &[(String, Vec<u8>)], text: &[u8]) -> bool {
    let types = headers.iter().filter(|(name, _)| name == "content-type");
    types.into_iter().any(|(_, value)| MediaType::parse(&String::from_utf8_lossy(value)).is_json())
        || matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// `member` is the name of the member whose value this is; empty for items and for the document.
fn walk(taker: &mut Taker<'_>, value: &mut Value, pointer: &str, member: &str) -> Result<(), CaptureError> {
    let declared = taker
        .declared
        .iter()
        .copied()
        .find(|capture| matches!(&capture.from, CaptureFrom::Json(declared) if declared == pointer));
    match value {
        Value::String(text) if declared.is_some() || ALWAYS.contains(&member) => {
            *text = taker.seal(text, declared, member)?;
            Ok(())
        }
        Value::Null | Value::String(_) => Ok(()),
        _ if let Some(capture) = declared => {
            Err(CaptureError(format!("the captured `{}` is no text", capture.name)))
        }
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| walk(taker, item, &format!("{pointer}/{index}"), "")),
        Value::Object(members) => members.iter_mut().try_for_each(|(name, value)| {
            walk(taker, value, &format!("{pointer}/{}", pointer_step(name)), name)
        }),
        Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
