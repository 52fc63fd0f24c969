//! People, written to the database beside the service.

use super::place::Place;

#[test]
fn people_are_invited_listed_given_new_links_and_removed() {
    let place = Place::new();
    let add = |words: &[&str]| place.run(&[&["user", "add"], words].concat());
    let link = add(&["Ann"]).ended(0, &["made a new database", "the link works once, within 7 days"]).alone();
    let token = link.strip_prefix("http://127.0.0.1:8080/welcome?token=").unwrap();
    assert_eq!(token.len(), 43);
    let again =
        add(&["ann", "--operator", "--public-url", "https://keys.example.com/"]).ended(0, &[]).alone();
    assert!(again.starts_with("https://keys.example.com/welcome?token="), "{again}");
    add(&["bob", "--right", "flows:read", "--right", "credentials:read"]).ended(0, &[]);
    assert_eq!(
        place.run(&["user", "list"]).ended(0, &[]).stdout,
        "ann  invited  operator  default (admin)\nbob  invited  member    default (credentials:read, flows:read)\n"
    );
    let renewed = place.run(&["user", "reset", "ANN"]).ended(0, &["within 24 hours"]).alone();
    assert!(renewed.starts_with("http://127.0.0.1:8080/welcome?token="), "{renewed}");
    place.run(&["user", "remove", "ANN"]).ended(0, &["removed user `ANN`"]);
    for deed in ["remove", "reset"] {
        place.run(&["user", deed, "ann"]).ended(1, &["there is no user `ann`", "hint: `keystead user list`"]);
    }
}

#[test]
fn people_that_make_no_sense_are_refused() {
    let place = Place::new();
    let add = |words: &[&str]| place.run(&[&["user", "add"], words].concat());
    add(&["not a name"]).ended(2, &["a sign-in name is 1 to 100 of A-Z"]);
    add(&["ann", "--right", "everything"]).ended(2, &["`everything` is not a right"]);
    add(&["ann", "--right", "operator"]).ended(2, &["`operator` in a workspace", "--operator"]);
    add(&["ann", "--public-url", "ftp://example.com"]).ended(2, &["https://keystead.example.com"]);
    add(&["ann", "--password", "x"]).ended(2, &["--password"]);
    place.run(&["user", "list"]).ended(2, &["there is no database"]);
    assert!(place.listing("").is_empty());
    add(&["ann", "--workspace", "nowhere"]).ended(1, &["keystead workspace create nowhere"]);
}
