//! What one part of a descriptor demands of another.

use std::collections::HashSet;

use super::dialect::is_readable;
use super::document::{Document, Origin, Rule};
use super::{Descriptor, EgressRule, FieldSchema, Icon, OriginSource, sealed};
use crate::domain::fields::Violation;
use crate::domain::id::ComponentId;

/// Methods that change nothing at the application (RFC 9110, section 9.2.1) and need no reason.
const DRY: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Adds everything that is wrong to `violations`; none when the rest cannot be made.
/// `schema` is none when it was refused already: what refers to it is not checked then.
pub(super) fn check(
    document: Document,
    schema: Option<FieldSchema>,
    violations: &mut Vec<Violation>,
) -> Option<Descriptor> {
    let mut refuse = |at: String, message: String| {
        let violation = Violation::new(at, message);
        if !violations.contains(&violation) {
            violations.push(violation);
        }
    };
    let id = document.id.parse::<ComponentId>();
    if let Err(error) = &id {
        refuse("/id".into(), error.to_string());
    }
    if !is_readable(&document.title) {
        refuse("/title".into(), "must have visible characters only".into());
    }
    let icon = document.icon.as_deref().map(Icon::read).transpose().unwrap_or_else(|message| {
        refuse("/icon".into(), message);
        None
    });
    if let Some(Err(message)) = document.help.as_deref().map(check_help) {
        refuse("/help".into(), message);
    }
    check_unique("/egress", document.egress.iter().map(|rule| &rule.name), &mut refuse);
    check_unique("/sealed", document.sealed.iter().map(|sealed| &sealed.name), &mut refuse);
    for (index, rule) in document.egress.iter().enumerate() {
        check_rule(rule, schema.as_ref(), &format!("/egress/{index}"), &mut refuse);
    }
    sealed::check(&document, &mut refuse);
    let schema = schema?;
    sealed::check_secrets(&document, &schema, &mut refuse);
    Some(Descriptor {
        id: id.ok()?,
        title: document.title,
        version: document.version,
        icon,
        help: document.help,
        authorization: document.authorization,
        schema,
        egress: document.egress.into_iter().map(into_rule).collect(),
        sealed: document.sealed.into_iter().map(sealed::into_sealed).collect(),
    })
}

fn check_help(help: &str) -> Result<(), String> {
    match url::Url::parse(help) {
        Ok(url) if url.scheme() == "https" && url.host().is_some() && is_readable(help) => Ok(()),
        _ => Err("must be an https URL".into()),
    }
}

fn check_unique<'a>(
    at: &str,
    names: impl Iterator<Item = &'a String>,
    refuse: &mut impl FnMut(String, String),
) {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            refuse(format!("{at}/{index}/name"), format!("`{name}` is taken by an earlier entry"));
        }
    }
}

fn check_rule(rule: &Rule, schema: Option<&FieldSchema>, at: &str, refuse: &mut impl FnMut(String, String)) {
    let origin = match &rule.origin {
        Origin::Exact(origin) => check_exact_origin(origin).map_err(|message| ("/origin", message)),
        Origin::Field { field } => schema
            .map_or(Ok(()), |schema| check_origin_field(field, schema))
            .map_err(|message| ("/origin/field", message)),
    };
    if let Err((member, message)) = origin {
        refuse(format!("{at}{member}"), message);
    }
    match &rule.reason {
        Some(reason) if !is_readable(reason) => {
            refuse(format!("{at}/reason"), "must have visible characters only".into());
        }
        None if rule.methods.iter().any(|method| !DRY.contains(&method.as_str())) => {
            refuse(
                format!("{at}/reason"),
                "is required where another method than GET, HEAD and OPTIONS is used".into(),
            );
        }
        _ => {}
    }
}

fn check_exact_origin(origin: &str) -> Result<(), String> {
    let problem = "must be an https origin such as https://api.example.com, without path";
    let url = url::Url::parse(origin).map_err(|_| problem.to_owned())?;
    if url.scheme() != "https" || url.host().is_none() {
        return Err(problem.into());
    }
    // What a person reads is what is contacted: no other spelling, no user, no path.
    match url.origin().ascii_serialization() {
        canonical if canonical == origin => Ok(()),
        canonical => Err(format!("{problem}; written exactly as {canonical}")),
    }
}

fn check_origin_field(pointer: &str, schema: &FieldSchema) -> Result<(), String> {
    let Some(field) = schema.field(pointer) else {
        return Err("must be the pointer of a field of the schema".into());
    };
    if field.secret {
        return Err("must not be a secret: people and operators have to see where secrets go".into());
    }
    if field.kind != "string" || field.format.as_deref() != Some("uri") {
        return Err("must point to a string of format uri".into());
    }
    Ok(())
}

fn into_rule(rule: Rule) -> EgressRule {
    let origin = match rule.origin {
        Origin::Exact(origin) => OriginSource::Exact(origin),
        Origin::Field { field } => OriginSource::Field(field),
    };
    EgressRule { name: rule.name, origin, methods: rule.methods, reason: rule.reason }
}
