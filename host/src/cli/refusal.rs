//! What a problem document lists, and what somebody at a command line can do about it.

use serde_json::Value;

use super::answer::{count, list, number, text};
use super::failure::Failure;
use super::holders;
use crate::client::{ClientError, Problem};
use crate::domain::id::ComponentId;

/// The failure of a change of a flow. Steps that are not ready are told as a list alone, which the service's
/// own sentence would only repeat.
pub(super) fn of_flow(error: ClientError, what: String) -> anyhow::Error {
    let problem = match error {
        ClientError::Problem(problem) if problem.kind == "flow-not-ready" => problem,
        error => return anyhow::Error::new(error).context(what),
    };
    let steps = list(&problem.document, "/steps").len() as u64;
    let verb = if steps == 1 { "is" } else { "are" };
    let failure = Failure::refused(format!("{what}: {} {verb} not ready", count(steps, "step")));
    let failure = failure.details(lines(&problem));
    match hint(&problem) {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    }
}

/// What is wrong, one line each, after the problem's detail.
pub(super) fn lines(problem: &Problem) -> Vec<String> {
    let document = &problem.document;
    let errors = list(document, "/errors");
    let mut lines: Vec<String> = errors.iter().map(error_line).collect();
    let more = number(document, "/errors_total").saturating_sub(errors.len() as u64);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.extend(list(document, "/steps").iter().map(step_line));
    let flows = list(document, "/flows");
    lines.extend(holders::lines(flows));
    lines.extend(holders::more(document, flows).filter(|_| !flows.is_empty()));
    lines
}

fn error_line(error: &Value) -> String {
    // The pointer of the whole document is empty.
    let pointer = error["pointer"].as_str().filter(|pointer| !pointer.is_empty());
    let message = text(error, "/message");
    pointer.map_or_else(|| message.clone(), |_| format!("{}: {message}", text(error, "/pointer")))
}

/// A step because of which a flow cannot be active.
fn step_line(step: &Value) -> String {
    let [id, component, credential] = ["/id", "/component", "/credential"].map(|pointer| text(step, pointer));
    let why = match step["reason"].as_str() {
        Some("credential-missing") => "has no credential".to_owned(),
        Some("rejected") => format!("the application has rejected {credential}"),
        Some("reauthorization_required") => format!("a person has to authorize {credential} again"),
        _ => text(step, "/reason"),
    };
    format!("step {id} ({component}): {why}")
}

/// What can be done.
pub(super) fn hint(problem: &Problem) -> Option<String> {
    match problem.kind.as_str() {
        "flow-not-ready" => Some(credentials_for(list(&problem.document, "/steps"))),
        "component-in-use" => Some(
            "they may be in any workspace: with a token of each, `keystead credential list --component ID` and \
             `keystead flow list` show them"
                .to_owned(),
        ),
        "credential-not-verified" => {
            Some("verify it again, or give --accept-unverified to use it all the same".to_owned())
        }
        _ => None,
    }
}

/// Where to find credentials for these steps, and how to give them to the steps.
fn credentials_for(steps: &[Value]) -> String {
    let mut components: Vec<ComponentId> =
        steps.iter().filter_map(|step| step["component"].as_str()?.parse().ok()).collect();
    components.sort_unstable();
    components.dedup();
    let lists = components
        .iter()
        .map(|component| format!("\n  keystead credential list --component {component} --status verified"));
    format!(
        "give each of these steps a credential that works, with `keystead flow put`; to find one:{}",
        lists.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(kind: &str, document: Value) -> Problem {
        Problem { status: 409, kind: kind.to_owned(), detail: "No".to_owned(), document }
    }

    #[test]
    fn errors_are_told_with_their_pointers_and_without_what_steers_a_terminal() {
        let errors =
            json!([{"pointer": "/steps/0", "message": "b\u{1b}"}, {"pointer": "", "message": "c\nd"}]);
        let problem = problem("request-invalid", json!({"errors": errors, "errors_total": 102}));
        assert_eq!(lines(&problem), ["/steps/0: b\u{fffd}", "c\u{fffd}d", "and 100 more"]);
        assert_eq!(hint(&problem), None);
    }

    #[test]
    fn steps_that_are_not_ready_are_told_with_what_to_do() {
        let step =
            |id, reason| json!({"id": id, "component": "petstore", "credential": "cred_1", "reason": reason});
        let steps = [
            step("a", "credential-missing"),
            step("b", "rejected"),
            step("c", "reauthorization_required"),
            step("d", "new"),
        ];
        let problem = problem("flow-not-ready", json!({"steps": steps}));
        assert_eq!(
            lines(&problem),
            [
                "step a (petstore): has no credential",
                "step b (petstore): the application has rejected cred_1",
                "step c (petstore): a person has to authorize cred_1 again",
                "step d (petstore): new"
            ]
        );
        let hint = hint(&problem).unwrap();
        assert_eq!(
            hint.matches("credential list --component petstore --status verified").count(),
            1,
            "{hint}"
        );
    }
}
