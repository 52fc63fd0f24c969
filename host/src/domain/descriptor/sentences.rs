//! The descriptor's egress in plain words.

use super::{Descriptor, EgressRule, OriginSource, Place, Placement};

/// One sentence for each rule, one for each secret that may travel nowhere, and one for what comes back.
pub(super) fn write(descriptor: &Descriptor) -> Vec<String> {
    let title = plain(&descriptor.title);
    let mut sentences: Vec<String> =
        descriptor.egress.iter().map(|rule| rule_sentence(descriptor, &title, rule)).collect();
    for sealed in descriptor.sealed.iter().filter(|sealed| sealed.to.is_empty()) {
        let field = field_title(descriptor, &sealed.field);
        sentences.push(format!("{title} may send {field} nowhere"));
    }
    sentences.push(if descriptor.egress.is_empty() {
        format!("{title} may contact nobody")
    } else {
        format!("{title} reads the answers, except those in which a secret is found")
    });
    sentences
}

fn rule_sentence(descriptor: &Descriptor, title: &str, rule: &EgressRule) -> String {
    let methods = join(&rule.methods);
    let destination = match &rule.origin {
        OriginSource::Exact(origin) => format!("`{origin}`"),
        OriginSource::Field(pointer) => format!("the address in {}", field_title(descriptor, pointer)),
    };
    let secrets: Vec<String> = descriptor
        .sealed
        .iter()
        .filter_map(|sealed| {
            let places: Vec<String> =
                sealed.to.iter().filter(|to| to.rule == rule.name).map(place_in_words).collect();
            let field = field_title(descriptor, &sealed.field);
            (!places.is_empty()).then(|| format!("{field} in {}", join_or(&places)))
        })
        .collect();
    let with =
        if secrets.is_empty() { "without a secret".to_owned() } else { format!("with {}", join(&secrets)) };
    let reason = rule.reason.as_deref().map(|reason| format!(" ({})", plain(reason))).unwrap_or_default();
    format!("{title} may send {methods}{reason} to {destination}, {with}")
}

fn place_in_words(to: &Placement) -> String {
    match to.place {
        Place::Header => format!("header `{}`", to.name),
        Place::Query => format!("query parameter `{}`", plain(&to.name)),
    }
}

fn field_title(descriptor: &Descriptor, pointer: &str) -> String {
    let title = descriptor.schema.field(pointer).map_or(pointer, |field| &field.title);
    format!("*{}*", plain(title))
}

/// The author's words without the marks that these sentences use, so that a title cannot forge one.
fn plain(text: &str) -> String {
    text.replace(['*', '`'], "'")
}

fn join(words: &[String]) -> String {
    join_with(words, "and")
}

fn join_or(words: &[String]) -> String {
    join_with(words, "or")
}

fn join_with(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
