//! The components of the installation, for operators.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::api::Problem;
use crate::catalogue::{Component, State as Running};
use crate::domain::id::ComponentId;
use crate::install;
use crate::store::ChangeError;
use crate::ui::Ui;
use crate::ui::badges::Badge;
use crate::ui::layout::{Layout, Section, show, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Operator;
use crate::ui::notices::{Deed, Notice, tell};
use crate::ui::params::Id;
use crate::ui::posted::Posted;
use crate::ui::texts::TEXTS;
use crate::ui::times::Time;

#[derive(Template)]
#[template(path = "components.html")]
struct Components {
    page: Layout,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    id: String,
    title: String,
    version: String,
    /// The beginning of the release's digest.
    digest: String,
    badge: Badge,
}

#[derive(Template)]
#[template(path = "component_admin.html")]
struct ComponentAdmin {
    page: Layout,
    base: String,
    mark: Mark,
    badge: Badge,
    problem: Option<String>,
    fault: Option<String>,
    sentences: Vec<String>,
    facts: Vec<Fact>,
}

struct Fact {
    name: &'static str,
    text: String,
    is_mono: bool,
}

/// `GET /components`
pub(in crate::ui) async fn list(
    State(ui): State<Ui>,
    Operator(visitor): Operator,
    notice: Notice,
) -> Response {
    let row = |component: &Component| Row {
        href: format!("/components/{}", component.id),
        id: component.id.to_string(),
        title: component.title.clone(),
        version: component.release.version.clone(),
        digest: component.release.digest.chars().take("sha256:".len() + 12).collect(),
        badge: Badge::of_component(fault(component).is_some()),
    };
    let rows = ui.api.app.catalogue.list().iter().map(|component| row(component)).collect();
    let page = visitor.layout(Section::Components, TEXTS.components).noticing(notice.0);
    show(&Components { page, rows })
}

/// `GET /components/{id}`
pub(in crate::ui) async fn read(
    State(ui): State<Ui>,
    operator: Operator,
    Id(id): Id<ComponentId>,
    notice: Notice,
) -> Result<Response, Problem> {
    let page = page(&ui, &operator, &id, notice.0, None).await?;
    Ok(show(&page))
}

/// `POST /components/{id}/remove`
pub(in crate::ui) async fn remove(
    State(ui): State<Ui>,
    operator: Operator,
    Id(id): Id<ComponentId>,
    _: Posted,
) -> Result<Response, Problem> {
    match install::remove(&ui.api.app, &operator.0.actor(), &id).await {
        Ok(()) => Ok(tell("/components", Deed::Removed).into_response()),
        Err(error @ ChangeError::ComponentInUse { .. }) => {
            let problem = Problem::from(error).detail().to_owned();
            let page = page(&ui, &operator, &id, None, Some(problem)).await?;
            Ok(show_as(StatusCode::CONFLICT, &page))
        }
        Err(error) => Err(error.into()),
    }
}

fn fault(component: &Component) -> Option<String> {
    match &component.state {
        Running::Active { .. } => None,
        Running::Faulty(reason) => Some(reason.clone()),
    }
}

async fn page(
    ui: &Ui,
    Operator(visitor): &Operator,
    id: &ComponentId,
    notice: Option<&'static str>,
    problem: Option<String>,
) -> Result<ComponentAdmin, Problem> {
    let component = ui.api.app.catalogue.find(id).ok_or_else(Problem::not_found)?;
    let counts = ui.api.app.store.count_credentials(None).await?;
    let credentials = counts.get(id).map_or(0, |count| count.total);
    let fact = |name, text: String, is_mono| Fact { name, text, is_mono };
    let mut facts = vec![
        fact(TEXTS.version, component.release.version.clone(), false),
        fact(TEXTS.digest, component.release.digest.clone(), true),
        fact(TEXTS.installed_at, Time::from(component.installed_at).words, false),
        fact(TEXTS.credentials_in_all, credentials.to_string(), false),
    ];
    if let Running::Active { descriptor, .. } = &component.state {
        facts.push(fact(TEXTS.authorization, descriptor.authorization.kind.clone(), false));
    }
    let mut sentences = component.sentences.clone();
    if sentences.is_empty() {
        sentences.push(TEXTS.asks_nothing.to_owned());
    }
    let fault = fault(&component);
    Ok(ComponentAdmin {
        page: visitor.layout(Section::Components, &component.title).noticing(notice),
        base: format!("/components/{id}"),
        mark: Mark::of(&component),
        badge: Badge::of_component(fault.is_some()),
        problem,
        fault,
        sentences,
        facts,
    })
}
