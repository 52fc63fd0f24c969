//! The walls of the house, read from the source: which room may use what, and what stands nowhere.

mod rules;
mod source;

use rules::{OPENERS, RULES, opens_a_secret};
use source::{Source, host_sources, tracked_files};

#[test]
fn walls_stand() {
    let (host, tracked) = (host_sources(), tracked_files());
    let mut found = Vec::new();
    for rule in RULES {
        found.extend((rule.check)(if rule.of_host { &host } else { &tracked }));
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{} walls are broken:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_wall_can_fail() {
    for rule in RULES {
        let planted: Vec<Source> =
            rule.planted.iter().map(|(path, text)| Source::new(path, &text.replace('~', ""))).collect();
        let found = (rule.check)(&planted);
        assert_eq!(found.len(), planted.len(), "{}: {found:?}", rule.name);
    }
}

#[test]
fn comments_strings_and_tests_break_no_wall() {
    let text = "//! Hides sqlx::Any.\nconst FILTER: &str = \"sqlx=warn\"; // wasmtime\n\
                #[cfg(test)]\nmod tests { fn t() { secret.expose(); } }\n";
    let harmless = [Source::new("host/src/api/mod.rs", text)];
    for rule in RULES.iter().filter(|rule| rule.of_host) {
        assert_eq!((rule.check)(&harmless), Vec::<String>::new(), "{}", rule.name);
    }
}

#[test]
fn list_of_openers_names_no_file_that_opens_nothing() {
    let host = host_sources();
    for (path, _) in OPENERS {
        let source = host.iter().find(|source| source.path == format!("host/src/{path}"));
        let opens = source.is_some_and(|source| source.product().any(|(_, line)| opens_a_secret(&line)));
        assert!(opens, "{path} opens no secret any more: take it off the list");
    }
}
