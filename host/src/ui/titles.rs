//! What people call a sealed value: the title of the field that it comes from.

use std::collections::HashMap;

use crate::catalogue::{Component, State};

/// Titles by the names of sealed values.
pub(super) struct Titles(HashMap<String, String>);

impl Titles {
    pub(super) fn of_component(component: Option<&Component>) -> Self {
        let Some(State::Active { descriptor, .. }) = component.map(|component| &component.state) else {
            return Self(HashMap::new());
        };
        let titled = descriptor.sealed.iter().filter_map(|sealed| {
            let field = descriptor.schema.field(sealed.field()?)?;
            Some((sealed.name.clone(), field.title.clone()))
        });
        Self(titled.collect())
    }

    /// The title; the name itself for what an answer brings, or where the release is another one by now.
    pub(super) fn of<'a>(&'a self, sealed: &'a str) -> &'a str {
        self.0.get(sealed).map_or(sealed, String::as_str)
    }
}
