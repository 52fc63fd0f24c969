//! The database, and what only it can tell: tables, root key, role, clock, components.

use std::sync::Arc;
use std::time::Instant;

use super::finding::Finding;
use super::machine;
use crate::catalogue::{Catalogue, State};
use crate::config::{ROOT_KEY_VARIABLE, Settings, root_key_from_env};
use crate::domain::clock::SystemEntropy;
use crate::keyring::{KeySource, Keyring, find_root_key};
use crate::sandbox::Sandbox;
use crate::store::Store;

/// Looks at the database and at everything behind it.
pub(super) async fn examine(
    settings: &Settings,
    sandbox: Option<&Arc<Sandbox>>,
    findings: &mut Vec<Finding>,
) {
    let shown = settings.database.shown();
    if settings.database.file().is_some_and(|file| !file.exists()) {
        findings.push(Finding::warning(
            "database",
            format!("`{shown}` does not exist"),
            "the first start makes it",
        ));
        findings.push(machine::clock(None, None));
        return;
    }
    let store = match Store::open_to_read(settings.database.url().expose()).await {
        Ok(store) => store,
        Err(error) => {
            let found = format!("`{shown}` cannot be opened: {error}");
            findings.push(Finding::failed(
                "database",
                found,
                "start the database, or correct --database-url",
            ));
            return;
        }
    };
    let clock = look(&store, &shown, findings).await;
    let has_tables = tables(&store, findings).await;
    if has_tables {
        root_key(settings, &store, findings).await;
    }
    role(&store, findings).await;
    let newest = if has_tables { store.newest_record().await.ok().flatten() } else { None };
    findings.push(machine::clock(clock, newest));
    if let (true, Some(sandbox)) = (has_tables, sandbox) {
        findings.push(components(&store, sandbox).await);
    }
    store.close().await;
}

async fn look(store: &Store, shown: &str, findings: &mut Vec<Finding>) -> Option<jiff::Timestamp> {
    let examination = match store.examine().await {
        Ok(examination) => examination,
        Err(error) => {
            let found = format!("`{shown}` does not answer: {error}");
            findings.push(Finding::failed("database", found, "look at the database's own log"));
            return None;
        }
    };
    findings.push(Finding::ok("database", format!("{} answers at `{shown}`", examination.version)));
    let told: Vec<String> =
        examination.durability.iter().map(|(name, value, _)| format!("{name} {value}")).collect();
    let wrong: Vec<String> = examination
        .durability
        .iter()
        .filter(|(_, value, wanted)| value != wanted)
        .map(|(name, _, wanted)| format!("{name} to {wanted}"))
        .collect();
    findings.push(if wrong.is_empty() {
        Finding::ok("durability", told.join(", "))
    } else {
        let found = format!("{}: what was acknowledged may be lost", told.join(", "));
        Finding::failed("durability", found, format!("set {}", wrong.join(", ")))
    });
    findings.push(if examination.faults.is_empty() {
        Finding::ok("integrity", "no damage was found")
    } else {
        Finding::failed("integrity", examination.faults.join("; "), "stop the service and restore a backup")
    });
    examination.clock
}

async fn tables(store: &Store, findings: &mut Vec<Finding>) -> bool {
    match store.check_schema().await {
        Ok(()) => findings.push(Finding::ok("migrations", "the tables are those of this program")),
        Err(error) => {
            let advice = "nothing else of the database was looked at";
            findings.push(Finding::failed("migrations", error.to_string(), advice));
            return false;
        }
    }
    true
}

/// Compares the root key with what the database was started with. Makes none.
async fn root_key(settings: &Settings, store: &Store, findings: &mut Vec<Finding>) {
    let check = "root key";
    let source = KeySource {
        text_from_env: root_key_from_env(),
        file: settings.root_key_file.clone(),
        default_file: settings.database.default_key_file(),
    };
    let recorded = match store.root_key().await {
        Ok(recorded) => recorded,
        Err(error) => {
            let found = format!("the database's record of its root key cannot be read: {error}");
            return findings.push(Finding::failed(check, found, "restore the database from a backup"));
        }
    };
    let keyring = find_root_key(source, false, &SystemEntropy).and_then(Keyring::new);
    findings.push(match (keyring, recorded) {
        (Ok(keyring), Some(recorded)) => match keyring.verify_check(&recorded.key_id, &recorded.check) {
            Ok(()) => Finding::ok(check, format!("{} is the one of this database", keyring.key_id())),
            Err(error) => Finding::failed(check, error.to_string(), "no other key opens what is stored"),
        },
        (Ok(keyring), None) => {
            Finding::ok(check, format!("{}; the database was not started with any yet", keyring.key_id()))
        }
        (Err(error), None) if settings.database.is_embedded() => {
            Finding::warning(check, error.to_string(), "the first start makes one")
        }
        (Err(error), _) => Finding::failed(
            check,
            error.to_string(),
            format!("give it with --root-key-file or in {ROOT_KEY_VARIABLE}"),
        ),
    });
}

async fn role(store: &Store, findings: &mut Vec<Finding>) {
    findings.push(match store.bypasses_row_security().await {
        Ok(false) => Finding::ok("role", "no role passes the walls between workspaces"),
        Ok(true) => Finding::warning(
            "role",
            "the PostgreSQL role passes row-level security, so the second wall between workspaces is missing",
            "log in as a role without SUPERUSER and BYPASSRLS",
        ),
        Err(error) => Finding::failed("role", error.to_string(), "let the role read pg_roles"),
    });
}

/// Compiles what is installed, as every start does: no compiled code is kept.
async fn components(store: &Store, sandbox: &Arc<Sandbox>) -> Finding {
    let check = "components";
    let started = Instant::now();
    let catalogue = match Catalogue::load(store, sandbox).await {
        Ok(catalogue) => catalogue,
        Err(error) => return Finding::failed(check, error.to_string(), "look at the database's own log"),
    };
    let took = started.elapsed().as_millis();
    let components = catalogue.list();
    let faulty: Vec<String> = components
        .iter()
        .filter_map(|component| match &component.state {
            State::Faulty(reason) => Some(format!("{}: {reason}", component.id)),
            State::Active { .. } => None,
        })
        .collect();
    let count = components.len();
    if faulty.is_empty() {
        return Finding::ok(check, format!("{count} compiled and loaded in {took} ms, as at each start"));
    }
    let found = format!("{} of {count} cannot verify: {}", faulty.len(), faulty.join("; "));
    Finding::failed(check, found, "install a release that works; the others are not affected")
}
