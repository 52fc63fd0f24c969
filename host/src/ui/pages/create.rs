//! A new credential: the form made from the component's schema, and what became of it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::api::{Kind, Problem};
use crate::app::Actor;
use crate::catalogue::Component;
use crate::domain::clock::random_array;
use crate::domain::credential::{IdempotencyKey, Status};
use crate::domain::descriptor::Descriptor;
use crate::domain::flow::Link;
use crate::domain::id::{ComponentId, WorkspaceId};
use crate::domain::rights::Right;
use crate::ui::Ui;
use crate::ui::credential_form::{CredentialForm, name_of};
use crate::ui::form::{self, Form};
use crate::ui::layout::{Section, show, show_as};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::{Deed, tell};
use crate::ui::outcomes::{Refused, refuse, with_wait};
use crate::ui::params::{Asked, Id};
use crate::ui::posted::{Posted, incomplete};
use crate::ui::running;
use crate::ui::texts::{TEXTS, fill};
use crate::verify::{Draft, VerifyError, verify_and_save_once};

/// Everything that making the form again needs.
struct Maker {
    ui: Ui,
    member: Member,
    component: Arc<Component>,
    descriptor: Arc<Descriptor>,
    link: Option<Link>,
}

impl Maker {
    fn new(ui: Ui, member: Member, id: &ComponentId, link: Option<Link>) -> Result<Self, Problem> {
        member.require(Right::CredentialsWrite)?;
        if link.is_some() {
            member.require(Right::FlowsWrite)?;
        }
        let component = ui.api.app.catalogue.find(id).ok_or_else(Problem::not_found)?;
        let (_, descriptor) = component
            .active()
            .map_err(|failure| Problem::new(Kind::VerifierFailed, failure.detail.clone()))?;
        let descriptor = descriptor.clone();
        Ok(Self { ui, member, component, descriptor, link })
    }

    /// The page with a form. Each has a key of its own, so that sending it twice creates one credential.
    fn page(&self, form: Form, name: String) -> CredentialForm {
        let title = fill(TEXTS.new_title, &[("component", &self.component.title)]);
        let workspace = &self.member.workspace;
        let base = format!("/w/{workspace}/components/{}", self.component.id);
        let key: String =
            random_array::<16>(&*self.ui.api.app.entropy).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut hidden = vec![("key", key)];
        let mut back = (base.clone(), self.component.title.clone());
        if let Some(Link { flow, step }) = &self.link {
            hidden.push(("flow", flow.to_string()));
            hidden.push(("step", step.to_string()));
            back = (format!("/w/{workspace}/flows/{flow}/steps/{step}"), step.to_string());
        }
        let named = |text| fill(text, &[("component", &self.component.title)]);
        CredentialForm {
            page: self.member.layout(Section::Credentials, title),
            mark: Mark::of(&self.component),
            action: format!("{base}/new"),
            back: back.0,
            back_text: back.1,
            link_note: self
                .link
                .as_ref()
                .map(|link| fill(TEXTS.link_note, &[("step", &link.step), ("flow", &link.flow)])),
            hidden,
            name,
            name_error: None,
            form,
            help: self.descriptor.help.clone(),
            promise: named(TEXTS.promise),
            stage_asking: named(TEXTS.stage_asking),
            outcome: None,
            offers_unverified: false,
        }
    }

    /// The form as it was posted, secrets left out, with what is wrong.
    fn page_again(
        &self,
        posted: &form::Posted,
        name: String,
        refused: Refused,
        name_error: Option<String>,
    ) -> Response {
        let Refused { status, retry_after, mut outcome, violations, is_doubtful } = refused;
        let stored = form::Stored::nothing();
        let (form, leftovers) = Form::posted(&self.descriptor.schema, &stored, posted, &violations);
        outcome.errors = form::summary(&form, &leftovers);
        let mut page = self.page(form, name);
        page.name_error = name_error;
        page.outcome = Some(outcome);
        page.offers_unverified = is_doubtful;
        with_wait(show_as(status, &page), retry_after)
    }
}

/// `GET /w/{workspace}/components/{id}/new`
pub(in crate::ui) async fn blank(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<ComponentId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let link = link(asked.get("flow"), asked.get("step"))?;
    let maker = Maker::new(ui, member, &id, link)?;
    let form = Form::blank(&maker.descriptor.schema);
    Ok(show(&maker.page(form, String::new())))
}

/// `POST /w/{workspace}/components/{id}/new`
pub(in crate::ui) async fn save(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<ComponentId>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let link = link(posted.take("flow").as_deref(), posted.take("step").as_deref())?;
    let key = posted.take("key").and_then(|text| IdempotencyKey::parse(&text));
    let key = key.ok_or_else(incomplete)?;
    let accept_unverified = posted.take("accept_unverified").is_some();
    let name = posted.pairs.take("name").unwrap_or_default();
    let maker = Maker::new(ui.clone(), member, &id, link)?;
    let Posted { pairs, headers, request } = posted;
    let work =
        Box::pin(async move { create(maker, pairs, name, accept_unverified, key).await.into_response() });
    Ok(running::answer(&ui, &headers, request, work).await)
}

async fn create(
    maker: Maker,
    posted: form::Posted,
    name: String,
    accept_unverified: bool,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let given = match name_of(&name) {
        Ok(given) => given,
        Err(sentence) => {
            let refused = refuse(VerifyError::FieldsInvalid(Vec::new()), &maker.component.title)?;
            return Ok(maker.page_again(&posted, name, refused, Some(sentence.to_owned())));
        }
    };
    let app = &maker.ui.api.app;
    let saved = match form::read_new(&maker.descriptor.schema, &posted) {
        Err(violations) => Err(VerifyError::FieldsInvalid(violations)),
        Ok(fields) => {
            let (component, link) = (maker.component.id.clone(), maker.link.clone());
            let draft = Draft { component, name: given, fields, accept_unverified, link };
            let (actor, workspace): (Actor, &WorkspaceId) = (maker.member.actor(), &maker.member.workspace);
            verify_and_save_once(app, &actor, workspace, draft, key).await
        }
    };
    match saved {
        Ok(created) => {
            let workspace = &maker.member.workspace;
            let path = match &maker.link {
                Some(Link { flow, .. }) if maker.member.may(Right::FlowsRead) => {
                    format!("/w/{workspace}/flows/{flow}")
                }
                _ => format!("/w/{workspace}/credentials/{}", created.credential.id),
            };
            let deed = match (created.credential.status, &maker.link) {
                _ if created.is_replay => Deed::Replayed,
                (Status::Verified, None) => Deed::Created,
                (Status::Verified, Some(_)) => Deed::CreatedForStep,
                _ => Deed::CreatedUnverified,
            };
            Ok(tell(&path, deed).into_response())
        }
        Err(error) => Ok(maker.page_again(&posted, name, refuse(error, &maker.component.title)?, None)),
    }
}

/// The step that is to hold the credential.
fn link(flow: Option<&str>, step: Option<&str>) -> Result<Option<Link>, Problem> {
    match (flow, step) {
        (None, None) => Ok(None),
        (Some(flow), Some(step)) => match (flow.parse(), step.parse()) {
            (Ok(flow), Ok(step)) => Ok(Some(Link { flow, step })),
            _ => Err(Problem::not_found()),
        },
        _ => Err(Problem::not_found()),
    }
}
