//! Root keys: a wrong, weak, missing or doubly given one starts nothing and writes nothing.

use std::os::unix::fs::PermissionsExt as _;

use super::place::Place;

const VARIABLE: &str = "KEYSTEAD_ROOT_KEY";

/// 32 zero bytes.
const WEAK: &str = "keystead-root-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What makes a key for nobody else to read.
const UMASK: &str = "(umask 077 && keystead key generate > root.key)";

fn new_key(place: &Place) -> String {
    place.run(&["key", "generate"]).ended(0, &[]).alone()
}

fn write_private(place: &Place, name: &str, content: &str) -> String {
    let path = place.write(name, content);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// A place whose database was started once.
fn started_once() -> Place {
    let place = Place::new();
    let service = place.start(&["serve", "--data-dir", "data"], &[]);
    assert_eq!(service.stop(), Some(0));
    place
}

/// Serves in vain; asserts that not a byte has changed.
#[track_caller]
fn refused(place: &Place, code: i32, words: &[&str], environment: &[(&str, &str)], told: &[&str]) {
    let before = place.listing("");
    let words = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
    let said = place.run_with(&words, environment, "").ended(code, told);
    assert!(said.stderr.starts_with("error: "), "{said:?}");
    assert_eq!(said.stdout, "");
    assert!(place.listing("") == before, "something was written: {:?}", place.listing("").keys());
}

#[test]
fn first_start_makes_a_key_for_nobody_else_to_read() {
    let place = started_once();
    let mode = |name: &str| std::fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/root.key"), mode("data/keystead.db")), (0o700, 0o600, 0o600));
    let key = std::fs::read(place.path().join("data/root.key")).unwrap();
    assert_eq!(place.start(&["serve", "--data-dir", "data"], &[]).stop(), Some(0));
    assert_eq!(std::fs::read(place.path().join("data/root.key")).unwrap(), key);
}

#[test]
fn generated_keys_differ() {
    let place = Place::new();
    let (one, other) = (new_key(&place), new_key(&place));
    assert!(one.starts_with("keystead-root-1:") && one != other);
}

#[test]
fn key_of_another_database_is_refused() {
    let place = started_once();
    let other = new_key(&place);
    refused(
        &place,
        1,
        &["--data-dir", "data"],
        &[(VARIABLE, &other)],
        &["this database is sealed with rk-", VARIABLE],
    );
    let file = write_private(&place, "other.key", &other);
    refused(
        &place,
        1,
        &["--data-dir", "data", "--root-key-file", &file],
        &[],
        &["other.key` is rk-", "is sealed with rk-"],
    );
    // The right one still opens it.
    assert_eq!(place.start(&["serve", "--data-dir", "data"], &[]).stop(), Some(0));
}

#[test]
fn lost_key_is_not_replaced() {
    let place = started_once();
    std::fs::remove_file(place.path().join("data/root.key")).unwrap();
    refused(&place, 1, &["--data-dir", "data"], &[], &["root.key is missing", "backup"]);
}

#[test]
fn weak_keys_are_refused() {
    let place = Place::new();
    for weak in [WEAK, "keystead-root-1:c2hvcnQ", "my passphrase"] {
        let told = ["the root key in the environment variable KEYSTEAD_ROOT_KEY is not usable", UMASK];
        refused(&place, 1, &["--data-dir", "data"], &[(VARIABLE, weak)], &told);
    }
    let file = write_private(&place, "weak.key", WEAK);
    refused(
        &place,
        1,
        &["--data-dir", "data", "--root-key-file", &file],
        &[],
        &["weak.key` is not usable", UMASK],
    );
    std::fs::create_dir(place.path().join("data")).unwrap();
    write_private(&place, "data/root.key", WEAK);
    refused(
        &place,
        1,
        &["--data-dir", "data"],
        &[],
        &["the root key in the file `data/root.key` is not usable"],
    );
}

#[test]
fn database_that_was_started_is_not_offered_a_new_key() {
    let place = started_once();
    let before = place.listing("");
    std::fs::remove_file(place.path().join("data/root.key")).unwrap();
    let missing = ["serve", "--data-dir", "data", "--root-key-file", "away.key"];
    for (words, environment) in [
        (&["serve", "--data-dir", "data"][..], &[][..]),
        (&["serve", "--data-dir", "data"], &[(VARIABLE, WEAK)]),
        (&missing, &[]),
    ] {
        let said = place.run_with(words, environment, "");
        let said = said.ended(1, &["hint:", "give the key that this database was started with"]);
        assert!(!said.stderr.contains("key generate"), "{said:?}");
    }
    assert_eq!(place.listing("").len(), before.len() - 1);
}

#[test]
fn key_that_is_made_is_told_once() {
    let place = Place::new();
    let told = "made the root key `data/root.key`; back it up apart from the database";
    for is_told in [true, false] {
        // An empty variable is none.
        let service = place.start(&["serve", "--data-dir", "data"], &[(VARIABLE, "")]);
        assert_eq!(service.stderr().contains(told), is_told, "{}", service.stderr());
        assert_eq!(service.stop(), Some(0));
    }
}

#[test]
fn key_lies_beside_the_database_that_a_url_names() {
    let place = Place::new();
    let service = place.start(&["serve", "--database-url", "sqlite://store/a.db"], &[]);
    assert_eq!(service.stop(), Some(0));
    assert!(place.path().join("store/root.key").exists());
    assert!(!place.path().join("keystead-data").exists());
}

#[test]
fn keys_given_twice_are_refused() {
    let place = Place::new();
    let key = new_key(&place);
    let file = write_private(&place, "root.key", &key);
    let words = ["--data-dir", "data", "--root-key-file", &file];
    refused(&place, 2, &words, &[(VARIABLE, &key)], &["given twice", "hint: unset KEYSTEAD_ROOT_KEY"]);
}

#[test]
fn key_file_that_others_can_read_is_refused() {
    let place = Place::new();
    let file = write_private(&place, "root.key", &new_key(&place));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    refused(&place, 1, &["--data-dir", "data", "--root-key-file", &file], &[], &["chmod 600"]);
}

#[test]
fn key_is_never_made_up_for_postgresql() {
    let place = Place::new();
    let url = "postgres://app:pa55word@127.0.0.1:1/keystead";
    refused(
        &place,
        2,
        &["--database-url", url],
        &[],
        &["no root key is given", "that this database was started with", UMASK],
    );
}

#[test]
fn key_is_no_option_and_no_setting() {
    let place = Place::new();
    let key = new_key(&place);
    place.run(&["serve", "--root-key", &key]).ended(2, &["--root-key"]);
    let file = place.write("keystead.toml", format!("root_key = '{key}'\n")).display().to_string();
    let said = place.run(&["serve", "--config", &file]).ended(2, &["root_key_file", VARIABLE]);
    assert!(!said.stderr.contains(&key), "{said:?}");
}
