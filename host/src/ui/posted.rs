//! What a form of ours posts.

use axum::RequestExt as _;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use super::Ui;
use super::form;
use super::guard::cross_site;
use super::member::Visitor;
use crate::api::{Kind, Problem, RequestId, read_form};
use crate::domain::secret::Secret;

/// The member of every form that carries the session's token.
pub(super) const FORM_TOKEN: &str = "form_token";

/// What the forms of a session carry: it follows from the session's text, which no other site knows, and
/// does not tell it.
pub(super) fn form_token(session: &Secret) -> String {
    let text = format!("keystead form token\n{}", session.expose());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A form that somebody who is signed in has sent from a page of theirs.
pub(super) struct Posted {
    pub(super) pairs: form::Posted,
    pub(super) headers: HeaderMap,
    pub(super) request: RequestId,
}

/// A form of somebody who is not signed in.
pub(super) struct OpenForm(pub(super) form::Posted);

/// A form without what every form of its page carries.
pub(super) fn incomplete() -> Problem {
    let detail = "The form is not complete; open its page again, and send it from there.";
    Problem::new(Kind::QueryInvalid, detail)
}

impl Posted {
    /// Takes a text out that must be there to mean anything; none when it is empty.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.pairs.take(name).filter(|text| !text.is_empty())
    }

    /// Takes all pairs of this name out.
    pub(super) fn take_all(&mut self, name: &str) -> Vec<String> {
        std::iter::from_fn(|| self.pairs.take(name)).collect()
    }
}

async fn read(request: Request, ui: &Ui) -> Result<form::Posted, Problem> {
    let bytes = read_form(request, &ui.api).await?;
    Ok(form::Posted::new(url::form_urlencoded::parse(&bytes).into_owned()))
}

impl FromRequest<Ui> for Posted {
    type Rejection = Response;
    async fn from_request(mut request: Request, ui: &Ui) -> Result<Self, Response> {
        let visitor: Visitor = request.extract_parts_with_state(ui).await?;
        let headers = request.headers().clone();
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
        let mut pairs = read(request, ui).await.map_err(IntoResponse::into_response)?;
        let given = pairs.take(FORM_TOKEN).unwrap_or_default();
        if visitor.has_sent(&given) {
            Ok(Self { pairs, headers, request: id })
        } else {
            Err(cross_site().into_response())
        }
    }
}

impl FromRequest<Ui> for OpenForm {
    type Rejection = Response;
    async fn from_request(request: Request, ui: &Ui) -> Result<Self, Response> {
        read(request, ui).await.map(Self).map_err(IntoResponse::into_response)
    }
}
