//! Tokens in the strings of a JSON body.

use std::collections::HashMap;

use serde_json::Value;

use super::{Filling, Opener, Sealed, replace};
use crate::domain::descriptor::Place;
use crate::domain::json::{self, pointer_step};
use crate::egress::Failure;

/// The body with secrets in it. Every byte but those of the tokens stays as the plugin wrote it.
///
/// A token has neither quotes nor backslashes, so in the text of a document it can only stand inside a
/// string. Where all strings that hold one are at declared places, and the text holds it as often as
/// the strings do, replacing it in the text is replacing it in those strings.
pub(super) fn open(opener: &mut Opener<'_>, first: &Sealed, text: &str) -> Result<String, Failure> {
    let Ok(document) = json::parse(text.as_bytes()) else {
        let place = "a body that is not acceptable JSON (too deep, broken, or with a member twice)";
        return Err(opener.refusal(first, place));
    };
    let mut walk = Walk { opener, fillings: HashMap::new(), seen: 0 };
    walk.value(&document, "")?;
    let (fillings, seen) = (walk.fillings, walk.seen);
    let written: usize = fillings.keys().map(|token| text.matches(token).count()).sum();
    if written != seen {
        return Err(opener.refusal(first, "a JSON string where some of its characters are escaped"));
    }
    let fillings: Vec<Filling<'_>> = fillings.into_values().collect();
    Ok(replace(text, &fillings))
}

struct Walk<'o, 'a> {
    opener: &'o mut Opener<'a>,
    /// By token.
    fillings: HashMap<&'a str, Filling<'a>>,
    /// Tokens in all strings until now.
    seen: usize,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: &Value, pointer: &str) -> Result<(), Failure> {
        match value {
            Value::String(text) => self.string(text, pointer),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.value(item, &format!("{pointer}/{index}"))),
            Value::Object(members) => members.iter().try_for_each(|(name, value)| {
                self.opener.refuse_anywhere("the name of a JSON member", name)?;
                self.value(value, &format!("{pointer}/{}", pointer_step(name)))
            }),
            _ => Ok(()),
        }
    }

    fn string(&mut self, text: &str, pointer: &str) -> Result<(), Failure> {
        let shown = format!("JSON member `{pointer}`");
        self.opener.frame(text);
        for filling in self.opener.fillings(text, (Place::Json, pointer), &shown, escape)? {
            self.seen += text.matches(filling.token).count();
            self.fillings.insert(filling.token, filling);
        }
        Ok(())
    }
}

/// The secret as it stands between the quotes of a JSON string.
fn escape(secret: &str) -> String {
    let quoted = Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
