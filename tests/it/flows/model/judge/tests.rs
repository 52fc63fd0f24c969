//! Histories that could not be, each beside one like it that could.

use serde_json::{Value, json};

use super::super::event::{Event, Span};
use super::super::history::Lives;
use super::super::operation::{Action, Operation, Step};
use super::judge;

/// A story of workspace `default`, told one event after the other.
#[derive(Default)]
struct Story(Vec<Event>);

/// `push` of component `shop` holds this.
fn steps(credential: Option<&str>) -> Vec<Step> {
    vec![Step { id: "push", component: "shop", credential: credential.map(str::to_owned) }]
}

fn flow(name: &str, active: bool, credential: Option<&str>) -> Value {
    json!({"name": name, "active": active, "steps": [{"id": "push", "component": "shop", "credential": credential}]})
}

fn excerpt(member: &str, active: bool) -> Value {
    json!({member: [{"id": "orders", "name": "a", "active": active, "steps": ["push"]}], "total": 1})
}

impl Story {
    /// Credentials `one` and `two`, and flow `orders`, registered as `a` with step `push` that holds this.
    fn begin(credential: Option<&str>) -> Self {
        let mut story = Self::default();
        for id in ["one", "two"] {
            story.then(Action::Create { component: "shop", link: None }, 201, "", None, json!({"id": id}));
        }
        let absent = story.then(Action::ReadFlow("orders"), 404, "not-found", None, Value::Null);
        absent.is_baseline = true;
        let put = Action::PutFlow { flow: "orders", name: "a".to_owned(), steps: steps(credential) };
        story.then(put, 201, "", Some(1), flow("a", false, credential));
        story
    }

    /// The same, and the flow is active.
    fn begin_active() -> Self {
        let mut story = Self::begin(Some("one"));
        story.then(Action::Activate("orders"), 200, "", Some(2), flow("a", true, Some("one")));
        story
    }

    /// An event after all others.
    fn then(
        &mut self,
        action: Action,
        status: u16,
        problem: &str,
        revision: Option<i64>,
        body: Value,
    ) -> &mut Event {
        let start = self.0.last().map_or(0, |last| last.span.end + 1);
        let operation = Operation { workspace: "default", action, if_match: None };
        let span = Span { start, end: start + 1 };
        let problem = problem.to_owned();
        self.0.push(Event { span, operation, status, problem, revision, body, is_baseline: false });
        self.0.last_mut().unwrap()
    }

    /// An event at the same time as the one before.
    fn while_that(&mut self, action: Action, status: u16, problem: &str, revision: Option<i64>, body: Value) {
        let before = self.0.last().unwrap().span;
        self.then(action, status, problem, revision, body).span = before;
    }

    fn read(&mut self, revision: i64, body: Value) {
        self.then(Action::ReadFlow("orders"), 200, "", Some(revision), body);
    }

    fn delete(&mut self, id: &str, status: u16, problem: &str, body: Value) {
        self.then(Action::DeleteCredential(id.to_owned()), status, problem, None, body);
    }

    fn deactivate(&mut self) {
        self.then(Action::Deactivate("orders"), 200, "", Some(3), flow("a", false, Some("one")));
    }

    fn violations(&self) -> Vec<String> {
        let mut lives = Lives::default();
        let mut violations = lives.learn(&self.0);
        violations.extend(judge(&self.0, 3, &lives));
        violations
    }

    #[track_caller]
    fn is_fine(&self) {
        assert_eq!(self.violations(), Vec::<String>::new());
    }

    #[track_caller]
    fn is_blamed(&self, with: &str) {
        let violations = self.violations();
        assert!(
            violations.iter().any(|violation| violation.contains(with)),
            "{with:?} is not in {violations:#?}"
        );
    }
}

#[test]
fn a_credential_of_an_active_flow_that_is_deleted_is_told() {
    for (status, body) in
        [(204, Value::Null), (200, excerpt("unlinked", false)), (200, excerpt("unlinked", true))]
    {
        let mut story = Story::begin_active();
        story.delete("one", status, "", body.clone());
        assert!(!story.violations().is_empty(), "{status} {body}");
    }
    let mut story = Story::begin_active();
    story.deactivate();
    story.delete("one", 200, "", excerpt("unlinked", false));
    story.is_fine();
}

#[test]
fn a_credential_that_is_deleted_while_its_flow_is_deactivated_is_fine() {
    let mut story = Story::begin_active();
    story.deactivate();
    story.while_that(Action::DeleteCredential("one".to_owned()), 200, "", None, excerpt("unlinked", false));
    story.is_fine();
}

