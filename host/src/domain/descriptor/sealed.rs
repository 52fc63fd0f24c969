//! What the entries under `sealed` demand of rules, schema and each other.

use std::collections::HashSet;

use super::dialect::is_readable;
use super::document::{Capture as CaptureDocument, Document, From, Rule, Sealed, To};
use super::{Capture, CaptureFrom, FieldSchema, Place, Placement, SealedSource, SealedValue};
use super::{is_header_name, is_host_header};
use crate::domain::json::is_pointer;

const NO_RULE: &str = "must name one of the egress rules";

/// Checks each entry against the rules and against those before it.
pub(super) fn check(document: &Document, refuse: &mut impl FnMut(String, String)) {
    let mut captured = HashSet::new();
    for (index, sealed) in document.sealed.iter().enumerate() {
        let at = format!("/sealed/{index}");
        check_placements(sealed, &document.egress, &at, refuse);
        if let From::Capture { capture } = &sealed.from {
            check_capture(capture, &document.egress, &format!("{at}/from/capture"), refuse);
            let (member, name) = place_of(capture);
            if !captured.insert((&capture.rule, member, name)) {
                refuse(format!("{at}/from/capture"), "is captured by an earlier entry already".into());
            }
        }
    }
}

fn check_placements(sealed: &Sealed, rules: &[Rule], at: &str, refuse: &mut impl FnMut(String, String)) {
    let mut seen = HashSet::new();
    for (index, to) in sealed.to.iter().enumerate() {
        let at = format!("{at}/to/{index}");
        if !rules.iter().any(|rule| rule.name == to.rule) {
            refuse(format!("{at}/rule"), NO_RULE.into());
        }
        if let Err(message) = check_place_name(to) {
            refuse(format!("{at}/name"), message);
        }
        if !seen.insert((&to.rule, to.place.as_str(), place_name(to.place, &to.name))) {
            refuse(at, "is the same place as an earlier one".into());
        }
    }
}

fn check_place_name(to: &To) -> Result<(), String> {
    match to.place {
        Place::Header => check_header(&to.name),
        Place::Json => check_pointer(&to.name),
        Place::Basic if !matches!(to.name.as_str(), "user" | "password") => {
            Err("must be user or password".into())
        }
        Place::Query | Place::Form if !is_readable(&to.name) => {
            Err("must have visible characters only".into())
        }
        Place::Query | Place::Form | Place::Basic => Ok(()),
    }
}

fn check_header(name: &str) -> Result<(), String> {
    match name {
        _ if !is_header_name(name) => Err("must be a header name".into()),
        _ if is_host_header(name) => Err("is a header that only the host sets".into()),
        _ => Ok(()),
    }
}

fn check_pointer(pointer: &str) -> Result<(), String> {
    match pointer {
        "" => Err("must not be empty".into()),
        _ if !is_pointer(pointer) || !is_readable(pointer) => {
            Err("must be a JSON Pointer such as /auth/key".into())
        }
        _ => Ok(()),
    }
}

fn check_capture(
    capture: &CaptureDocument,
    rules: &[Rule],
    at: &str,
    refuse: &mut impl FnMut(String, String),
) {
    if !rules.iter().any(|rule| rule.name == capture.rule) {
        refuse(format!("{at}/rule"), NO_RULE.into());
    }
    let (member, name) = place_of(capture);
    let checked = match member {
        "json" => check_pointer(&name),
        "header" if name == "set-cookie" => {
            Err("is written as {\"cookie\": name}, one entry for each cookie".into())
        }
        "header" => check_header(&name),
        // RFC 6265, section 4.1.1: a cookie's name is a token, as a header's is.
        _ if is_header_name(&name) => Ok(()),
        _ => Err("must be the name of a cookie".into()),
    };
    if let Err(message) = checked {
        refuse(format!("{at}/{member}"), message);
    }
}

/// The member that names the place, and the place in the form that is compared.
fn place_of(capture: &CaptureDocument) -> (&'static str, String) {
    match (&capture.json, &capture.header, &capture.cookie) {
        (Some(pointer), _, _) => ("json", pointer.clone()),
        (_, Some(name), _) => ("header", name.to_ascii_lowercase()),
        (_, _, name) => ("cookie", name.clone().unwrap_or_default()),
    }
}

/// Every secret field has exactly one sealed value, and every other sealed value is captured.
pub(super) fn check_secrets(
    document: &Document,
    schema: &FieldSchema,
    refuse: &mut impl FnMut(String, String),
) {
    let mut fields: Vec<&String> = Vec::new();
    for (index, sealed) in document.sealed.iter().enumerate() {
        let From::Field { field } = &sealed.from else { continue };
        let at = format!("/sealed/{index}/from/field");
        if !schema.secrets().contains(field) {
            refuse(at, "must be the pointer of a writeOnly field".into());
        } else if fields.contains(&field) {
            refuse(at, "has a sealed value already".into());
        }
        fields.push(field);
    }
    for pointer in schema.secrets().iter().filter(|pointer| !fields.contains(pointer)) {
        let message = format!("must have an entry from the secret field {pointer} (its `to` may be empty)");
        refuse("/sealed".into(), message);
    }
    if document.authorization.kind == "none" && !schema.secrets().is_empty() {
        refuse("/authorization/kind".into(), "must not be none where the schema has secret fields".into());
    }
}

pub(super) fn into_sealed(sealed: Sealed) -> SealedValue {
    let source = match sealed.from {
        From::Field { field } => SealedSource::Field(field),
        From::Capture { capture } => {
            let from = match place_of(&capture) {
                ("json", pointer) => CaptureFrom::Json(pointer),
                ("header", name) => CaptureFrom::Header(name),
                (_, name) => CaptureFrom::Cookie(name),
            };
            SealedSource::Capture(Capture { rule: capture.rule, from })
        }
    };
    let to = sealed.to.into_iter();
    let to = to.map(|to| Placement { name: place_name(to.place, &to.name), rule: to.rule, place: to.place });
    SealedValue { name: sealed.name, source, to: to.collect() }
}

/// Header names compare without case, everything else with it.
fn place_name(place: Place, name: &str) -> String {
    match place {
        Place::Header => name.to_ascii_lowercase(),
        Place::Query | Place::Json | Place::Form | Place::Basic => name.to_owned(),
    }
}
