//! An author's dry run: outcomes, exit codes, and that nothing shows the secret.

use serde_json::{Value, json};

use super::place::{Place, Said};
use crate::harness::recorder::{Recorder, Reply, answer};
use crate::harness::wasm::{guest, plugin};

const KEY: &str = "s3cret-Key-of-27-characters";

struct Rehearsal {
    place: Place,
    upstream: Recorder,
}

impl Rehearsal {
    async fn new() -> Rehearsal {
        let place = Place::new();
        place.write("petstore.wasm", plugin("petstore"));
        let refuse = answer(401, "application/json", r#"{"code":401}"#);
        let fail = answer(503, "application/json", r#"{"code":503}"#);
        let paths = [
            ("/no/store/inventory", refuse),
            ("/down/store/inventory", fail),
            ("/cut/store/inventory", Reply::Close),
        ];
        Rehearsal { place, upstream: Recorder::start(paths).await }
    }

    /// Verifies with this key against this path of the upstream, which accepts every key at other paths.
    fn verify(&self, path: &str, words: &[&str]) -> Said {
        let allow = self.upstream.allowance();
        self.run(
            json!({"apiKey": KEY, "baseUrl": format!("{}{path}", self.upstream.origin())}),
            &[&["--allow-egress", &allow], words].concat(),
        )
    }

    fn run(&self, credential: Value, words: &[&str]) -> Said {
        self.place.write("credential.json", credential.to_string());
        let words = [&["verify", "petstore.wasm", "--credential", "credential.json"], words].concat();
        let said = self.place.run(&words);
        assert!(!format!("{said:?}").contains(KEY), "the secret is shown: {said:?}");
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_have_exit_codes_and_reports() {
    let it = Rehearsal::new().await;
    let said = it.verify("", &[]).ended(0, &[]);
    for told in ["petstore 0.1.0: valid", "/store/inventory -> 200", "apiKey in header `api_key`"] {
        assert!(said.stdout.contains(told), "not told: {told}\n{said:#?}");
    }
    let said = it.verify("/no", &[]).ended(1, &[]);
    assert!(
        said.stdout.contains("petstore 0.1.0: invalid") && said.stdout.contains("field: /apiKey"),
        "{said:?}"
    );
    let said = it.verify("/down", &[]).ended(3, &[]);
    assert!(said.stdout.contains("petstore 0.1.0: undecided"), "{said:?}");
    it.verify("/cut", &[]).ended(3, &[]);
    assert!(it.upstream.received().iter().all(|request| request.contains(KEY)));
}

#[tokio::test(flavor = "multi_thread")]
async fn address_that_is_not_allowed_is_refused_with_what_allows_it() {
    let it = Rehearsal::new().await;
    let said = it
        .run(json!({"apiKey": KEY, "baseUrl": it.upstream.origin()}), &[])
        .ended(1, &["hint:", "--allow-egress"]);
    let allowance = it.upstream.allowance();
    assert!(said.stdout.contains("destination-refused") && said.stdout.contains(&allowance), "{said:?}");
    assert!(said.stdout.contains("field: /baseUrl"), "{said:?}");
    assert!(it.upstream.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn control_finds_who_accepts_wrong_secrets() {
    let it = Rehearsal::new().await;
    let said = it.verify("", &["--control"]).ended(4, &[]);
    assert!(said.stdout.contains("control: wrong secrets were accepted"), "{said:?}");
    assert!(said.stdout.starts_with("petstore 0.1.0: control-failed"), "{said:?}");
    let sent = it.upstream.received();
    let keys: Vec<_> =
        sent.iter().map(|text| crate::harness::recorder::header(text, "api_key").unwrap()).collect();
    assert_eq!((keys.len(), keys[0], keys[1].len()), (2, KEY, KEY.len()));
    assert_ne!(keys[0], keys[1]);

    // A Petstore that checks.
    let petstore = keystead::demo::Petstore::bind(None).await.unwrap();
    let base_url = petstore.base_url();
    tokio::spawn(petstore.run());
    let credential = json!({"apiKey": "special-key", "baseUrl": base_url});
    let said = it.run(credential, &["--allow-egress", "127.0.0.1:*", "--control"]).ended(0, &[]);
    assert!(said.stdout.contains("control: wrong secrets were refused"), "{said:?}");
    // What is refused anyway needs no control.
    let said = it.verify("/no", &["--control"]).ended(1, &[]);
    assert!(
        said.stdout.contains("control: did not run") && said.stdout.contains("petstore 0.1.0: invalid"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_plugins_have_their_own_exit_code() {
    let it = Rehearsal::new().await;
    it.place.write("petstore.wasm", guest("misbehave"));
    for (mode, kind) in [("trap", "trapped"), ("liar", "unproven")] {
        let credential = json!({"apiKey": KEY, "baseUrl": it.upstream.origin(), "mode": mode});
        let said = it.run(credential, &["--allow-egress", &it.upstream.allowance()]).ended(4, &[]);
        assert!(said.stdout.contains(kind), "{said:?}");
    }
    it.place.write("petstore.wasm", "rubbish");
    it.run(json!({}), &[]).ended(4, &["`petstore.wasm` is refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_break_the_schema_are_told_by_pointer() {
    let it = Rehearsal::new().await;
    let said = it.run(json!({"apiKey": 27, "surplus": KEY}), &[]).ended(1, &[]);
    assert!(said.stdout.contains("/apiKey ") && said.stdout.contains("/surplus"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_no_json_are_wrong_usage() {
    let it = Rehearsal::new().await;
    for text in [
        format!(r#"{{"apiKey":"{KEY}""#),
        format!(r#"{{"apiKey":"{KEY}","apiKey":"{KEY}"}}"#),
        format!(r#"["{KEY}"]"#),
    ] {
        it.place.write("credential.json", text);
        let said = it.place.run(&["verify", "petstore.wasm", "--credential", "credential.json"]);
        let said = said.ended(2, &["the credential in `credential.json` is not acceptable JSON at line 1"]);
        assert!(!said.stderr.contains(KEY), "{said:?}");
    }
    it.place.run(&["verify", "petstore.wasm", "--credential", "missing.json"]).ended(2, &["missing.json"]);
    it.place.run(&["verify", "missing.wasm", "--credential", "credential.json"]).ended(2, &["missing.wasm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_get_one_json_object_with_the_transcript() {
    let it = Rehearsal::new().await;
    let said = it.verify("/no", &["--json"]).ended(1, &[]);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&document["outcome"], &document["field"]), (&json!("invalid"), &json!("/apiKey")));
    assert_eq!(document["transcript"][0]["name"], "http.send");
    assert_eq!(document["evidence"]["exchanges"][0]["placements"][0]["name"], "api_key");

    let credential = json!({"apiKey": KEY, "baseUrl": it.upstream.origin()}).to_string();
    let allow = it.upstream.allowance();
    let words =
        ["verify", "petstore.wasm", "--credential", "-", "--json", "--control", "--allow-egress", &allow];
    let said = it.place.run_with(&words, &[], &credential).ended(4, &[]);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&document["outcome"], &document["control"]["outcome"]),
        (&json!("control-failed"), &json!("accepted"))
    );
}