#[test]
fn a_used_credential_that_is_deleted_without_being_taken_from_its_step_is_told() {
    let mut story = Story::begin(Some("one"));
    story.delete("one", 204, "", Value::Null);
    story.is_blamed("was so all the time");
}

#[test]
fn a_refusal_to_delete_what_no_active_flow_can_have_used_is_told() {
    let refusal = || (409, "credential-in-use", excerpt("flows", true));
    for (deactivated, id) in [(true, "one"), (false, "two")] {
        let mut story = Story::begin_active();
        if deactivated {
            story.deactivate();
        }
        let (status, problem, body) = refusal();
        story.delete(id, status, problem, body);
        story.is_blamed("could not be");
    }
    let mut story = Story::begin_active();
    let (status, problem, body) = refusal();
    story.delete("one", status, problem, body);
    story.is_fine();
}

#[test]
fn a_refusal_that_names_nothing_or_miscounts_is_told() {
    for body in [json!({"flows": [], "total": 0}), json!({"flows": [], "total": 1}), excerpt("flows", false)]
    {
        let mut story = Story::begin_active();
        story.delete("one", 409, "credential-in-use", body.clone());
        assert!(!story.violations().is_empty(), "{body}");
    }
}

#[test]
fn an_active_step_without_its_credential_is_told() {
    let mut story = Story::begin(None);
    story.then(Action::Activate("orders"), 200, "", Some(2), flow("a", true, None));
    story.is_blamed("lacks its credential");
}

#[test]
fn credentials_of_others_and_those_that_are_gone_are_told() {
    let mut story = Story::begin(None);
    story.then(Action::Create { component: "mail", link: None }, 201, "", None, json!({"id": "post"}));
    let create = Action::Create { component: "shop", link: None };
    story.then(create, 201, "", None, json!({"id": "far"})).operation.workspace = "other";
    let whole = story.0.len();
    for (id, reason) in
        [("post", "another component"), ("far", "another workspace"), ("nobody", "another component")]
    {
        story.0.truncate(whole);
        let choose = Action::Choose { flow: "orders", step: "push", credential: Some(id.to_owned()) };
        story.then(choose, 200, "", Some(2), flow("a", false, Some(id)));
        story.is_blamed(reason);
    }
    story.0.truncate(whole);
    story.delete("one", 204, "", Value::Null);
    let choose = Action::Choose { flow: "orders", step: "push", credential: Some("one".to_owned()) };
    story.then(choose, 200, "", Some(2), flow("a", false, Some("one")));
    story.is_blamed("was not there");
}

#[test]
fn answers_that_an_operation_never_has_are_told() {
    for (status, problem) in [
        (500, "internal"),
        (503, "unavailable"),
        (503, "took-too-long"),
        (412, "precondition-failed"),
        (429, "busy"),
    ] {
        let mut story = Story::begin(None);
        story.then(Action::Activate("orders"), status, problem, None, Value::Null);
        story.is_blamed("never an answer");
    }
}

#[test]
fn states_that_nobody_made_and_those_that_were_left_are_told() {
    let mut story = Story::begin_active();
    story.read(2, flow("a", true, Some("two")));
    story.is_blamed("two states of one revision");
    story.is_blamed("could not be");
    let mut story = Story::begin_active();
    story.deactivate();
    story.read(2, flow("a", true, Some("one")));
    story.is_blamed("a revision came back");
    story.is_blamed("Active(true)");
    let mut story = Story::begin_active();
    story.then(Action::ReadFlow("orders"), 404, "not-found", None, Value::Null);
    story.is_blamed("Absent");
}

#[test]
fn a_change_that_was_lost_is_told() {
    let choose = |id: &str| Action::Choose { flow: "orders", step: "push", credential: Some(id.to_owned()) };
    let mut story = Story::begin(None);
    story.then(choose("one"), 200, "", Some(2), flow("a", false, Some("one")));
    story.while_that(choose("one"), 200, "", Some(2), flow("a", false, Some("one")));
    story.is_blamed("two changes made one revision");
    let mut story = Story::begin(None);
    story.then(choose("one"), 200, "", Some(2), flow("a", false, None));
    story.is_blamed("the step holds something else");
}

