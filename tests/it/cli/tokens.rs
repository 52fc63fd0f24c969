//! Tokens and workspaces, written to the database beside the service.

use super::place::Place;

#[tokio::test]
async fn token_made_before_the_first_start_opens_the_service() {
    let place = Place::new();
    let words =
        ["token", "create", "--workspace", "default", "--rights", "components:read", "--data-dir", "data"];
    let token = place.run(&words).ended(0, &[]).alone();
    let service = place.start(&["serve", "--data-dir", "data"], &[]);
    let (status, components) = service.get("/v1/components", &token).await;
    assert_eq!((status, components), (200, serde_json::json!({ "items": [] })));
    assert_eq!(service.get("/v1/components", &token.replace("kst_w_", "kst_i_")).await.0, 401);
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn tokens_and_workspaces_are_made_while_the_service_runs() {
    let place = Place::new();
    let service = place.start(&["serve"], &[]);
    place.run(&["workspace", "create", "acme"]).ended(0, &["created workspace `acme`"]);
    place.run(&["workspace", "create", "acme"]).ended(1, &["`acme` exists already"]);
    assert_eq!(place.run(&["workspace", "list"]).ended(0, &[]).stdout, "acme\ndefault\n");
    let words = ["token", "create", "--workspace", "acme", "--rights", "admin", "--expires", "1h"];
    let token = place.run(&words).ended(0, &[]).alone();
    assert_eq!(service.get("/v1/credentials", &token).await.0, 200);
}

#[test]
fn tokens_that_make_no_sense_are_refused() {
    let place = Place::new();
    let create = |words: &[&str]| place.run(&[&["token", "create"], words].concat());
    create(&["--rights", "admin"]).ended(2, &["--workspace", "--installation"]);
    create(&["--installation", "--workspace", "default", "--rights", "operator"]).ended(2, &[]);
    create(&["--installation"]).ended(2, &["--rights"]);
    create(&["--installation", "--rights", "credentials:read"]).ended(
        2,
        &[
            "cannot hold the right `credentials:read`",
            "hint: an installation token can hold:",
            "workspaces:write",
        ],
    );
    create(&["--workspace", "default", "--rights", "operator"])
        .ended(2, &["hint: a workspace token can hold:", "runtime"]);
    create(&["--workspace", "default", "--rights", "everything"]).ended(2, &["`everything` is not a right"]);
    create(&["--workspace", "default", "--rights", "admin", "--expires", "yesterday"])
        .ended(2, &["--expires", "`30d`"]);
    create(&["--workspace", "default", "--rights", "admin", "--expires", "2020-01-01"])
        .ended(2, &["`2020-01-01` lies in the past"]);
    create(&["--workspace", "default", "--rights", "all, every"])
        .ended(2, &["`all`, `every` are not rights"]);
    create(&["--workspace", "Not A Workspace", "--rights", "admin"]).ended(2, &["workspace id"]);
    // Nothing has been made until now.
    assert!(place.listing("").is_empty());
    create(&["--workspace", "nobody", "--rights", "admin"])
        .ended(1, &["workspace `nobody` does not exist", "keystead workspace create nobody"]);
}

#[test]
fn new_database_is_told_and_reading_makes_none() {
    let place = Place::new();
    let told = "made a new database in `away/keystead.db`";
    let words = ["--data-dir", "away"];
    place
        .run(&[&["workspace", "list"], &words[..]].concat())
        .ended(2, &["there is no database at `away/keystead.db`", "hint:", "--data-dir"]);
    assert!(place.listing("").is_empty());
    place.run(&[&["workspace", "create", "acme"], &words[..]].concat()).ended(0, &[told]);
    let create =
        ["token", "create", "--workspace", "acme", "--rights", " admin, runtime", "--expires", "2999-01-01"];
    let said = place.run(&[&create, &words[..]].concat()).ended(0, &[]);
    assert_eq!(said.stderr, "");
    place.run(&[&create, &["--data-dir", "other"][..]].concat()).ended(1, &["made a new database in"]);
    assert_eq!(
        place.run(&[&["workspace", "list"], &words[..]].concat()).ended(0, &[]).stdout,
        "acme\ndefault\n"
    );
}

#[test]
fn database_that_cannot_be_reached_is_told_without_its_password() {
    let place = Place::new();
    let url = "postgres://app:pa55word@127.0.0.1:1/keystead";
    let said =
        place.run(&["migrate", "--database-url", url]).ended(3, &["error: the database is not available: cannot connect to PostgreSQL at 127.0.0.1:1: Connection refused"]);
    assert!(!said.stderr.contains("pa55word"), "{said:?}");
    let help = place.run_with(&["migrate", "--help"], &[("KEYSTEAD_DATABASE_URL", url)], "").ended(0, &[]);
    assert!(!help.stdout.contains("pa55word"), "{help:?}");
}
