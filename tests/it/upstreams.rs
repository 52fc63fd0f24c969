//! The upstreams answer as the tests of the rooms rely on.

use std::process::Command;
use std::time::Duration;

use crate::harness::petstore::{GOOD_KEY, LIMITED_KEY, petstore};
use crate::harness::process::{Supervised, http_answer, http_status};
use crate::harness::wasm::plugin;

/// `GET <base>/store/inventory` with this key: the status and the whole answer.
fn inventory(base: &str, key: &str) -> (u16, String) {
    let url = url::Url::parse(base).unwrap();
    let path = format!("{}/store/inventory", url.path().trim_end_matches('/'));
    let headers = [("api_key", key)];
    let headers = if key.is_empty() { &[][..] } else { &headers[..] };
    let port = url.port().unwrap();
    (http_status(port, &path, headers).unwrap(), http_answer(port, &path, headers).unwrap())
}

#[test]
fn petstore_knows_its_keys() {
    let base = petstore().base_url();
    let (status, answer) = inventory(&base, GOOD_KEY);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(r#"{"property1":"#), "{answer}");
    assert_eq!(inventory(&base, "").0, 401);
    assert_eq!(inventory(&base, "made-up").0, 401);
    assert_eq!(inventory(&base, LIMITED_KEY).0, 403);
}

#[test]
fn faulty_petstores_have_their_faults() {
    let petstore = petstore();
    for status in [401, 403, 404, 429, 500, 503] {
        assert_eq!(inventory(&petstore.faulty(&format!("status/{status}")), GOOD_KEY).0, status);
    }
    assert!(inventory(&petstore.faulty("status/429"), GOOD_KEY).1.contains("Retry-After: 30"));
    let (status, answer) = inventory(&petstore.faulty("html"), GOOD_KEY);
    assert!(status == 200 && answer.contains("text/html"), "{answer}");
    let (status, answer) = inventory(&petstore.faulty("redir/private"), GOOD_KEY);
    assert!(status == 302 && answer.contains("Location: http://169.254.169.254/"), "{answer}");
    let (_, answer) = inventory(&petstore.faulty("redir/canary"), GOOD_KEY);
    assert!(answer.contains(&format!("Location: http://127.0.0.1:{}/", petstore.canary_port())), "{answer}");
    for fault in ["reflect", "reflect-json", "reflect-header"] {
        assert!(inventory(&petstore.faulty(fault), "the-key-itself").1.contains("the-key-itself"), "{fault}");
    }
    assert_eq!(petstore.canary_log(), "");
}

#[test]
fn supervised_program_ends_when_its_line_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    // Answers on standard output when it runs and when it is asked to stop.
    let mut command = Command::new("sh");
    command.args(["-c", "trap 'echo stopped; exit 7' TERM; echo running; while :; do sleep 0.05; done"]);
    let mut program = Supervised::start(&command, folder.path(), "loop");
    program.wait_until(Duration::from_secs(30), |it| it.stdout().contains("running").then_some(())).unwrap();
    assert_eq!(program.stop(), Some(7));
    assert_eq!(std::fs::read_to_string(folder.path().join("loop.out")).unwrap(), "running\nstopped\n");
}

#[test]
fn program_that_ends_early_is_told_with_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo no such port >&2; exit 3"]);
    let mut program = Supervised::start(&command, folder.path(), "early");
    let error = program.wait_until(Duration::from_secs(30), |_| None::<()>).unwrap_err();
    assert!(error.contains("exit status: 3") && error.contains("no such port"), "{error}");
}

#[test]
fn sample_plugin_is_a_component() {
    // The header of a component, which differs from that of a core module in its second half.
    assert_eq!(plugin("petstore")[..8], *b"\0asm\x0d\0\x01\0");
}
