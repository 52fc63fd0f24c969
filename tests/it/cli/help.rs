//! Every subcommand's help shows examples, and they run.

use std::process::Stdio;

use super::place::Place;
use crate::harness::place::profile_dir;
use crate::harness::wasm::plugin;

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
    examples.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_every_subcommand_run() {
    let place = Place::new();
    place.write("petstore.wasm", plugin("petstore"));
    std::fs::create_dir(place.path().join("samples")).unwrap();
    place.write("samples/petstore.wasm", plugin("petstore"));
    place.write("keystead.toml", "log_level = 'warn'\n[sandbox]\nconcurrency = 8\n");
    let rights = "components:install,components:consent";
    let words = ["token", "create", "--installation", "--rights", rights, "--data-dir", "service"];
    let token = place.run(&words).ended(0, &[]).alone();
    let service = place.start(&["serve", "--data-dir", "service"], &[]);
    let samples = place.path().join("samples").display().to_string();
    let environment = [
        ("KEYSTEAD_SERVER", service.address.as_str()),
        ("KEYSTEAD_TOKEN", token.as_str()),
        ("KEYSTEAD_SAMPLES", samples.as_str()),
        ("KEYSTEAD_ALLOW_EGRESS", "127.0.0.1:*"),
    ];
    let petstore = keystead::demo::Petstore::bind(None).await.unwrap();
    let credential = serde_json::json!({"apiKey": "special-key", "baseUrl": petstore.base_url()});
    place.write("credential.json", credential.to_string());
    tokio::spawn(petstore.run());

    let leaves = leaves(&place, &[]);
    assert!(leaves.len() >= 11, "{leaves:?}");
    for words in leaves {
        let examples = examples(&place, &words);
        assert!(!examples.is_empty(), "{words:?} has no examples");
        for example in examples {
            assert!(example.contains(&format!("keystead {}", words.join(" "))), "{words:?}: {example}");
            run(&place, &words, &example, &environment);
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
