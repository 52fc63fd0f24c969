//! How a component is shown: its own icon, or a mark made from its title.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::Ui;
use super::member::Visitor;
use crate::api::Problem;
use crate::catalogue::{Component, State as Running};
use crate::domain::id::ComponentId;

/// Colours that the style sheet has for marks.
const HUES: u32 = 8;

/// What stands where a component's icon belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Path of its icon.
    pub(super) image: Option<String>,
    /// Else its initials, on one of the colours.
    pub(super) letters: String,
    pub(super) hue: u32,
}

impl Mark {
    pub(super) fn of(component: &Component) -> Self {
        let (_, hex) = component.release.digest.split_once(':').unwrap_or_default();
        let has_icon = icon(component).is_some();
        let version: String = hex.chars().take(16).collect();
        let image = has_icon.then(|| format!("/icons/{}/{version}.png", component.id));
        Self { image, letters: initials(&component.title), hue: hue(component.id.as_str()) }
    }

    /// For what is not installed.
    pub(super) fn made(id: &str, title: &str) -> Self {
        Self { image: None, letters: initials(title), hue: hue(id) }
    }
}

fn icon(component: &Component) -> Option<&[u8]> {
    match &component.state {
        Running::Active { descriptor, .. } => descriptor.icon.as_ref().map(|icon| icon.png()),
        Running::Faulty(_) => None,
    }
}

/// The first letters of the first two words.
fn initials(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(2).filter_map(|word| word.chars().next()).collect()
}

/// The same for the same id, on every machine.
fn hue(id: &str) -> u32 {
    crc32fast::hash(id.as_bytes()) % HUES
}

/// `GET /icons/{component}/{version}`: drawn anew from the pixels of the plugin's icon.
pub(super) async fn serve(
    State(ui): State<Ui>,
    // Which components there are is nobody else's business.
    _: Visitor,
    Path((component, _version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id: ComponentId = component.parse().map_err(|_| Problem::not_found())?;
    let component = ui.api.app.catalogue.find(&id).ok_or_else(Problem::not_found)?;
    let png = icon(&component).ok_or_else(Problem::not_found)?.to_vec();
    // The path names the release: another one has another path.
    let headers = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((headers, png).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_the_initials_of_two_words() {
        for (title, letters) in
            [("Petstore", "P"), ("HTTP basic login", "Hb"), ("<b>", "b"), ("…", ""), ("Ärzte-Netz", "ÄN")]
        {
            assert_eq!(initials(title), letters);
        }
        assert!(hue("petstore") < HUES && hue("petstore") == hue("petstore"));
    }
}
