//! Bodies, read strictly: one media type, a size limit, a time limit, JSON without duplicate or unknown
//! members. Everything that is wrong is told at once, by JSON Pointer and without values.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Api;
use super::error::Kind;
use super::members::{Members, wrong_type};
use super::problem::Problem;
use crate::domain::fields::Violation;
use crate::domain::json;

/// A JSON object as body.
pub(super) struct JsonBody<T>(pub(super) T);

/// What can be read from the members of an object.
pub(super) trait FromMembers: Sized {
    /// Media types of the body.
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    /// Takes what it knows out of `members`, noting what is wrong there. What is returned counts only
    /// when nothing was wrong.
    fn read(members: &mut Members) -> Self;
}

/// A body that is absent, or an object without members.
pub(super) struct NoBody;

/// The bytes of a WebAssembly component.
pub(super) struct PluginBody(pub(super) Vec<u8>);

impl<T: FromMembers> FromRequest<Api> for JsonBody<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        expect_media_type(request.headers(), T::MEDIA_TYPES)?;
        let bytes = Zeroizing::new(read(request, api.settings.json_body_bytes, api).await?);
        parse(&bytes).map(Self)
    }
}

impl FromRequest<Api> for NoBody {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let media_type = expect_media_type(request.headers(), Self::MEDIA_TYPES);
        let bytes = Zeroizing::new(read(request, api.settings.json_body_bytes, api).await?);
        if bytes.is_empty() {
            return Ok(Self);
        }
        media_type?;
        parse(&bytes)
    }
}

impl FromMembers for NoBody {
    fn read(_: &mut Members) -> Self {
        Self
    }
}

impl FromRequest<Api> for PluginBody {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        expect_media_type(request.headers(), &["application/wasm"])?;
        read(request, api.settings.plugin_body_bytes, api).await.map(Self)
    }
}

/// The bytes of a posted form (`application/x-www-form-urlencoded`).
///
/// # Errors
/// Another media type, or more bytes or time than a JSON body may take.
pub(crate) async fn read_form(request: Request, api: &Api) -> Result<Zeroizing<Vec<u8>>, Problem> {
    expect_media_type(request.headers(), &["application/x-www-form-urlencoded"])?;
    read(request, api.settings.json_body_bytes, api).await.map(Zeroizing::new)
}

/// The bytes of an uploaded file with the form around it.
///
/// # Errors
/// More bytes than a plugin may have, or more time than a body may take.
pub(crate) async fn read_upload(request: Request, api: &Api) -> Result<Vec<u8>, Problem> {
    read(request, api.settings.plugin_body_bytes, api).await
}

fn expect_media_type(headers: &HeaderMap, expected: &'static [&'static str]) -> Result<(), Problem> {
    let names = expected.join("` or `");
    let refused = |detail: String| {
        Problem::new(Kind::MediaTypeUnsupported, detail).with("expected", expected.join(", "))
    };
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(refused("Send the body as it is, without `Content-Encoding`.".to_owned()));
    }
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let essence = match (given.next(), given.next()) {
        (Some(one), None) => one.to_str().ok().and_then(|text| essence(text)),
        _ => None,
    };
    match essence {
        Some(essence) if expected.iter().any(|one| essence.eq_ignore_ascii_case(one)) => Ok(()),
        _ => Err(refused(format!("Send the body with one header `Content-Type`: `{names}`."))),
    }
}

/// The media type without its parameters; none when it declares another encoding than UTF-8.
fn essence(text: &str) -> Option<&str> {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next()?;
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    parts.all(is_utf8).then_some(essence)
}

async fn read(request: Request, limit: usize, api: &Api) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(
            Kind::BodyTooLarge,
            format!("The body is larger than the {limit} bytes that this path takes."),
        )
        .with("limit", limit)
    };
    let declared =
        request.headers().get(CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let time = api.settings.body_time();
    match tokio::time::timeout(time, collect(request.into_body(), limit)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(_)) => {
            Err(Problem::new(Kind::BodyTooSlow, "The connection broke before the body was complete."))
        }
        Err(_) => {
            let detail = format!("The body was not complete within {} ms; send it again.", time.as_millis());
            Err(Problem::new(Kind::BodyTooSlow, detail))
        }
    }
}

/// All bytes of the body; none when there are more than `limit`.
async fn collect(body: Body, limit: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

fn parse<T: FromMembers>(bytes: &[u8]) -> Result<T, Problem> {
    let object = match json::parse(bytes)? {
        Value::Object(object) => object,
        other => return Err(invalid(&[wrong_type("", "an object", &other)])),
    };
    let mut members = Members::of(object);
    let read = T::read(&mut members);
    let errors = members.finish();
    if errors.is_empty() { Ok(read) } else { Err(invalid(&errors)) }
}

/// A body with these errors.
pub(super) fn invalid(errors: &[Violation]) -> Problem {
    Problem::new(Kind::RequestInvalid, "The body is not what this path takes; correct what `errors` lists.")
        .with_errors(errors)
}
