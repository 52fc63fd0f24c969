//! What a credential's page says of it, line by line.

use serde_json::{Map, Value};

use super::texts::TEXTS;
use super::times::Time;
use super::titles::Titles;
use crate::catalogue::{Component, State};
use crate::domain::credential::Credential;

/// A name and what is known under it.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) time: Option<Time>,
    /// Not a value, but what is said in its place.
    pub(super) is_quiet: bool,
}

impl Fact {
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), time: None, is_quiet: false }
    }

    fn at(name: &str, time: impl Into<Time>) -> Self {
        Self { time: Some(time.into()), ..Self::new(name, "") }
    }

    fn quiet(name: impl Into<String>, text: &str) -> Self {
        Self { is_quiet: true, ..Self::new(name, text) }
    }
}

/// Everything but the fields.
pub(super) fn facts(credential: &Credential, component: &str, titles: &Titles) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(account) = &credential.account {
        facts.push(Fact::new(TEXTS.fact_account, &account.label));
        if account.id != account.label {
            facts.push(Fact::new(TEXTS.fact_account_id, &account.id));
        }
    }
    match credential.verified_at {
        Some(time) => facts.push(Fact::at(TEXTS.fact_verified, time)),
        None => facts.push(Fact::quiet(TEXTS.fact_verified, TEXTS.never)),
    }
    let release = format!("{component} {}", credential.release.version);
    facts.push(Fact::new(TEXTS.fact_release, release));
    if !credential.destinations.is_empty() {
        let arrow = |destination: &String| match destination.split_once(' ') {
            Some((sealed, origin)) => format!("{} → {origin}", titles.of(sealed)),
            None => destination.clone(),
        };
        let arrows: Vec<String> = credential.destinations.iter().map(arrow).collect();
        facts.push(Fact::new(TEXTS.fact_destinations, arrows.join(", ")));
    }
    match credential.last_used_at {
        Some(time) => facts.push(Fact::at(TEXTS.fact_used, time)),
        None => facts.push(Fact::quiet(TEXTS.fact_used, TEXTS.never)),
    }
    facts.push(Fact::at(TEXTS.fact_created, credential.created_at));
    if credential.updated_at != credential.created_at {
        facts.push(Fact::at(TEXTS.fact_changed, credential.updated_at));
    }
    facts
}

/// The fields with the titles of the schema; without it, with their names. Of secrets only that they are stored.
pub(super) fn fields(credential: &Credential, component: Option<&Component>) -> Vec<Fact> {
    let public = Value::Object(credential.public_fields.clone());
    let Some(State::Active { descriptor, .. }) = component.map(|component| &component.state) else {
        return unnamed(&credential.public_fields, &credential.secrets);
    };
    let fields = descriptor.schema.fields().iter();
    let shown = fields.map(|field| match public.pointer(&field.pointer) {
        _ if field.secret && credential.secrets.contains(&field.pointer) => {
            Fact::quiet(&field.title, TEXTS.secret_stored)
        }
        Some(value) if !field.secret => Fact::new(&field.title, words(value)),
        _ => Fact::quiet(&field.title, TEXTS.nothing_stored),
    });
    shown.collect()
}

fn unnamed(public: &Map<String, Value>, secrets: &[String]) -> Vec<Fact> {
    let public = public.iter().map(|(name, value)| Fact::new(name, words(value)));
    public.chain(secrets.iter().map(|pointer| Fact::quiet(pointer, TEXTS.secret_stored))).collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => TEXTS.yes.to_owned(),
        Value::Bool(false) => TEXTS.no.to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
