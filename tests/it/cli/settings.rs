//! Where settings come from, and what is wrong with them.

use super::place::Place;

/// Makes a database and says in which folder it came to be.
fn data_dir(place: &Place, words: &[&str], environment: &[(&str, &str)]) -> String {
    place.run_with(&[&["migrate"], words].concat(), environment, "").ended(0, &["up to date"]);
    let made = ["line", "variable", "file", "keystead-data"]
        .into_iter()
        .filter(|name| std::fs::remove_dir_all(place.path().join(name)).is_ok());
    made.collect::<Vec<_>>().join(" and ")
}

#[test]
fn command_line_precedes_environment_precedes_file_precedes_default() {
    let place = Place::new();
    place.write("keystead.toml", "data_dir = 'file'\n");
    let (line, file) = (["--data-dir", "line"], ["--config", "keystead.toml"]);
    let variable = [("KEYSTEAD_DATA_DIR", "variable")];
    assert_eq!(data_dir(&place, &[line, file].concat(), &variable), "line");
    assert_eq!(data_dir(&place, &file, &variable), "variable");
    assert_eq!(data_dir(&place, &file, &[]), "file");
    assert_eq!(data_dir(&place, &[], &[("KEYSTEAD_CONFIG", "keystead.toml")]), "file");
    assert_eq!(data_dir(&place, &[], &[]), "keystead-data");
}

#[test]
fn what_is_wrong_with_the_file_is_told() {
    let place = Place::new();
    for (text, told) in [
        ("lisen = '127.0.0.1:0'", "line 1: unknown field `lisen`"),
        ("\n[sandbox]\ncpu = 5", "line 3: unknown field `cpu`"),
        ("[api]\nport = 5", "unknown field `port`"),
        ("listen = 'here'", "line 1"),
        ("listen =", "line 1"),
        ("[sandbox]\ncpu_ms = 1", "`sandbox.cpu_ms` is 1; it must be from 10 to 60000"),
        ("[egress]\nexchanges = 0", "error: `egress.exchanges` is 0"),
        ("[budgets]\nfailures = 0", "error: `budgets.failures` is 0; it must be from 1 to 1000000"),
        ("[budgets]\nfailure = 1", "line 2: unknown field `failure`"),
        ("[api]\nheaders = 1", "headers` is 1"),
        ("allow_egress = ['10.0.0.1:443']\n[egress]\nallow = []\nexchanges = 0", "`egress.exchanges` is 0"),
        ("allow_egress = ['10.0.0.1:443']\n[egress]\nallow = ['10.0.0.1:443']", "twice"),
        ("allow_egress = ['169.254.169.254:80']", "169.254.169.254:80"),
    ] {
        place.write("keystead.toml", text);
        let said = place.run(&["serve", "--listen", "127.0.0.1:0", "--config", "keystead.toml"]);
        said.ended(2, &["error: ", told]);
    }
    place
        .run(&["serve", "--config", "missing.toml"])
        .ended(2, &["cannot read the settings file `missing.toml`"]);
    assert_eq!(place.listing("").len(), 1, "only the settings file is there");
}

#[test]
fn options_given_twice_or_unknown_are_wrong_usage() {
    let place = Place::new();
    place
        .run(&["serve", "--data-dir", "a", "--data-dir", "b"])
        .ended(2, &["--data-dir", "cannot be used multiple times"]);
    place.run(&["serve", "--listne", "127.0.0.1:0"]).ended(2, &["--listne"]);
    for text in ["here", "localhost:8090", "8090"] {
        place.run(&["serve", "--listen", text]).ended(2, &["--listen", "such as `127.0.0.1:8090`"]);
    }
    place.run_with(&["serve"], &[("KEYSTEAD_LISTEN", "here")], "").ended(2, &["--listen"]);
    place.run(&[]).ended(2, &["Usage: keystead"]);
    assert!(place.listing("").is_empty());
}

#[test]
fn variables_that_are_empty_count_as_not_given() {
    let place = Place::new();
    let names = [
        "LISTEN",
        "DATA_DIR",
        "DATABASE_URL",
        "CONFIG",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "ALLOW_EGRESS",
        "ROOT_KEY",
    ];
    let names = names.map(|name| format!("KEYSTEAD_{name}"));
    let mut environment: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    environment.push(("KEYSTEAD_ROOT_KEY_FILE", ""));
    let service = place.start(&["serve", "--listen", "127.0.0.1:0"], &environment);
    assert_eq!(service.stop(), Some(0));
    assert!(place.path().join("keystead-data/root.key").exists());
}

#[test]
fn databases_that_cannot_be_used_are_told_first() {
    let place = Place::new();
    for url in ["mysql://app:pa55word@localhost/keystead", "/var/lib/pa55word.db", "sqlite::memory:"] {
        for command in ["serve", "migrate"] {
            let said =
                place.run_with(&[command, "--database-url", url], &[("KEYSTEAD_ROOT_KEY", "weak")], "");
            assert!(!said.ended(2, &["error: the database URL "]).stderr.contains("pa55word"));
        }
    }
    place.run(&["serve", "--database-url", ""]).ended(2, &["the database URL has to begin with"]);
    assert!(place.listing("").is_empty());
}

#[test]
fn settings_that_are_more_open_than_they_look_are_warned_of() {
    let place = Place::new();
    let listen = [("KEYSTEAD_LISTEN", "0.0.0.0:0")];
    let service = place.start(&["serve", "--allow-egress", "0.0.0.0/0:443"], &listen);
    let said = service.stop_and_read();
    assert_eq!(said.matches("plain HTTP").count(), 1, "{said}");
    assert!(said.contains("the allowance `0.0.0.0/0:443` opens all addresses"), "{said}");
    let said = place.start(&["serve", "--allow-egress", "10.0.0.0/8:443"], &[]).stop_and_read();
    assert!(!said.contains("WARN"), "{said}");
}

#[test]
fn reader_who_leaves_early_is_no_error() {
    let place = Place::new();
    let mut command = place.command(&["openapi"], &[]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}

#[test]
fn taken_port_is_told_before_anything_is_written() {
    let place = Place::new();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    place
        .run(&["serve", "--listen", &address])
        .ended(1, &[&format!("cannot listen on {address}"), "hint: another program"]);
    assert!(place.listing("").is_empty());
}

#[test]
fn log_for_machines_is_json_line_by_line() {
    let place = Place::new();
    let service = place.start(&["serve", "--log-format", "json"], &[("KEYSTEAD_LOG_LEVEL", "debug")]);
    let said = service.stderr();
    assert_eq!(service.stop(), Some(0));
    assert!(!said.is_empty());
    for line in said.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["message"].is_string() && line["timestamp"].is_string(), "{line}");
    }
}
