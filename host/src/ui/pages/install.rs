//! Installing a component: its file is looked at first, and installed when the operator has seen what it
//! asks for.

use askama::Template;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::api::{Problem, read_upload};
use crate::catalogue::examine;
use crate::install::{self, InstallError};
use crate::ui::Ui;
use crate::ui::guard::cross_site;
use crate::ui::layout::{Layout, Section, show, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Operator;
use crate::ui::notices::{Deed, tell};
use crate::ui::posted::{FORM_TOKEN, Posted};
use crate::ui::texts::{TEXTS, fill};
use crate::ui::uploads::Upload;

#[derive(Template)]
#[template(path = "install.html")]
struct Install {
    page: Layout,
    problem: Option<Refusal>,
    /// None: nothing was looked at yet.
    found: Option<Found>,
}

struct Refusal {
    title: &'static str,
    reasons: Vec<String>,
}

/// What a file turned out to be.
struct Found {
    mark: Mark,
    release: String,
    sentences: Vec<String>,
    digest: String,
}

/// `GET /components/install`
pub(in crate::ui) async fn ask(operator: Operator) -> Response {
    show(&page(&operator, None))
}

/// `POST /components/install`
pub(in crate::ui) async fn look(
    State(ui): State<Ui>,
    operator: Operator,
    request: Request,
) -> Result<Response, Response> {
    let bytes = match read(&ui, &operator, request).await? {
        Some(bytes) if !bytes.is_empty() => bytes,
        _ => {
            let refusal = Refusal { title: TEXTS.plugin_missing, reasons: Vec::new() };
            return Ok(refused(&operator, StatusCode::UNPROCESSABLE_ENTITY, refusal));
        }
    };
    let examined = match examine(&ui.api.app.sandbox, &bytes).await {
        Ok(examined) => examined,
        Err(error) => return Ok(refuse(&operator, InstallError::Examine(error).into())),
    };
    let descriptor = &examined.descriptor;
    let title = fill(TEXTS.consent_title, &[("component", &descriptor.title)]);
    let mut sentences = examined.sentences;
    if sentences.is_empty() {
        sentences.push(TEXTS.asks_nothing.to_owned());
    }
    let icon = descriptor.icon.clone();
    let image = icon.as_ref().map(|_| format!("/components/install/{}/icon", examined.digest));
    let found = Found {
        mark: Mark { image, ..Mark::made(descriptor.id.as_str(), &descriptor.title) },
        release: fill(TEXTS.release_of, &[("version", &descriptor.version), ("id", &descriptor.id)]),
        sentences,
        digest: examined.digest.clone(),
    };
    let upload = Upload { user: operator.0.session.user.clone(), digest: examined.digest };
    ui.uploads.keep(upload, bytes, icon);
    let page =
        Install { page: operator.0.layout(Section::Components, title), problem: None, found: Some(found) };
    Ok(show(&page))
}

/// `POST /components/install/{digest}`
pub(in crate::ui) async fn install(
    State(ui): State<Ui>,
    operator: Operator,
    Path(digest): Path<String>,
    _: Posted,
) -> Result<Response, Problem> {
    let upload = Upload { user: operator.0.session.user.clone(), digest };
    let Some(bytes) = ui.uploads.take(&upload) else {
        let refusal = Refusal { title: TEXTS.plugin_forgotten, reasons: Vec::new() };
        return Ok(refused(&operator, StatusCode::NOT_FOUND, refusal));
    };
    match install::install(&ui.api.app, &operator.0.actor(), bytes).await {
        Ok(installed) => {
            let deed = if installed.is_new { Deed::Installed } else { Deed::AlreadyInstalled };
            Ok(tell(&format!("/components/{}", installed.component.id), deed).into_response())
        }
        Err(error) => Ok(refuse(&operator, error.into())),
    }
}

/// `GET /components/install/{digest}/icon`
pub(in crate::ui) async fn icon(
    State(ui): State<Ui>,
    operator: Operator,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let upload = Upload { user: operator.0.session.user.clone(), digest };
    let icon = ui.uploads.icon(&upload).ok_or_else(Problem::not_found)?;
    Ok(([(CONTENT_TYPE, "image/png")], icon.png().to_vec()).into_response())
}

/// The file of the form, if its token is right.
async fn read(ui: &Ui, operator: &Operator, request: Request) -> Result<Option<Vec<u8>>, Response> {
    let headers = request.headers().clone();
    let bytes = read_upload(request, &ui.api).await.map_err(Problem::into_response)?;
    let mut again = Request::new(axum::body::Body::from(bytes));
    *again.headers_mut() = headers;
    // It was bounded when it was read.
    DefaultBodyLimit::disable().apply(&mut again);
    let mut form = Multipart::from_request(again, ui).await.map_err(IntoResponse::into_response)?;
    let (mut token, mut file) = (String::new(), None);
    while let Some(field) = form.next_field().await.map_err(IntoResponse::into_response)? {
        match field.name() {
            Some(FORM_TOKEN) => token = field.text().await.map_err(IntoResponse::into_response)?,
            Some("plugin") => file = Some(field.bytes().await.map_err(IntoResponse::into_response)?.to_vec()),
            _ => {}
        }
    }
    if operator.0.has_sent(&token) { Ok(file) } else { Err(cross_site().into_response()) }
}

fn page(operator: &Operator, problem: Option<Refusal>) -> Install {
    let page = operator.0.layout(Section::Components, TEXTS.install_title);
    Install { page, problem, found: None }
}

fn refused(operator: &Operator, status: StatusCode, refusal: Refusal) -> Response {
    show_as(status, &page(operator, Some(refusal)))
}

fn refuse(operator: &Operator, problem: Problem) -> Response {
    let entries = problem.member("errors").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let sentence = |entry| format!("{} {}", text(entry, "pointer"), text(entry, "message")).trim().to_owned();
    let mut reasons: Vec<String> = entries.map(sentence).collect();
    if reasons.is_empty() {
        reasons.push(problem.detail().to_owned());
    }
    refused(operator, problem.kind().row().status, Refusal { title: TEXTS.plugin_refused, reasons })
}
