//! The steps that hold a credential, as the service tells them: grouped by flow, the first of many.

use serde_json::Value;

use super::answer::{count, list, number, state, text, texts};
use crate::domain::id::FlowId;

/// One line for each flow, such as `flow orders (Orders), active: step fetch`.
pub(super) fn lines(flows: &[Value]) -> Vec<String> {
    let line = |flow: &Value| {
        let steps = texts(flow, "/steps");
        let noun = if steps.len() == 1 { "step" } else { "steps" };
        let [id, name] = ["/id", "/name"].map(|pointer| text(flow, pointer));
        format!("flow {id} ({name}), {}: {noun} {}", state(flow), steps.join(", "))
    };
    flows.iter().map(line).collect()
}

/// How many steps there are beside those that are listed.
pub(super) fn more(document: &Value, flows: &[Value]) -> Option<String> {
    let listed: usize = flows.iter().map(|flow| list(flow, "/steps").len()).sum();
    let more = number(document, "/total").saturating_sub(listed as u64);
    (more > 0).then(|| format!("and {}", count(more, "more step")))
}

/// The flows as words for a command line in a shell.
pub(super) fn words(flows: &[Value]) -> Vec<String> {
    flows.iter().filter_map(|flow| flow["id"].as_str()?.parse().ok()).map(|id| word(&id)).collect()
}

/// A flow as the last word of a command line in a shell. Only a tilde at the beginning means something to
/// the shell, of all that an id can have; a hyphen there would mean an option.
fn word(flow: &FlowId) -> String {
    match flow.as_str() {
        id if id.starts_with('~') => format!("'{id}'"),
        id if id.starts_with('-') => format!("-- {id}"),
        id => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flows_are_told_with_their_steps_and_what_is_left_out() {
        let document = json!({"total": 23, "flows": [
            {"id": "orders", "name": "Orders\u{1b}[2J", "active": true, "steps": ["fetch", "send"]},
            {"id": "-x", "name": "X", "active": false, "steps": ["a"]},
        ]});
        let flows = list(&document, "/flows");
        assert_eq!(
            lines(flows),
            ["flow orders (Orders\u{fffd}[2J), active: steps fetch, send", "flow -x (X), inactive: step a"]
        );
        assert_eq!(more(&document, flows).unwrap(), "and 20 more steps");
        assert_eq!(more(&json!({"total": 3}), flows), None);
        assert_eq!(words(flows), ["orders", "-- -x"]);
    }

    #[test]
    fn what_is_no_id_becomes_no_word_of_a_command_line() {
        let flows =
            [json!({"id": "a; rm -rf ~"}), json!({"id": "~"}), json!({"id": "a~b"}), json!({"id": 1})];
        assert_eq!(words(&flows), ["'~'", "a~b"]);
    }
}
