//! Every subcommand's help shows examples, and they run.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};

use super::place::Place;
use crate::harness::place::profile_dir;
use crate::harness::wasm::plugin;

/// The credentials of examples, in whose place those of the test are put.
const ONE: &str = "cred_01kb3x8f6v0q4s7t9w2y5z8a1c";
const OTHER: &str = "cred_01kb3x9d2h5m8p1r4t7v0x3z6c";

/// The subcommands that the help of `words` lists.
fn subcommands(place: &Place, words: &[&str]) -> Vec<String> {
    let help = place.run(&[words, &["--help"]].concat()).ended(0, &[]).stdout;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    // Deeper lines go on with a description.
    let names = lines.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    names.map(|line| line.split(' ').next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

/// Every subcommand that does something, in words.
fn leaves(place: &Place, words: &[&str]) -> Vec<Vec<String>> {
    let below = subcommands(place, words);
    if below.is_empty() {
        return vec![words.iter().map(|&word| word.to_owned()).collect()];
    }
    below.iter().flat_map(|name| leaves(place, &[words, &[name.as_str()]].concat())).collect()
}

/// The examples in the help of a subcommand.
fn examples(place: &Place, words: &[String]) -> Vec<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let help = place.run(&words).ended(0, &[]).stdout;
    let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("no examples: {help}"));
    assert!(examples.lines().all(|line| line.len() < 80), "too long for a terminal: {examples}");
    // A long one goes on in the next line.
    let examples = examples.replace("\\\n", "");
    examples.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// A platform that calls the API, and sets the scene for an example.
struct Platform {
    address: String,
    token: String,
    /// The fields of a credential for the Petstore.
    fields: Value,
}

impl Platform {
    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, format!("{}/v1/{path}", self.address)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// Two new credentials, and the inactive flow `orders`, which holds the first.
    async fn set_scene(&self) -> [String; 2] {
        let draft = json!({"component": "petstore", "fields": self.fields});
        let mut ids = [const { String::new() }; 2];
        for id in &mut ids {
            let saved = self.call(Method::POST, "credentials", &draft).await;
            *id = saved["id"].as_str().unwrap().to_owned();
        }
        let step = json!({"id": "fetch", "component": "petstore", "credential": ids[0]});
        let flow = json!({"name": "Orders", "steps": [step]});
        self.call(Method::PUT, "flows/orders", &flow).await;
        self.call(Method::POST, "flows/orders/deactivate", &json!({})).await;
        ids
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_every_subcommand_run() {
    let place = Place::new();
    place.write("petstore.wasm", plugin("petstore"));
    std::fs::create_dir(place.path().join("samples")).unwrap();
    place.write("samples/petstore.wasm", plugin("petstore"));
    place.write("keystead.toml", "log_level = 'warn'\n[sandbox]\nconcurrency = 8\n");
    let create = |words: &[&str]| {
        let words = [&["token", "create", "--data-dir", "service"], words].concat();
        place.run(&words).ended(0, &[]).alone()
    };
    let operator = create(&["--installation", "--rights", "components:install,components:consent"]);
    let member = create(&["--workspace", "default", "--rights", "admin"]);
    let service =
        place.start(&["serve", "--data-dir", "service"], &[("KEYSTEAD_ALLOW_EGRESS", "127.0.0.1:*")]);
    let samples = place.path().join("samples").display().to_string();
    let petstore = keystead::demo::Petstore::bind(None).await.unwrap();
    let fields = json!({"apiKey": "special-key", "baseUrl": petstore.base_url()});
    place.write("credential.json", fields.to_string());
    place.write("orders.json", r#"{"name": "Orders", "steps": [{"id": "fetch", "component": "petstore"}]}"#);
    tokio::spawn(petstore.run());
    let platform = Platform { address: service.address.clone(), token: member.clone(), fields };

    let leaves = leaves(&place, &[]);
    assert!(leaves.len() >= 27, "{leaves:?}");
    for words in leaves {
        let examples = examples(&place, &words);
        assert!(!examples.is_empty(), "{words:?} has no examples");
        let is_for_members = matches!(words[0].as_str(), "flow" | "credential");
        let environment = [
            ("KEYSTEAD_SERVER", service.address.as_str()),
            ("KEYSTEAD_TOKEN", if is_for_members { &member } else { &operator }),
            ("KEYSTEAD_SAMPLES", samples.as_str()),
            ("KEYSTEAD_ALLOW_EGRESS", "127.0.0.1:*"),
        ];
        for mut example in examples {
            assert!(example.contains(&format!("keystead {}", words.join(" "))), "{words:?}: {example}");
            if is_for_members {
                let [one, other] = platform.set_scene().await;
                example = example.replace(ONE, &one).replace(OTHER, &other);
            }
            run(&place, &words, &example, &environment);
            if words == ["plugin", "remove"] {
                // Others need it.
                run(&place, &words, "keystead plugin install petstore.wasm --yes", &environment);
            }
        }
    }
}

/// Runs an example as a person would: in a shell, or, where it goes on until it is stopped, until it listens.
fn run(place: &Place, words: &[String], example: &str, environment: &[(&str, &str)]) {
    if words == ["serve"] || words == ["demo"] {
        let words: Vec<&str> = example.split_whitespace().skip(1).collect();
        assert_eq!(place.start(&words, environment).stop(), Some(0), "{example}");
        return;
    }
    let path = format!("{}:{}", profile_dir().display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", example]).current_dir(place.path()).env("PATH", path).stdin(Stdio::null());
    let output = shell.envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{example}: {output:?}");
}

#[test]
fn help_explains_the_exit_codes() {
    let help = Place::new().run(&["--help"]).ended(0, &[]).stdout;
    assert!(help.contains("Exit codes: 0 done"), "{help}");
}
