//! The descriptor's egress in plain words.

use super::{
    Capture, CaptureFrom, Descriptor, EgressRule, OriginSource, Place, Placement, SealedSource, SealedValue,
};

/// One sentence for each rule, one for each secret that may travel nowhere, and one for what comes back.
pub(super) fn write(descriptor: &Descriptor) -> Vec<String> {
    let title = plain(&descriptor.title);
    let mut sentences: Vec<String> =
        descriptor.egress.iter().map(|rule| rule_sentence(descriptor, &title, rule)).collect();
    let nowhere = descriptor.sealed.iter().filter(|sealed| sealed.to.is_empty());
    for field in nowhere.filter_map(SealedValue::field) {
        sentences.push(format!("{title} may send {} nowhere", field_title(descriptor, field)));
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
    let destination = destination(descriptor, rule);
    let mut secrets = Vec::new();
    let mut passed_on = String::new();
    for sealed in &descriptor.sealed {
        let what = match &sealed.source {
            SealedSource::Field(field) => field_title(descriptor, field),
            SealedSource::Capture(capture) if capture.rule == rule.name => {
                passed_on.push_str(&capture_clause(descriptor, sealed, capture));
                continue;
            }
            SealedSource::Capture(capture) => {
                format!("what the answer under rule `{}` holds {}", capture.rule, source_in_words(capture))
            }
        };
        let places: Vec<String> = places_under(sealed, &rule.name);
        if !places.is_empty() {
            secrets.push(format!("{what} in {}", join_or(&places)));
        }
    }
    let with =
        if secrets.is_empty() { "without a secret".to_owned() } else { format!("with {}", join(&secrets)) };
    let reason = rule.reason.as_deref().map(|reason| format!(" ({})", plain(reason))).unwrap_or_default();
    format!("{title} may send {methods}{reason} to {destination}, {with}{passed_on}")
}

fn destination(descriptor: &Descriptor, rule: &EgressRule) -> String {
    match &rule.origin {
        OriginSource::Exact(origin) => format!("`{origin}`"),
        OriginSource::Field(pointer) => format!("the address in {}", field_title(descriptor, pointer)),
    }
}

fn places_under(sealed: &SealedValue, rule: &str) -> Vec<String> {
    sealed.to.iter().filter(|to| to.rule == rule).map(place_in_words).collect()
}

/// What happens to a value that is taken out of the answers under `capture.rule`.
fn capture_clause(descriptor: &Descriptor, sealed: &SealedValue, capture: &Capture) -> String {
    let source = source_in_words(capture);
    let targets: Vec<String> = descriptor
        .egress
        .iter()
        .filter_map(|rule| {
            let places = places_under(sealed, &rule.name);
            let elsewhere = if rule.name == capture.rule {
                String::new()
            } else {
                format!(" to {}", destination(descriptor, rule))
            };
            (!places.is_empty()).then(|| format!("in {}{elsewhere}", join_or(&places)))
        })
        .collect();
    let targets = if targets.is_empty() { "nowhere".to_owned() } else { join(&targets) };
    format!(", and passes on what the answer holds {source} {targets}")
}

fn source_in_words(capture: &Capture) -> String {
    match &capture.from {
        CaptureFrom::Json(pointer) => format!("at `{}`", plain(pointer)),
        CaptureFrom::Header(name) => format!("in header `{}`", plain(name)),
        CaptureFrom::Cookie(name) => format!("in cookie `{}`", plain(name)),
    }
}

fn place_in_words(to: &Placement) -> String {
    match to.place {
        Place::Header => format!("header `{}`", plain(&to.name)),
        Place::Query => format!("query parameter `{}`", plain(&to.name)),
        Place::Json => format!("JSON member `{}`", plain(&to.name)),
        Place::Form => format!("form member `{}`", plain(&to.name)),
        Place::Basic => format!("the {} of Basic authentication", to.name),
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
