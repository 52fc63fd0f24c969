//! Changing a credential. What is stored stays unless something else is typed; secrets are never shown.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::credential::Shown;
use crate::api::{Kind, Problem};
use crate::domain::credential::Expected;
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Fields;
use crate::domain::id::CredentialId;
use crate::domain::rights::Right;
use crate::ui::Ui;
use crate::ui::credential_form::{CredentialForm, name_of};
use crate::ui::form::{self, Form, Stored};
use crate::ui::layout::{Section, show, show_as};
use crate::ui::member::Member;
use crate::ui::notices::{Deed, tell};
use crate::ui::outcomes::refuse;
use crate::ui::params::Id;
use crate::ui::posted::{Posted, incomplete};
use crate::ui::running;
use crate::ui::texts::{TEXTS, fill};
use crate::ui::usages::active_flows;
use crate::verify::{Edit, VerifyError, edit};

/// What a form of an edit says.
struct Wanted {
    name: String,
    /// The state of the credential that the form was made from.
    revision: i64,
    accept_unverified: bool,
    pairs: form::Posted,
}

/// Everything that making the form again needs.
struct Editor {
    ui: Ui,
    member: Member,
    shown: Shown,
    descriptor: Arc<Descriptor>,
}

impl Editor {
    async fn find(ui: Ui, member: Member, id: &CredentialId) -> Result<Self, Problem> {
        member.require(Right::CredentialsWrite)?;
        let shown = Shown::find(&ui, &member, id).await?;
        let component = shown.component.as_ref().ok_or_else(Problem::not_found)?;
        let (_, descriptor) = component
            .active()
            .map_err(|failure| Problem::new(Kind::VerifierFailed, failure.detail.clone()))?;
        let descriptor = descriptor.clone();
        Ok(Self { ui, member, shown, descriptor })
    }

    fn page(&self, form: Form, name: String, revision: i64) -> CredentialForm {
        let credential = &self.shown.credential;
        let component = self.shown.title();
        let named = |text| fill(text, &[("component", &component)]);
        let mut promise = named(TEXTS.promise_edit);
        if credential.usage.active_flows > 0 {
            let flows = active_flows(credential.usage.active_flows);
            promise.push(' ');
            promise.push_str(&fill(TEXTS.promise_used, &[("flows", &flows)]));
        }
        CredentialForm {
            page: self
                .member
                .layout(Section::Credentials, fill(TEXTS.edit_title, &[("name", &credential.name)])),
            mark: self.shown.mark(),
            action: format!("{}/edit", self.shown.base()),
            back: self.shown.base(),
            back_text: credential.name.clone(),
            link_note: None,
            hidden: vec![("revision", revision.to_string())],
            name,
            name_error: None,
            form,
            help: self.descriptor.help.clone(),
            promise,
            stage_asking: named(TEXTS.stage_asking),
            outcome: None,
            offers_unverified: false,
        }
    }

    /// The form as it was posted, secrets left out, with what is wrong.
    fn page_again(
        &self,
        wanted: &Wanted,
        error: VerifyError,
        name_error: Option<String>,
    ) -> Result<Response, Problem> {
        // Who looks again sees what is stored now; what is asked for is then meant for that state.
        let is_outdated = matches!(error, VerifyError::Unexpected | VerifyError::Changed);
        let refused = refuse(error, &self.shown.title())?;
        let stored = Stored::from(&self.shown.credential);
        let (mut form, leftovers) =
            Form::posted(&self.descriptor.schema, &stored, &wanted.pairs, &refused.violations);
        if is_outdated {
            tell_stored(&mut form, &Form::stored(&self.descriptor.schema, &stored));
        }
        let revision = if is_outdated { self.shown.credential.revision } else { wanted.revision };
        let mut outcome = refused.outcome;
        outcome.errors = form::summary(&form, &leftovers);
        let mut page = self.page(form, wanted.name.clone(), revision);
        let credential = &self.shown.credential;
        let is_renamed = is_outdated && wanted.name != credential.name;
        page.name_error =
            name_error.or_else(|| is_renamed.then(|| fill(TEXTS.stored_now, &[("value", &credential.name)])));
        page.outcome = Some(outcome);
        page.offers_unverified = refused.is_doubtful;
        Ok(show_as(refused.status, &page))
    }
}

