//! What answers may be another version, broken, or somebody else: the command line stays sober.

use serde_json::json;

use super::place::{Place, Said};
use crate::harness::recorder::{Recorder, Reply, answer, json as reply};

/// Runs `keystead` against what answers so.
async fn run(replies: Vec<(&'static str, Reply)>, words: &'static [&'static str]) -> (Said, Vec<String>) {
    let stranger = Recorder::start(replies).await;
    let origin = stranger.origin();
    let run = move || {
        let place = Place::new();
        let token = place.run(&["token", "create", "--workspace", "default", "--rights", "admin"]).alone();
        place.run_with(words, &[("KEYSTEAD_SERVER", &origin), ("KEYSTEAD_TOKEN", &token)], "")
    };
    let said = tokio::task::spawn_blocking(run).await.unwrap();
    let lines = stranger.received().iter().map(|text| text.lines().next().unwrap().to_owned()).collect();
    (said, lines)
}

#[tokio::test]
async fn control_characters_of_names_do_not_reach_the_terminal() {
    let item =
        json!({"id": "a\u{1b}]0;x\u{7}", "name": "b\nc\u{9b}2J\u{2066}", "active": true, "step_count": 1});
    let list = json!({"items": [item], "next_cursor": null}).to_string();
    let (said, _) = run(vec![("/v1/flows", reply(&list))], &["flow", "list"]).await;
    let said = said.ended(0, &[]);
    assert_eq!(
        said.stdout.lines().last(),
        Some("a\u{fffd}]0;x\u{fffd}  active  1      b\u{fffd}c\u{fffd}2J\u{fffd}")
    );
    let (said, _) = run(vec![("/v1/flows", reply(&list))], &["flow", "list", "--json"]).await;
    let said = said.ended(0, &[]);
    assert!(!said.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{2066}']), "{said:?}");
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["items"][0]["name"], "b\nc\u{9b}2J\u{2066}");

    let problem = json!({"type": "/problems/x", "detail": "No\u{1b}[2J.", "errors": [{"pointer": "/a\n", "message": "\u{9b}"}]});
    let reply = answer(422, "application/problem+json", &problem.to_string());
    let (said, _) = run(vec![("*", reply)], &["flow", "show", "orders"]).await;
    said.ended(1, &["answered 422: No\u{fffd}[2J\n", "\n  /a\u{fffd}: \u{fffd}\n"]);
}

#[tokio::test]
async fn list_that_never_ends_is_left() {
    let page = reply(r#"{"items": [{"id": "a"}], "next_cursor": "again"}"#);
    let (said, asked) = run(vec![("/v1/flows", page)], &["flow", "list"]).await;
    said.ended(1, &["is not Keystead"]);
    assert_eq!(asked, ["GET /v1/flows?limit=100 HTTP/1.1", "GET /v1/flows?limit=100&cursor=again HTTP/1.1"]);
}

#[tokio::test]
async fn list_that_breaks_off_has_no_end() {
    let first = reply(r#"{"items": [{"id": "a"}], "next_cursor": "more"}"#);
    let pages = Reply::Turns(vec![first, Reply::Close]);
    let (said, _) = run(vec![("/v1/credentials", pages)], &["credential", "list", "--json"]).await;
    let said = said.ended(3, &["cannot reach the service"]);
    assert!(serde_json::from_str::<serde_json::Value>(&said.stdout).is_err(), "{said:?}");
}

#[tokio::test]
async fn answers_of_somebody_else_are_no_results() {
    for body in ["{}", "[]", r#"{"items": 1}"#, "<html>"] {
        let (said, _) = run(vec![("*", reply(body))], &["credential", "list"]).await;
        assert_eq!(said.ended(1, &["is not Keystead"]).stdout, "");
    }
    let elsewhere = answer(302, "text/html", "");
    let (said, asked) = run(vec![("*", elsewhere)], &["flow", "show", "a:b@c"]).await;
    said.ended(1, &["is not Keystead"]);
    assert_eq!(asked, ["GET /v1/flows/a:b@c HTTP/1.1"]);
    let (said, _) = run(vec![("*", answer(502, "text/html", ""))], &["flow", "show", "a"]).await;
    said.ended(3, &["cannot show flow `a`: cannot reach the service", "it answered 502"]);
}

#[tokio::test]
async fn filters_are_sent_as_they_were_given() {
    let list = reply(r#"{"items": [], "next_cursor": null}"#);
    let words =
        &["credential", "list", "--component", "petstore", "--flow", "a@b", "--name-prefix", "a&b =%ü"];
    let (said, asked) = run(vec![("*", list)], words).await;
    said.ended(0, &[]);
    let expected = "component=petstore&flow=a%40b&name_prefix=a%26b+%3D%25%C3%BC&limit=100";
    assert_eq!(asked, [format!("GET /v1/credentials?{expected} HTTP/1.1")]);
}

#[tokio::test]
async fn nothing_is_fetched_for_a_reader_who_has_left() {
    let page = |cursor: &str| reply(&json!({"items": [{"id": "a"}], "next_cursor": cursor}).to_string());
    for words in [&["flow", "list"][..], &["flow", "list", "--json"]] {
        let pages = Reply::Turns(vec![page("b"), page("c"), page("d")]);
        let stranger = Recorder::start([("/v1/flows", pages)]).await;
        let origin = stranger.origin();
        let run = move || {
            let (place, (reader, writer)) = (Place::new(), std::io::pipe().unwrap());
            drop(reader);
            let token =
                place.run(&["token", "create", "--workspace", "default", "--rights", "admin"]).alone();
            let mut command =
                place.command(words, &[("KEYSTEAD_SERVER", &origin), ("KEYSTEAD_TOKEN", &token)]);
            command.stdout(writer).status().unwrap()
        };
        assert_eq!(tokio::task::spawn_blocking(run).await.unwrap().code(), Some(0), "{words:?}");
        assert_eq!(stranger.received().len(), 1, "{words:?}");
    }
}
