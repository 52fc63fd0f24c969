//! `keystead doctor`, with the real binary, over installations that are well and such that are not.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::acceptance::installation::{Installation, keystead, run};
use crate::harness::postgres;

/// What the doctor says: its exit code and its findings as `level check: found`.
fn doctor(words: &[&str], environment: &[(&str, &str)]) -> (i32, Vec<String>) {
    let output =
        keystead(&["doctor", "--json"]).args(words).envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{:?}", output.stderr));
    let findings = told["checks"].as_array().unwrap().iter().map(|finding| {
        let [level, check, found] = ["level", "check", "found"].map(|name| finding[name].as_str().unwrap());
        assert_eq!(finding["advice"].is_null(), level == "ok", "{finding}");
        format!("{level} {check}: {found}")
    });
    let code = output.status.code().unwrap();
    assert_eq!(told["healthy"], code == 0);
    (code, findings.collect())
}

/// An installation that ran once, with a component, and is stopped.
fn installation() -> Installation {
    let mut installation = Installation::start(&[], &[]);
    let operator = installation.token(&["--installation", "--rights", "operator"]);
    installation.install("petstore", &operator);
    assert_eq!(installation.stop(), Some(0));
    // The harness made the folder, not the service.
    std::fs::set_permissions(installation.data_dir(), std::fs::Permissions::from_mode(0o700)).unwrap();
    installation
}

/// Every file with its content and the time of its last change.
fn state(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>, std::time::SystemTime)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let changed = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name(), std::fs::read(entry.path()).unwrap(), changed)
        })
        .collect();
    files.sort();
    files
}

#[track_caller]
fn assert_found(findings: &[String], beginning: &str, part: &str) {
    let found = findings.iter().any(|line| line.starts_with(beginning) && line.contains(part));
    assert!(found, "no `{beginning} … {part}` in {findings:#?}");
}

#[tokio::test]
async fn a_healthy_installation_is_found_so_and_left_as_it_is() {
    let installation = installation();
    let folder = installation.data_dir();
    let before = state(&folder);
    let (code, findings) = doctor(&["--data-dir", folder.to_str().unwrap()], &[]);
    assert_eq!(code, 0, "{findings:#?}");
    assert!(
        findings.iter().all(|line| line.starts_with("ok ") || line.starts_with("warning descriptors")),
        "{findings:#?}"
    );
    assert_found(&findings, "ok durability", "journal wal, synchronous full, foreign keys on");
    assert_found(&findings, "ok components", "1 compiled and loaded");
    assert!(state(&folder) == before, "the doctor wrote something");
}

#[tokio::test]
async fn a_new_installation_has_warnings_and_gets_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, findings) = doctor(&["--data-dir", data.to_str().unwrap()], &[]);
    assert_eq!(code, 0, "{findings:#?}");
    assert_found(&findings, "warning database", "does not exist");
    assert!(!data.exists());
}

#[tokio::test]
async fn each_fault_is_named_and_fails() {
    let installation = installation();
    let folder = installation.data_dir();
    let data = folder.to_str().unwrap();
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let failing = |words: &[&str], environment: &[(&str, &str)], beginning: &str, part: &str| {
        let (code, findings) = doctor(&[&["--data-dir", data], words].concat(), environment);
        assert_eq!(code, 1, "{findings:#?}");
        assert_found(&findings, beginning, part);
    };

    mode("root.key", 0o644);
    failing(&[], &[], "failed key file", "others may read");
    mode("root.key", 0o600);
    mode("keystead.db", 0o640);
    failing(&[], &[], "failed files", "mode 640");
    mode("keystead.db", 0o600);
    mode("", 0o755);
    failing(&[], &[], "failed data folder", "mode 755");
    mode("", 0o700);

    let other = run(&mut keystead(&["key", "generate"])).0;
    failing(
        &[],
        &[("KEYSTEAD_ROOT_KEY", other.trim())],
        "failed root key",
        "but this database is sealed with",
    );
    std::fs::rename(folder.join("root.key"), folder.join("away")).unwrap();
    failing(&[], &[], "failed root key", "is missing");
    std::fs::rename(folder.join("away"), folder.join("root.key")).unwrap();
    failing(&["--allow-egress", "nonsense"], &[], "failed settings", "nonsense");

    let url = format!("sqlite://{data}/keystead.db");
    let sql = async |statement: &str| {
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    };
    sql("UPDATE release_bytes SET bytes = x'00'").await;
    failing(&[], &[], "failed components", "petstore: ");
    sql("INSERT INTO audit (id, at, action, outcome, detail)
         SELECT substr(id, 1, length(id) - 1) || 'Z', at + 3600000, action, outcome, detail FROM audit LIMIT 1").await;
    failing(&[], &[], "failed clock", "before the newest record");
    sql("UPDATE _sqlx_migrations SET version = version + 1000").await;
    failing(&[], &[], "failed migrations", "does not know");

    std::fs::write(folder.join("keystead.db"), [0x55; 8192]).unwrap();
    failing(&[], &[], "failed database", "damaged");
}

#[tokio::test]
async fn allowed_addresses_are_tried_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = format!("{}", listener.local_addr().unwrap());
    let closed = format!("127.0.0.1:{}", crate::harness::process::free_port());
    let words =
        [open.as_str(), &closed, "10.0.0.0/8:443", "127.0.0.1:*"].map(|it| ["--allow-egress", it]).concat();
    let data = folder.path().join("data");
    let (code, findings) = doctor(&[words.as_slice(), &["--data-dir", data.to_str().unwrap()]].concat(), &[]);
    assert_eq!(code, 0, "{findings:#?}");
    assert_found(&findings, "ok allowances", &format!("{} answers", open.replace(':', "/32:")));
    assert_found(&findings, "warning allowances", &closed);
    assert_found(&findings, "ok allowances", "10.0.0.0/8:443; a range is not tried");
    // The service's own listener is never a destination, allowed or not.
    let (_, findings) =
        doctor(&["--allow-egress", &open, "--listen", &open, "--data-dir", data.to_str().unwrap()], &[]);
    assert_found(&findings, "warning allowances", "never dialled");
}

#[tokio::test]
async fn postgresql_is_looked_at_as_the_role_that_the_service_has() {
    let database = postgres::create(true).await;
    let key = run(&mut keystead(&["key", "generate"])).0;
    let environment = [("KEYSTEAD_ROOT_KEY", key.trim())];
    let (_, findings) = doctor(&["--database-url", &database.url], &environment);
    // The tests' own cluster does without syncing, which the doctor has to notice; another one may sync.
    let others =
        findings.iter().filter(|line| line.starts_with("failed ") && !line.contains("durability: fsync off"));
    assert_eq!(others.count(), 0, "{findings:#?}");
    assert_found(&findings, "", " durability: fsync ");
    assert_found(&findings, "ok database", "PostgreSQL ");
    assert_found(&findings, "ok clock", "as at the database");
    assert_found(&findings, "ok role", "");
    assert_found(&findings, "ok migrations", "");
    let (_, findings) = doctor(&["--database-url", &database.admin_url()], &environment);
    assert_found(&findings, "warning role", "passes row-level security");
    let (code, findings) = doctor(&["--database-url", &database.url], &[]);
    assert_eq!(code, 1);
    assert_found(&findings, "failed root key", "no root key is given");
    let (code, findings) =
        doctor(&["--database-url", "postgres://nobody:s3cret@127.0.0.1:1/none"], &environment);
    assert_eq!(code, 1);
    assert_found(&findings, "failed database", "postgres://127.0.0.1:1/none");
    assert!(!findings.concat().contains("s3cret"), "{findings:#?}");
}
