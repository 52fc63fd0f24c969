//! Style and script, inside the program, under names that change with their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::api::Problem;

/// A file of the pages.
struct Asset {
    path: String,
    content: &'static str,
    media_type: &'static str,
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", include_str!("../../assets/app.css"), "text/css; charset=utf-8"));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", include_str!("../../assets/app.js"), "text/javascript; charset=utf-8"));
static MARK: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", include_str!("../../assets/mark.svg"), "image/svg+xml"));

impl Asset {
    fn new(extension: &str, content: &'static str, media_type: &'static str) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes());
        let name: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/assets/{name}.{extension}"), content, media_type }
    }
}

/// The path of the style sheet.
pub(super) fn style_path() -> &'static str {
    &STYLE.path
}

/// The path of the script.
pub(super) fn script_path() -> &'static str {
    &SCRIPT.path
}

/// The path of the site's own mark.
pub(super) fn mark_path() -> &'static str {
    &MARK.path
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let known = [&*STYLE, &*SCRIPT, &*MARK];
    let path = format!("/assets/{name}");
    let asset = known.into_iter().find(|asset| asset.path == path).ok_or_else(Problem::not_found)?;
    let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
