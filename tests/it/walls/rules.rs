//! Each wall: a check over files, and files that it must find fault with.

use std::collections::BTreeSet;

use super::source::{Source, has_word};

/// A wall.
pub struct Rule {
    pub name: &'static str,
    /// Whether it reads `host/src` alone, or every file of the repository.
    pub of_host: bool,
    /// One sentence for each violation.
    pub check: fn(&[Source]) -> Vec<String>,
    /// Files with one violation each; `~` is dropped, so that this file itself does not break the wall.
    pub planted: &'static [(&'static str, &'static str)],
}

pub const RULES: &[Rule] = &[
    Rule {
        name: "crates stay in their rooms",
        of_host: true,
        check: crates_stay_in_their_rooms,
        planted: &[
            ("host/src/api/mod.rs", "use sqlx::Row;"),
            ("host/src/store/rows.rs", "let pool = sqlx::Any::new();"),
            ("host/src/catalogue/mod.rs", "fn f(engine: &wasmtime::Engine) {}"),
            ("host/src/verify/mod.rs", "let client = reqwest::Client::new();"),
            ("host/src/egress/mod.rs", "use axum::Router;"),
            ("host/src/accounts/session.rs", "use axum::Router;"),
            ("host/src/api/auth.rs", "use argon2::Argon2;"),
        ],
    },
    Rule {
        name: "only egress and client open outbound sockets",
        of_host: true,
        check: sockets_are_opened_in_egress,
        planted: &[
            ("host/src/verify/mod.rs", "let stream = TcpStream::connect(address).await?;"),
            ("host/src/api/health.rs", "tokio::net::lookup_host(name).await"),
            ("host/src/store/mod.rs", "UdpSocket::bind(address)"),
        ],
    },
    Rule {
        name: "secrets are opened where the list says",
        of_host: true,
        check: secrets_are_opened_where_listed,
        planted: &[("host/src/api/credentials.rs", "let text = secret.expose();")],
    },
    Rule {
        name: "secrets cannot be shown",
        of_host: true,
        check: secrets_cannot_be_shown,
        planted: &[
            ("host/src/domain/secret.rs", "#[derive(Clone, Debug)]\npub struct Secret(String);"),
            (
                "host/src/domain/fields.rs",
                "#[derive(serde::Serialize)]\n/// Fields.\npub struct Fields(Value);",
            ),
            ("host/src/api/error.rs", "impl std::fmt::Display for SecretBytes {"),
        ],
    },
    Rule {
        name: "no unsafe code",
        of_host: true,
        check: no_unsafe_code,
        planted: &[("host/src/sandbox/engine.rs", "let value = unsafe { *pointer };")],
    },
    Rule {
        name: "files are short",
        of_host: false,
        check: files_are_short,
        // Each letter becomes a line of its own below 501 line ends.
        planted: &[("host/src/domain/id.rs", LONG_FILE)],
    },
    Rule {
        name: "both databases have the same migrations",
        of_host: false,
        check: migrations_come_in_pairs,
        planted: &[("migrations/sqlite/0001_a.sql", ""), ("migrations/postgres/0002_b.sql", "")],
    },
    Rule {
        name: "nothing built is kept",
        of_host: false,
        check: nothing_built_is_kept,
        planted: &[("plugins/wasm-build/release/libserde.rlib", ""), ("plugins/petstore.wasm", "")],
    },
    Rule {
        name: "files name no machine",
        of_host: false,
        check: files_name_no_machine,
        planted: &[
            ("README.md", "cd /wo~rk/keystead"),
            ("tests/lib.rs", "// see /ro~ot/.cargo"),
            ("tests/upstreams/package-lock.json", "https://registry.npm~js.org/a.tgz"),
        ],
    },
];

/// Which crates belong to which rooms.
const ROOMS: [(&str, &[&str]); 5] = [
    ("sqlx", &["store/"]),
    ("wasmtime", &["sandbox/"]),
    ("reqwest", &["egress/", "client/"]),
    ("axum", &["api/", "demo/", "ui/", "web/"]),
    ("argon2", &["accounts/"]),
];

