//! Rows of components, credentials, flows and steps, written in SQL past the store.

use crate::harness::databases::{Backend, Database};

/// Why a database refused a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// A row that is referred to is missing, or a row is still referred to.
    Reference,
    /// A column is NULL.
    Null,
    /// A check failed.
    Check,
    /// A key is taken.
    Taken,
    /// The row is of another workspace than the transaction.
    OtherWorkspace,
}

/// Runs a statement that has to be refused, and says why it was.
#[track_caller]
pub fn refusal_of(error: Option<sqlx::Error>, statement: &str) -> Refusal {
    let error = error.unwrap_or_else(|| panic!("not refused: {statement}"));
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
    match code.as_str() {
        // SQLite refuses with RESTRICT by a trigger of its own (1811).
        "787" | "1811" | "23503" | "23001" => Refusal::Reference,
        "1299" | "23502" => Refusal::Null,
        "275" | "23514" => Refusal::Check,
        "1555" | "2067" | "23505" => Refusal::Taken,
        "42501" => Refusal::OtherWorkspace,
        _ => panic!("refused for another reason: {statement}: {error}"),
    }
}

/// Runs a statement that has to be refused, and compares the reason.
pub async fn refuse(db: &Database, statement: &str, expected: Refusal) {
    assert_eq!(refusal_of(db.sql(statement).await.err(), statement), expected, "{statement}");
}

/// Runs a statement that has to succeed; how many rows it changed.
pub async fn run(db: &Database, statement: &str) -> u64 {
    db.sql(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// `petstore` and `shop`, which need credentials, and `clock`, which needs none; workspace `other` beside
/// `default`; credentials `pet` and `shop` in `default`, `far` (of `petstore`) in `other`; and three inactive flows of
/// one step each: `orders` (step `fetch`, `petstore`, holds `pet`), `drafts` (step `fetch`, `petstore`, holds none)
/// and `ticks` (step `tick`, `clock`).
pub async fn make_world(db: &Database) {
    run(db, "INSERT INTO workspaces (id, created_at) VALUES ('other', 0)").await;
    component(db, "petstore", true).await;
    component(db, "shop", true).await;
    component(db, "clock", false).await;
    for (workspace, component, id) in
        [("default", "petstore", "pet"), ("default", "shop", "shop"), ("other", "petstore", "far")]
    {
        run(db, &credential(db.backend, workspace, component, id, "verified")).await;
    }
    for (id, step) in [
        ("orders", step("orders", "fetch", false, "petstore", true, Some("pet"))),
        ("drafts", step("drafts", "fetch", false, "petstore", true, None)),
        ("ticks", step("ticks", "tick", false, "clock", false, None)),
    ] {
        run(db, &flow("default", id, false)).await;
        run(db, &step).await;
    }
}

/// Installs a component with one release, whose digest names it.
pub async fn component(db: &Database, id: &str, needs_credential: bool) {
    let (digest, bytes) = (digest(id), bytes(db.backend));
    for statement in [
        format!(
            "INSERT INTO components (id, title, needs_credential, installed_at) VALUES ('{id}', 'T', {needs_credential}, 0)"
        ),
        format!("INSERT INTO release_bytes (digest, bytes) VALUES ('{digest}', {bytes})"),
        format!(
            "INSERT INTO releases (component, digest, version, status, descriptor, sentences, installed_at)
             VALUES ('{id}', '{digest}', '1', 'active', '{{}}', '[]', 0)"
        ),
    ] {
        run(db, &statement).await;
    }
}

fn digest(component: &str) -> String {
    format!("sha256:{component:0<64}")
}

fn bytes(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "x'00'",
        Backend::Postgres => "'\\x00'",
    }
}

/// A statement that inserts a credential with this status.
pub fn credential(backend: Backend, workspace: &str, component: &str, id: &str, status: &str) -> String {
    let (digest, bytes) = (digest(component), bytes(backend));
    format!(
        "INSERT INTO credentials (workspace, component, id, name, status, public_fields, secrets, destinations, version,
             release_version, release_digest, record, key_id, verified_at, created_at, updated_at)
         VALUES ('{workspace}', '{component}', '{id}', 'N', '{status}', '{{}}', '[]', '[]', 1,
             '1', '{digest}', {bytes}, 'k', 0, 0, 0)"
    )
}

/// A statement that inserts a flow.
pub fn flow(workspace: &str, id: &str, active: bool) -> String {
    format!(
        "INSERT INTO flows (workspace, id, name, active, revision, created_at, updated_at)
         VALUES ('{workspace}', '{id}', 'F', {active}, 1, 0, 0)"
    )
}

/// A statement that inserts a step of workspace `default`, with these copies of what its flow and component say.
pub fn step(
    flow: &str,
    id: &str,
    flow_active: bool,
    component: &str,
    needs_credential: bool,
    credential: Option<&str>,
) -> String {
    let credential = credential.map_or("NULL".to_owned(), |id| format!("'{id}'"));
    format!(
        "INSERT INTO flow_steps (workspace, flow, step, position, flow_active, component, needs_credential, credential)
         VALUES ('default', '{flow}', '{id}', 0, {flow_active}, '{component}', {needs_credential}, {credential})"
    )
}

/// A statement that activates or deactivates a flow of workspace `default`.
pub fn set_active(flow: &str, active: bool) -> String {
    format!("UPDATE flows SET active = {active} WHERE workspace = 'default' AND id = '{flow}'")
}