#[test]
fn credentials_that_come_back_or_are_lost_are_told() {
    let read = |id: &str| Action::ReadCredential(id.to_owned());
    let usage = |active: u64, inactive: u64| json!({"usage": {"active": active, "inactive": inactive, "active_flows": active.min(1)}});
    let mut story = Story::begin(None);
    story.delete("one", 204, "", Value::Null);
    story.delete("one", 204, "", Value::Null);
    story.is_blamed("deleted twice");
    let mut story = Story::begin(None);
    story.then(read("one"), 404, "not-found", None, Value::Null);
    story.is_blamed("one was there all the time");
    let mut story = Story::begin(None);
    story.delete("one", 204, "", Value::Null);
    story.then(read("one"), 200, "", None, usage(0, 0));
    story.is_blamed("never there meanwhile");
    let list =
        json!({"items": [{"id": "one", "workspace": "default", "component": "shop"}], "next_cursor": null});
    let mut story = Story::begin(None);
    story.then(Action::ListCredentials, 200, "", None, list);
    story.is_blamed("two was there and is not listed");
    for (active, inactive) in [(0, 0), (0, 1), (1, 1), (2, 0)] {
        let mut story = Story::begin_active();
        story.then(read("one"), 200, "", None, usage(active, inactive));
        story.is_blamed("usages");
    }
}

#[test]
fn a_replacement_that_leaves_a_step_behind_is_told() {
    let replace = || Action::Replace { of: "one".to_owned(), with: "two".to_owned(), flow: None };
    let mut story = Story::begin_active();
    story.then(replace(), 200, "", None, json!({"moved": [], "total": 0}));
    story.is_blamed("was so all the time");
    let mut story = Story::begin_active();
    story.then(replace(), 200, "", None, excerpt("moved", true));
    story.read(3, flow("a", true, Some("two")));
    story.is_fine();
    story.read(3, flow("a", true, Some("one")));
    story.is_blamed("could not be");
}

#[test]
fn refusals_without_a_reason_are_told() {
    let choose = |credential: Option<&str>| {
        let credential = credential.map(str::to_owned);
        Action::Choose { flow: "orders", step: "push", credential }
    };
    let put = Action::PutFlow { flow: "orders", name: "b".to_owned(), steps: steps(Some("one")) };
    let link = Action::Create { component: "shop", link: Some(("orders", "push")) };
    for (action, status, problem) in [
        (choose(Some("one")), 422, "unknown-credential"),
        (choose(Some("one")), 404, "not-found"),
        (choose(None), 409, "flow-not-ready"),
        (put.clone(), 422, "unknown-credential"),
        (put, 409, "flow-not-ready"),
        (link.clone(), 422, "link-refused"),
        (link, 409, "link-lost"),
        (Action::Activate("orders"), 404, "not-found"),
        (Action::Activate("orders"), 409, "flow-not-ready"),
        (Action::DeleteFlow("orders"), 404, "not-found"),
        (Action::Replace { of: "one".to_owned(), with: "two".to_owned(), flow: None }, 404, "not-found"),
        (
            Action::Replace { of: "one".to_owned(), with: "two".to_owned(), flow: None },
            422,
            "unknown-credential",
        ),
        (
            Action::Replace { of: "one".to_owned(), with: "two".to_owned(), flow: Some("orders") },
            422,
            "request-invalid",
        ),
    ] {
        let mut story = Story::begin(Some("one"));
        let body = json!({"steps": [{"id": "push", "component": "shop", "reason": "credential-missing"}]});
        story.then(action.clone(), status, problem, None, body);
        assert!(!story.violations().is_empty(), "{action:?} {status} {problem}");
    }
}

#[test]
fn a_state_that_was_demanded_has_to_be_there() {
    let choose = || Action::Choose { flow: "orders", step: "push", credential: Some("two".to_owned()) };
    for (if_match, status, revision) in [(2, 412, None), (1, 200, Some(3)), (2, 200, Some(4))] {
        let mut story = Story::begin_active();
        let problem = if status == 412 { "precondition-failed" } else { "" };
        let body = flow("a", true, Some("two"));
        story.then(choose(), status, problem, revision, body).operation.if_match = Some(if_match);
        assert!(!story.violations().is_empty(), "If-Match {if_match}: {status}");
    }
    let mut story = Story::begin_active();
    story.then(choose(), 200, "", Some(3), flow("a", true, Some("two"))).operation.if_match = Some(2);
    story.then(choose(), 412, "precondition-failed", None, Value::Null).operation.if_match = Some(2);
    story.is_fine();
}
