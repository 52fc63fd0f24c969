//! Which answers an operation may have at all.

use super::super::event::Event;
use super::super::operation::Action;

/// An error, when the operation never has such an answer.
pub fn check(event: &Event) -> Result<(), String> {
    let mut allowed: Vec<(u16, &str)> = match &event.operation.action {
        Action::Create { link: None, .. } => vec![(201, "")],
        Action::Create { .. } => vec![(201, ""), (422, "link-refused"), (409, "link-lost")],
        Action::ReadCredential(_) | Action::ListUsages(_) => vec![(200, ""), (404, "not-found")],
        Action::Rename { .. } => vec![(200, ""), (404, "not-found"), (409, "credential-changed")],
        Action::DeleteCredential(_) => {
            vec![(204, ""), (200, ""), (404, "not-found"), (409, "credential-in-use")]
        }
        Action::Replace { flow: None, .. } => {
            vec![(200, ""), (404, "not-found"), (422, "unknown-credential")]
        }
        Action::Replace { .. } => {
            vec![(200, ""), (404, "not-found"), (422, "unknown-credential"), (422, "request-invalid")]
        }
        Action::ListCredentials | Action::ListFlows(_) => vec![(200, "")],
        Action::PutFlow { .. } => {
            vec![(201, ""), (200, ""), (422, "unknown-credential"), (409, "flow-not-ready")]
        }
        Action::ReadFlow(_) | Action::Deactivate(_) => vec![(200, ""), (404, "not-found")],
        Action::DeleteFlow(_) => vec![(204, ""), (404, "not-found")],
        Action::Activate(_) => vec![(200, ""), (404, "not-found"), (409, "flow-not-ready")],
        Action::Lease { .. } => {
            vec![(200, ""), (404, "not-found"), (409, "flow-inactive"), (409, "step-without-credential")]
        }
        Action::Choose { credential: Some(_), .. } => {
            vec![(200, ""), (404, "not-found"), (422, "unknown-credential")]
        }
        Action::Choose { .. } => vec![(200, ""), (404, "not-found"), (409, "flow-not-ready")],
    };
    if event.operation.if_match.is_some() {
        allowed.push((412, "precondition-failed"));
    }
    if allowed.contains(&event.outcome()) { Ok(()) } else { Err("never an answer to this".to_owned()) }
}
