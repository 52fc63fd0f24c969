//! Plugins at the command line: checked here, installed there.

use super::place::{Place, Running};
use crate::harness::wasm::{guest, plugin};

/// A place with a plugin's file and a service; and a token that may install.
fn with_service() -> (Place, Running, String) {
    let place = Place::new();
    place.write("petstore.wasm", plugin("petstore"));
    let rights = "components:install,components:consent";
    let token = place.run(&["token", "create", "--installation", "--rights", rights]).ended(0, &[]).alone();
    let service = place.start(&["serve"], &[]);
    (place, service, token)
}

#[test]
fn check_tells_what_a_plugin_is_and_asks_for() {
    let place = Place::new();
    place.write("petstore.wasm", plugin("petstore"));
    let said = place.run(&["plugin", "check", "petstore.wasm"]).ended(0, &[]);
    for told in ["petstore.wasm: petstore 0.1.0 (Petstore)", "digest: sha256:", "asks: Petstore may send GET"]
    {
        assert!(said.stdout.contains(told), "not told: {told}\n{said:#?}");
    }
}

#[test]
fn check_refuses_rubbish_and_goes_on() {
    let place = Place::new();
    place.write("rubbish.wasm", "rubbish");
    place.write("nonsense.wasm", guest("nonsense-descriptor"));
    place.write("petstore.wasm", plugin("petstore"));
    let said = place.run(&["plugin", "check", "rubbish.wasm", "nonsense.wasm", "petstore.wasm"]);
    let said = said.ended(1, &["error: `rubbish.wasm` is refused", "error: `nonsense.wasm` is refused"]);
    assert!(said.stdout.contains("petstore 0.1.0"), "{said:?}");
    place.run(&["plugin", "check", "missing.wasm"]).ended(2, &["cannot read `missing.wasm`"]);
}

#[test]
fn files_larger_than_a_component_and_devices_are_refused_unread() {
    let place = Place::new();
    place.write("credential.json", "{}");
    let sparse = std::fs::File::create(place.path().join("huge.wasm")).unwrap();
    sparse.set_len(3 << 30).unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(place.path().join("pipe.wasm")).status().unwrap().success()
    );
    let token = Place::new().run(&["token", "create", "--installation", "--rights", "operator"]).alone();
    let install = ["plugin", "install", "--yes", "--server", "http://127.0.0.1:1", "--token", &token];
    for (words, code) in
        [(&["plugin", "check"][..], 1), (&install, 1), (&["verify", "--credential", "credential.json"], 4)]
    {
        let run = |file: &str| place.run(&[words, &[file]].concat());
        run("huge.wasm")
            .ended(code, &["`huge.wasm` is refused", "33554432 bytes", "`component_bytes`", "hint:"]);
        for file in ["/dev/zero", "pipe.wasm", "."] {
            run(file).ended(2, &[&format!("cannot read `{file}`: it is no regular file")]);
        }
    }
}

#[test]
fn several_plugins_are_sent_only_when_all_are_good() {
    let (place, service, token) = with_service();
    let environment = [("KEYSTEAD_SERVER", service.address.as_str()), ("KEYSTEAD_TOKEN", token.as_str())];
    let run = |words: &[&str]| place.run_with(&[&["plugin"], words].concat(), &environment, "");
    place.write("rubbish.wasm", "rubbish");
    run(&["install", "--yes", "petstore.wasm", "rubbish.wasm"])
        .ended(1, &["`rubbish.wasm` is refused, nothing was sent"]);
    run(&["list"]).ended(0, &["no component is installed"]);

    // Another release of the same component, by an empty custom section.
    let other = [&std::fs::read(place.path().join("petstore.wasm")).unwrap()[..], &[0, 2, 1, b'x']].concat();
    place.write("other.wasm", other);
    run(&["install", "--yes", "petstore.wasm", "other.wasm"]).ended(
        1,
        &["`other.wasm` was not installed (before it petstore 0.1.0 was): the service answered 409"],
    );
    assert!(run(&["list"]).ended(0, &[]).stdout.starts_with("petstore 0.1.0 active"));
}

#[test]
fn plugin_is_installed_with_consent_and_listed() {
    let (place, service, token) = with_service();
    let environment = [("KEYSTEAD_SERVER", service.address.as_str()), ("KEYSTEAD_TOKEN", token.as_str())];
    let install = |words: &[&str]| {
        place.run_with(&[&["plugin", "install", "petstore.wasm"], words].concat(), &environment, "y\n")
    };
    // What is piped in is nobody's consent.
    install(&[]).ended(2, &["no terminal to ask", "hint:", "--yes"]);
    let list = |words: &[&str]| place.run_with(&[&["plugin", "list"], words].concat(), &environment, "");
    assert_eq!(list(&[]).ended(0, &["no component is installed"]).stdout, "");

    let said = install(&["--yes"]).ended(0, &["asks: Petstore may send GET"]);
    assert!(said.stdout.starts_with("installed petstore 0.1.0 (sha256:"), "{said:?}");
    let said = install(&["--yes"]).ended(0, &[]);
    assert!(said.stdout.starts_with("was installed already: petstore"), "{said:?}");

    let said = list(&[]).ended(0, &[]);
    assert!(said.stdout.starts_with("petstore 0.1.0 active sha256:"), "{said:?}");
    assert!(said.stdout.contains("asks: Petstore may send GET"), "{said:?}");
    let document: serde_json::Value = serde_json::from_str(&list(&["--json"]).ended(0, &[]).stdout).unwrap();
    assert_eq!(document["items"][0]["id"], "petstore");
}

#[test]
fn what_the_service_refuses_is_told_without_the_token() {
    let (place, service, token) = with_service();
    place.write("rubbish.wasm", "rubbish");
    let list = |server: &str, token: &str| {
        let said = place.run(&["plugin", "list", "--server", server, "--token", token]);
        assert!(!said.stderr.contains(token), "{said:?}");
        said
    };
    let unknown = Place::new().run(&["token", "create", "--installation", "--rights", "operator"]).alone();
    list(&service.address, &unknown).ended(1, &["the service answered 401"]);
    list(&service.address, "not-a-token")
        .ended(2, &["this is not an API token (`kst_…`)", "hint:", "keystead token create"]);
    list("http://127.0.0.1:1", &token).ended(3, &["cannot reach the service at `http://127.0.0.1:1/`"]);
    list("ftp://127.0.0.1", &token).ended(2, &["URL of a service"]);
    place
        .run(&["plugin", "list", "--server", &service.address])
        .ended(2, &["no API token", "KEYSTEAD_TOKEN"]);
    let words =
        ["plugin", "install", "rubbish.wasm", "--yes", "--server", &service.address, "--token", &token];
    place.run(&words).ended(1, &["`rubbish.wasm` is refused, nothing was sent"]);
}