/// Files that open secrets, each with its reason. A new entry is a decision.
pub const OPENERS: &[(&str, &str)] = &[
    ("accounts/password.rs", "checks, hashes and compares passwords"),
    ("boot/database.rs", "opens the database at its URL, which may hold a password"),
    ("cli/doctor/database.rs", "opens the database at its URL, to look at it"),
    ("cli/output.rs", "prints a new token or key, the one time that it is shown"),
    ("cli/verify/control.rs", "makes a wrong secret out of a right one, for an author's control run"),
    ("ui/cookie.rs", "puts a session's text into its cookie, and reads it there"),
    ("ui/member.rs", "looks a session up by its cookie"),
    ("ui/posted.rs", "derives the forms' token from the session's text"),
    ("cli/serve.rs", "prints the one-time link of the first user"),
    ("api/leases.rs", "hands the fields to the runtime that leases them"),
    ("client/mod.rs", "shows the API token to the service that it is for"),
    ("config/database.rs", "tells SQLite from PostgreSQL by the database's URL"),
    ("domain/descriptor/schema.rs", "checks the fields against the schema"),
    ("egress/mod.rs", "hands the fields to the sandbox after tokens took the place of secrets"),
    ("egress/plan.rs", "checks each secret's characters against its placements"),
    ("egress/reflection.rs", "builds the patterns that find a reflected secret"),
    ("egress/sealing/mod.rs", "replaces tokens by secrets just before sending"),
    ("keyring/source.rs", "reads and writes the root key's file"),
    ("verify/edit.rs", "seals the very text that was verified, after an edit"),
    ("verify/mod.rs", "looks for secrets in the fields that everybody may read"),
    ("verify/retry.rs", "takes the keyed hash of a request that may be sent again"),
    ("verify/save.rs", "seals the very text that was verified"),
    ("verify/stored.rs", "reads the fields of a stored credential"),
];

/// Types that hold secrets.
const SECRET_TYPES: [&str; 5] = ["Secret", "SecretBytes", "Fields", "RootKey", "Keyring"];

/// The longest file that is read with pleasure, in lines.
const LINES: usize = 500;

const LONG_FILE: &str = {
    const ENDS: [u8; LINES + 1] = [b'\n'; LINES + 1];
    match std::str::from_utf8(&ENDS) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn room(source: &Source) -> &str {
    source.path.strip_prefix("host/src/").unwrap_or(&source.path)
}

fn crates_stay_in_their_rooms(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.code() {
            for (name, rooms) in ROOMS {
                let is_at_home = rooms.iter().any(|home| room(source).starts_with(home));
                // A derive macro's own attributes, as in #[sqlx(rename)], are the crate too.
                let is_named =
                    has_word(&line, name) || name == "wasmtime" && has_word(&line, "wasmtime_wasi");
                if is_named && !is_at_home {
                    found.push(format!("{}:{number}: {name} belongs to {}", source.path, rooms.join(", ")));
                }
            }
            if line.contains("sqlx::Any") {
                found.push(format!(
                    "{}:{number}: sqlx::Any knows too few types; dispatch in store/",
                    source.path
                ));
            }
        }
    }
    found
}

fn sockets_are_opened_in_egress(sources: &[Source]) -> Vec<String> {
    const OPENERS: [&str; 5] =
        ["TcpStream::connect", "TcpSocket", "UdpSocket", "lookup_host", "to_socket_addrs"];
    let outside =
        |source: &&Source| !["egress/", "client/"].iter().any(|home| room(source).starts_with(home));
    let mut found = Vec::new();
    for source in sources.iter().filter(outside) {
        for (number, line) in source.product() {
            if let Some(name) = OPENERS.iter().find(|name| line.contains(**name)) {
                found.push(format!("{}:{number}: {name} belongs to egress/ or client/", source.path));
            }
        }
    }
    found
}

/// Whether a line of code opens a secret.
pub fn opens_a_secret(line: &str) -> bool {
    [".expose()", ".expose_json()", ".expose_sorted_json()"].iter().any(|call| line.contains(call))
}

