//! The whole path with the real binary, as its users take it: start, tokens, install, save, refuse, delete; and no
//! trace of the key in anything that Keystead wrote or said.

pub(crate) mod installation;
mod trace;

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::petstore::{GOOD_KEY, petstore};
use crate::harness::postgres;
use crate::harness::process::program;
use installation::Installation;
use trace::Traces;

/// A key that the Petstore does not know; it must leave as little trace as the good one.
const WRONG_KEY: &str = "mistyped-key-4711";

#[tokio::test]
async fn petstore_credential_is_verified_sealed_and_saved_on_sqlite() {
    let mut installation = Installation::start(&[], &[]);
    let data_dir = installation.data_dir();
    walk(&mut installation, || {
        let mut names = data_dir.read_dir().unwrap().flatten().map(|entry| entry.file_name());
        assert!(
            names.any(|name| name.to_string_lossy().ends_with("-wal")),
            "there is no write-ahead log to search"
        );
        Vec::new()
    })
    .await;
}

#[tokio::test]
async fn petstore_credential_is_verified_sealed_and_saved_on_postgresql() {
    let database = postgres::create(false).await;
    let key = installation::run(&mut installation::keystead(&["key", "generate"])).0;
    let environment = [("KEYSTEAD_ROOT_KEY", key.trim())];
    let mut installation = Installation::start(&["--database-url", &database.url], &environment);
    walk(&mut installation, || {
        // As the role that sees every row: the service's own would dump what row-level security shows it, nothing.
        let mut command = Command::new(program("pg_dump", "postgresql-client"));
        let output = command.arg("--dbname").arg(database.admin_url()).output().unwrap();
        assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
        let dump = String::from_utf8_lossy(&output.stdout);
        assert!(dump.contains("cred_"), "the dump holds no credential: nothing was searched");
        output.stdout
    })
    .await;
}

/// Takes the whole path; the database is the only difference between its callers. `dump` is what the database holds,
/// where that is not in the data folder.
async fn walk(installation: &mut Installation, dump: impl Fn() -> Vec<u8>) {
    let operator =
        installation.token(&["--installation", "--rights", "components:install,components:consent"]);
    let rights = "credentials:read,credentials:write,credentials:use,components:read";
    let token = installation.token(&["--workspace", "default", "--rights", rights]);

    let sentences = installation.install("petstore", &operator);
    assert!(sentences.contains("may send GET"), "the egress sentence is not shown:\n{sentences}");
    let (status, components) = installation.call("GET", "/v1/components", &token, None).await;
    assert_eq!((status, &components["items"][0]["id"]), (200, &json!("petstore")), "{components}");

    // A wrong key is refused, and nothing is stored.
    let (status, problem) =
        installation.call("POST", "/v1/credentials", &token, Some(draft(WRONG_KEY))).await;
    assert_eq!(status, 422, "{problem}");
    assert!(problem["type"].as_str().unwrap().ends_with("credential-rejected"), "{problem}");
    assert_eq!(problem["field"], "/apiKey", "{problem}");
    assert_eq!(list(installation, &token).await, Vec::<Value>::new());

    // A dry run of the good key stores nothing either.
    let path = "/v1/credentials?dry_run=true";
    let (status, verdict) = installation.call("POST", path, &token, Some(draft(GOOD_KEY))).await;
    assert_eq!((status, &verdict["verdict"]), (200, &json!("valid")), "{verdict}");
    assert_eq!(list(installation, &token).await, Vec::<Value>::new());

    // The good key is saved; the answer shows everything but the secret.
    let (status, saved) = installation.call("POST", "/v1/credentials", &token, Some(draft(GOOD_KEY))).await;
    assert_eq!((status, &saved["status"]), (201, &json!("verified")), "{saved}");
    assert_eq!(saved["fields"], json!({"baseUrl": petstore().base_url()}));
    assert_eq!(saved["secrets"], json!(["/apiKey"]));
    assert_eq!(list(installation, &token).await.len(), 1);
    let path = format!("/v1/credentials/{}", saved["id"].as_str().unwrap());
    let (status, again) = installation.call("POST", &format!("{path}/verify"), &token, None).await;
    assert_eq!(status, 200, "{again}");

    // While it runs, with the write-ahead log in place.
    search(installation, &dump());

    let (status, _) = installation.call("DELETE", &path, &token, None).await;
    assert_eq!(status, 204);
    let (status, _) = installation.call("GET", &path, &token, None).await;
    assert_eq!(status, 404);
    assert_eq!(list(installation, &token).await, Vec::<Value>::new());

    assert_eq!(installation.stop(), Some(0), "{}", installation.said());
    search(installation, b"");
}

fn draft(key: &str) -> Value {
    json!({"component": "petstore", "fields": {"apiKey": key, "baseUrl": petstore().base_url()}})
}

async fn list(installation: &mut Installation, token: &str) -> Vec<Value> {
    let (status, page) = installation.call("GET", "/v1/credentials", token, None).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().clone()
}

/// Looks for both keys in every file of the data folder, in a dump, and in all that was printed, logged and answered.
fn search(installation: &Installation, dump: &[u8]) {
    for key in [GOOD_KEY, WRONG_KEY] {
        let traces = Traces::of(key);
        let mut found = traces.in_folder(&installation.data_dir());
        found.extend(traces.in_text("the dump", dump));
        found.extend(traces.in_text("what was printed, logged and answered", installation.said().as_bytes()));
        assert!(found.is_empty(), "{key} left traces: {found:#?}");
    }
}
