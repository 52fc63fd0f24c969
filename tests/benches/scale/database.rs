//! Seeded databases: made for one run, or kept in a folder.

use std::fmt;
use std::path::Path;

use keystead::store::{Backend, Store};

use super::cluster::Cluster;
use super::{place, postgres, seed};

/// How much is in a database.
#[derive(Clone, Copy)]
pub struct Size {
    pub credentials: u64,
    /// Of five steps each.
    pub flows: u64,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} credentials and {} flows", self.credentials, self.flows)
    }
}

/// A seeded database.
pub struct Seeded {
    pub backend: Backend,
    pub size: Size,
    pub url: String,
    /// As a role that may change settings; PostgreSQL only.
    pub admin_url: Option<String>,
    pub store: Store,
    _guard: Guard,
}

/// Keeps a database for as long as it is used.
enum Guard {
    Nothing,
    Folder(#[expect(dead_code, reason = "held, not read")] tempfile::TempDir),
    Postgres(#[expect(dead_code, reason = "held, not read")] postgres::PostgresDatabase),
}

impl Seeded {
    /// Finds a kept database, or makes one.
    pub async fn open(backend: Backend, size: Size, analyzed: bool, keep: Option<&Path>) -> Self {
        let (url, admin_url, guard) = match (backend, keep) {
            (Backend::Sqlite, Some(folder)) => {
                (keep_sqlite(folder, size, analyzed).await, None, Guard::Nothing)
            }
            (Backend::Sqlite, None) => {
                let folder = tempfile::tempdir_in(place::target_dir()).unwrap();
                (keep_sqlite(folder.path(), size, analyzed).await, None, Guard::Folder(folder))
            }
            (Backend::Postgres, Some(folder)) if std::env::var_os("TEST_DATABASE_URL").is_none() => {
                let cluster = Cluster::shared(folder);
                let url = keep_postgres(cluster, size).await;
                let name = database_name(size);
                (url, Some(cluster.url("postgres", &name)), Guard::Nothing)
            }
            (Backend::Postgres, _) => {
                let database = postgres::create(true).await;
                seed::fill(backend, &database.url, size, analyzed).await;
                (database.url.clone(), Some(database.admin_url()), Guard::Postgres(database))
            }
        };
        let store = Store::open(&url).await.unwrap();
        store.check_schema().await.expect("a kept database is of another Keystead; remove its folder");
        Self { backend, size, url, admin_url, store, _guard: guard }
    }
}

async fn keep_sqlite(folder: &Path, size: Size, analyzed: bool) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let note = if analyzed { "" } else { "-unanalyzed" };
    let file = folder.join(format!("scale-{}{note}.db", size.credentials));
    if !file.exists() {
        // Whole under its name, or not there.
        let part = file.with_extension("part");
        let _ = std::fs::remove_file(&part);
        let url = format!("sqlite://{}", part.display());
        migrate(&url).await;
        seed::fill(Backend::Sqlite, &url, size, analyzed).await;
        std::fs::rename(&part, &file).unwrap();
    }
    format!("sqlite://{}", file.display())
}

fn database_name(size: Size) -> String {
    format!("scale_{}", size.credentials)
}

async fn keep_postgres(cluster: &Cluster, size: Size) -> String {
    let name = database_name(size);
    if !cluster.has(&name).await {
        cluster.run("DROP DATABASE IF EXISTS part").await;
        cluster.run("CREATE DATABASE part OWNER keystead").await;
        let url = cluster.url("keystead", "part");
        migrate(&url).await;
        seed::fill(Backend::Postgres, &url, size, true).await;
        cluster.run(&format!("ALTER DATABASE part RENAME TO {name}")).await;
    }
    cluster.url("keystead", &name)
}

async fn migrate(url: &str) {
    let store = Store::open(url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}