fn secrets_are_opened_where_listed(sources: &[Source]) -> Vec<String> {
    let unlisted = |source: &&Source| !OPENERS.iter().any(|(path, _)| *path == room(source));
    let mut found = Vec::new();
    for source in sources.iter().filter(unlisted) {
        for (number, _) in source.product().filter(|(_, line)| opens_a_secret(line)) {
            found.push(format!(
                "{}:{number}: opens a secret and is not on the list of tests/it/walls",
                source.path
            ));
        }
    }
    found
}

fn secrets_cannot_be_shown(sources: &[Source]) -> Vec<String> {
    const SHOWING: [&str; 3] = ["Debug", "Display", "Serialize"];
    let mut found = Vec::new();
    for source in sources {
        // The attributes since the last item ended.
        let mut attributes = String::new();
        for (number, line) in source.code() {
            let shows = |text: &str| SHOWING.iter().copied().find(|word| has_word(text, word));
            let holder = |before: &str| {
                SECRET_TYPES.iter().copied().find(|name| {
                    line.split_once(before).is_some_and(|(_, rest)| {
                        has_word(rest.split(['(', '{', '<', ';']).next().unwrap_or(""), name)
                    })
                })
            };
            if let (Some(word), Some(name)) = (shows(&attributes), holder("struct ")) {
                found.push(format!("{}:{number}: {name} derives {word}", source.path));
            }
            if line.trim_start().starts_with("impl")
                && let (Some(word), Some(name)) = (shows(&line), holder(" for "))
            {
                found.push(format!("{}:{number}: {name} implements {word}", source.path));
            }
            if line.trim_start().starts_with("#[") {
                attributes.push_str(&line);
            } else if !line.trim().is_empty() {
                attributes.clear();
            }
        }
    }
    found
}

fn no_unsafe_code(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, _) in source.code().filter(|(_, line)| has_word(line, "unsafe")) {
            found.push(format!("{}:{number}: unsafe code", source.path));
        }
    }
    found
}

fn files_are_short(sources: &[Source]) -> Vec<String> {
    let rust = sources.iter().filter(|source| source.path.ends_with(".rs"));
    let long =
        rust.map(|source| (&source.path, source.text.lines().count())).filter(|(_, lines)| *lines > LINES);
    long.map(|(path, lines)| format!("{path}: {lines} lines; the longest file has {LINES}")).collect()
}

fn migrations_come_in_pairs(sources: &[Source]) -> Vec<String> {
    let names = |folder| -> BTreeSet<&str> {
        sources.iter().filter_map(|source| source.path.strip_prefix(folder)).collect()
    };
    let (sqlite, postgres) = (names("migrations/sqlite/"), names("migrations/postgres/"));
    sqlite
        .symmetric_difference(&postgres)
        .map(|name| format!("migrations: {name} is there for one database only"))
        .collect()
}

fn nothing_built_is_kept(sources: &[Source]) -> Vec<String> {
    const ENDINGS: [&str; 8] = [".wasm", ".rlib", ".rmeta", ".o", ".so", ".d", ".part", "CACHEDIR.TAG"];
    let is_built = |source: &&Source| ENDINGS.iter().any(|ending| source.path.ends_with(ending));
    sources.iter().filter(is_built).map(|source| format!("{}: is built, not written", source.path)).collect()
}

fn files_name_no_machine(sources: &[Source]) -> Vec<String> {
    // In pieces, so that this file does not name them either.
    const NAMES: [&str; 9] = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/tmp/", "wt"),
        concat!("/tmp/", "kt"),
        concat!("crates", ".io"),
        concat!("npm", "js.org"),
        concat!("pypi", ".org"),
        concat!("deb.", "debian.org"),
        concat!("static.", "rust-lang.org"),
    ];
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !source.path.ends_with("Cargo.lock")) {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(name) = NAMES.iter().find(|name| line.contains(**name)) {
                found.push(format!("{}:{}: names {name}", source.path, index + 1));
            }
        }
    }
    found
}
