//! What stands on disk: readable by its owner alone, and without any trace of a secret.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use keystead::domain::clock::SystemEntropy;
use keystead::domain::id::WorkspaceId;
use keystead::keyring::{Binding, Keyring, RootKey};
use keystead::store::Store;

use super::samples::{self, audit, workspace};
use crate::harness::databases::{Backend, Database, Guard, fresh, on_both_databases};

const CANARY: &str = "canary-9f2c-do-not-find-me";

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_database_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("some").join("data");
    let file = data.join("keystead.db");
    let store = Store::open(&format!("sqlite://{}", file.display())).await.unwrap();
    store.migrate().await.unwrap();
    samples::install(&store).await;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&file), 0o600);
    for journal in ["keystead.db-wal", "keystead.db-shm"] {
        assert_eq!(mode(&data.join(journal)), 0o600, "{journal}");
    }
}

#[tokio::test]
async fn sqlite_is_set_to_lose_nothing() {
    let db = fresh(Backend::Sqlite).await;
    let Guard::Folder(folder) = &db.guard else { panic!("not SQLite") };
    assert_eq!(db.number("SELECT journal_mode = 'wal' FROM pragma_journal_mode").await, 1);
    assert!(folder.path().join("keystead.db-wal").exists());
}

/// All that the database keeps, as bytes: files of SQLite, rows as text on PostgreSQL.
async fn everything(db: &Database) -> Vec<u8> {
    match &db.guard {
        Guard::Folder(folder) => {
            let files = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
            files.flatten().collect()
        }
        Guard::Postgres(_) => {
            let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&db.url).await.unwrap();
            sqlx::raw_sql("SET keystead.scope = 'jobs'").execute(&mut connection).await.unwrap();
            let rows: Vec<String> = sqlx::query_scalar(
                "SELECT c::text FROM credentials c UNION ALL SELECT v::text FROM verifications v UNION ALL SELECT a::text FROM audit a",
            )
            .fetch_all(&mut connection)
            .await
            .unwrap();
            rows.concat().into_bytes()
        }
        Guard::Elsewhere => panic!("a twin has no database of its own"),
    }
}

/// Whether the canary stands there raw, in base64 (at any of its three alignments) or in hexadecimal.
fn shows_canary(bytes: &[u8]) -> bool {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![CANARY.to_owned(), hex.to_uppercase(), hex];
    for start in 0..3 {
        let aligned = &CANARY.as_bytes()[start..];
        forms.push(engine.encode(&aligned[..aligned.len() / 3 * 3]));
    }
    forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

async fn insert_sealed(store: &Store, default: &WorkspaceId, fields: &str) {
    let keyring = Keyring::new(RootKey::generate(&SystemEntropy)).unwrap();
    let mut new = samples::credential(default);
    let credential = &new.credential;
    let binding = Binding {
        workspace: default,
        component: &credential.component,
        credential: &credential.id,
        version: credential.version,
    };
    let sealed = keyring.seal(&SystemEntropy, &binding, fields.as_bytes()).unwrap();
    new.record = sealed.bytes;
    new.key_id = sealed.key_id;
    let id = new.credential.id.clone();
    store.insert_credential(new, audit(Some(default), "credential.create")).await.unwrap();

    let stored = store.find_sealed(default, &id).await.unwrap().unwrap();
    let binding = Binding {
        credential: &id,
        component: &stored.credential.component,
        ..binding_of(default, &stored.credential)
    };
    assert!(keyring.open(&binding, &stored.record).unwrap().expose() == fields.as_bytes());
}

fn binding_of<'a>(
    workspace: &'a WorkspaceId,
    credential: &'a keystead::domain::credential::Credential,
) -> Binding<'a> {
    Binding {
        workspace,
        component: &credential.component,
        credential: &credential.id,
        version: credential.version,
    }
}

on_both_databases! {
    async fn a_sealed_secret_leaves_no_trace(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        insert_sealed(&db.store, &default, &format!(r#"{{"apiKey":"{CANARY}"}}"#)).await;
        assert!(!shows_canary(&everything(&db).await));

        // The search finds what is there.
        let mut planted = samples::credential(&default);
        planted.credential.name = CANARY.to_owned();
        db.store.insert_credential(planted, audit(Some(&default), "credential.create")).await.unwrap();
        assert!(shows_canary(&everything(&db).await));
    }

    async fn a_record_moved_to_another_row_does_not_open(db: Database) {
        let default = workspace("default");
        samples::install(&db.store).await;
        let keyring = Keyring::new(RootKey::generate(&SystemEntropy)).unwrap();
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut new = samples::credential(&default);
            new.record = keyring.seal(&SystemEntropy, &binding_of(&default, &new.credential), b"{}").unwrap().bytes;
            ids.push(new.credential.id.clone());
            db.store.insert_credential(new, audit(Some(&default), "credential.create")).await.unwrap();
        }
        let moved = format!(
            "UPDATE credentials SET record = (SELECT record FROM credentials WHERE id = '{}') WHERE id = '{}'",
            ids[0], ids[1]
        );
        db.sql(&moved).await.unwrap();
        for (id, opens) in ids.iter().zip([true, false]) {
            let stored = db.store.find_sealed(&default, id).await.unwrap().unwrap();
            let opened = keyring.open(&binding_of(&default, &stored.credential), &stored.record);
            assert_eq!(opened.is_ok(), opens);
        }
    }
}