/// Says at each control what is stored now, where that is something else: who goes on replaces it.
fn tell_stored(form: &mut Form, now: &Form) {
    for (control, stored) in
        form.controls.iter_mut().zip(&now.controls).filter(|(control, _)| !control.secret)
    {
        let value = match control.kind {
            form::Kind::Checkbox if control.checked == stored.checked => continue,
            form::Kind::Checkbox if stored.checked => TEXTS.yes,
            form::Kind::Checkbox => TEXTS.no,
            _ if control.value == stored.value => continue,
            _ if stored.value.is_empty() => TEXTS.nothing_stored,
            _ => &stored.value,
        };
        control.errors.push(fill(TEXTS.stored_now, &[("value", &value)]));
    }
}

/// `GET /w/{workspace}/credentials/{id}/edit`
pub(in crate::ui) async fn stored(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
) -> Result<Response, Problem> {
    let editor = Editor::find(ui, member, &id).await?;
    let credential = &editor.shown.credential;
    let form = Form::stored(&editor.descriptor.schema, &Stored::from(credential));
    Ok(show(&editor.page(form, credential.name.clone(), credential.revision)))
}

/// `POST /w/{workspace}/credentials/{id}/edit`
pub(in crate::ui) async fn save(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<CredentialId>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let revision = posted.take("revision").and_then(|text| text.parse().ok());
    let revision = revision.ok_or_else(incomplete)?;
    let accept_unverified = posted.take("accept_unverified").is_some();
    let name = posted.pairs.take("name").unwrap_or_default();
    let Posted { pairs, headers, request } = posted;
    let wanted = Wanted { name, revision, accept_unverified, pairs };
    let work = {
        let ui = ui.clone();
        Box::pin(async move { change(ui, member, &id, wanted).await.into_response() })
    };
    Ok(running::answer(&ui, &headers, request, work).await)
}

async fn change(ui: Ui, member: Member, id: &CredentialId, wanted: Wanted) -> Result<Response, Problem> {
    let editor = Editor::find(ui, member, id).await?;
    let name = match name_of(&wanted.name) {
        Ok(name) => name,
        Err(sentence) => {
            let none = VerifyError::FieldsInvalid(Vec::new());
            return editor.page_again(&wanted, none, Some(sentence.to_owned()));
        }
    };
    match try_change(&editor, &wanted, name).await {
        Ok(deed) => Ok(tell(&editor.shown.base(), deed).into_response()),
        Err(error) => editor.page_again(&wanted, error, None),
    }
}

async fn try_change(editor: &Editor, wanted: &Wanted, name: Option<String>) -> Result<Deed, VerifyError> {
    let stored = Stored::from(&editor.shown.credential);
    let fields: Fields = form::read_patch(&editor.descriptor.schema, &stored, &wanted.pairs)
        .map_err(VerifyError::FieldsInvalid)?;
    let member = &editor.member;
    let asked = Edit {
        name,
        fields: Some(fields),
        accept_unverified: wanted.accept_unverified,
        expected: Expected::Revisions(vec![wanted.revision]),
        may_use_stored: member.may(Right::CredentialsUse),
    };
    let (actor, credential) = (member.actor(), &editor.shown.credential);
    let edited = edit(&editor.ui.api.app, &actor, &member.workspace, &credential.id, asked).await?;
    Ok(if edited.verification.is_some_and(|found| found.is_valid()) {
        Deed::EditedVerified
    } else {
        Deed::Edited
    })
}
