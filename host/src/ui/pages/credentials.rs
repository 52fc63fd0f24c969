//! The start page: components with how many credentials each has.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::api::Problem;
use crate::domain::id::ComponentId;
use crate::domain::rights::Right;
use crate::store::Count;
use crate::ui::Ui;
use crate::ui::layout::{Layout, Section, show};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::Notice;
use crate::ui::texts::{TEXTS, count};

#[derive(Template)]
#[template(path = "credentials.html")]
struct Credentials {
    page: Layout,
    tiles: Vec<Tile>,
    may_create: bool,
}

#[derive(Template)]
#[template(path = "choose_component.html")]
struct ChooseComponent {
    page: Layout,
    tiles: Vec<Tile>,
}

/// A component in the grid.
struct Tile {
    href: String,
    mark: Mark,
    title: String,
    total: u64,
    counted: String,
    /// How many need attention, in words.
    attention: Option<String>,
}

/// `GET /w/{workspace}/credentials`
pub(in crate::ui) async fn show_grid(
    State(ui): State<Ui>,
    member: Member,
    notice: Notice,
) -> Result<Response, Problem> {
    member.require(Right::CredentialsRead)?;
    let counts = ui.api.app.store.count_credentials(Some(&member.workspace)).await?;
    let tiles = tiles(&ui, &member, "", |id| counts.get(id).copied().unwrap_or_default());
    let page = member.layout(Section::Credentials, TEXTS.credentials).noticing(notice.0);
    Ok(show(&Credentials { page, tiles, may_create: member.may(Right::CredentialsWrite) }))
}

/// `GET /w/{workspace}/credentials/new`
pub(in crate::ui) async fn choose(State(ui): State<Ui>, member: Member) -> Result<Response, Problem> {
    member.require(Right::CredentialsWrite)?;
    let tiles = tiles(&ui, &member, "/new", |_| Count::default());
    let page = member.layout(Section::Credentials, TEXTS.create_new_credential);
    Ok(show(&ChooseComponent { page, tiles }))
}

fn tiles(ui: &Ui, member: &Member, end: &str, count_of: impl Fn(&ComponentId) -> Count) -> Vec<Tile> {
    let mut components = ui.api.app.catalogue.list();
    components.sort_by_key(|component| component.title.to_lowercase());
    let tile = |component: std::sync::Arc<crate::catalogue::Component>| {
        let Count { total, attention } = count_of(&component.id);
        Tile {
            href: format!("/w/{}/components/{}{end}", member.workspace, component.id),
            mark: Mark::of(&component),
            title: component.title.clone(),
            total,
            counted: count(total, TEXTS.credential_one, TEXTS.credential_many),
            attention: (attention > 0).then(|| count(attention, TEXTS.attention_one, TEXTS.attention_many)),
        }
    };
    components.into_iter().map(tile).collect()
}
