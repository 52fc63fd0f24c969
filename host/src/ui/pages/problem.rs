//! The page for whatever went wrong.

use askama::Template;
use axum::response::Response;
use http::header::RETRY_AFTER;
use serde_json::Value;

use crate::api::{Problem, RequestId};
use crate::ui::guard;
use crate::ui::layout::{Layout, Section, show_as};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    page: Layout,
    detail: &'a str,
    errors: Vec<String>,
    request_id: String,
}

/// Tells a person of a problem, with the headers of every page.
pub(crate) fn page(problem: &Problem, id: &RequestId) -> Response {
    let row = problem.kind().row();
    let page = ProblemPage {
        page: Layout::new(Section::None, row.title),
        detail: problem.detail(),
        errors: errors(problem),
        request_id: id.to_string(),
    };
    let mut response = show_as(row.status, &page);
    if let Some(seconds) = problem.seconds_to_wait() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    guard::bind(&mut response);
    response
}

/// What is wrong in detail.
fn errors(problem: &Problem) -> Vec<String> {
    let entries = problem.member("errors").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    entries
        .map(|entry| format!("{} {}", text(entry, "pointer"), text(entry, "message")).trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    #[test]
    fn who_has_to_wait_is_told_how_long() {
        let told = |seconds| {
            let problem = Problem::new(Kind::Unavailable, "Too much is going on.").retry_after(seconds);
            page(&problem, &RequestId::default()).headers().get(RETRY_AFTER).cloned()
        };
        assert_eq!((told(Some(7)), told(None)), (Some(7.into()), None));
    }
}
