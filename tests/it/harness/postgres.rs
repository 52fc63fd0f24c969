//! A PostgreSQL cluster of the test run's own. It starts when the first test needs it, and it is gone,
//! files included, when the test process ends, however that ends: a small shell holds the other end of
//! a pipe and cleans up when the pipe closes.
//!
//! `TEST_DATABASE_URL` names a server to use instead: its role has to be allowed to create databases.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use keystead::store::Store;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use url::Url;

/// The role that the service logs in as: the owner of its tables, bound by row-level security.
const ROLE: &str = "keystead";
const TEMPLATE: &str = "keystead_template";

/// Where databases can be made.
pub struct Server {
    /// As the role that may create databases.
    admin: Url,
    /// As the ordinary role; the path is replaced by a database's name.
    ordinary: Url,
    /// A migrated database to copy from; only in a cluster of our own.
    template: Option<&'static str>,
    /// The shell that cleans up; while the pipe to it is open, the cluster runs.
    _life: Option<Child>,
}

/// A database of one test. In a cluster of our own it goes with the cluster, elsewhere with this value.
pub struct PostgresDatabase {
    pub url: String,
    name: String,
    server: &'static Server,
}

/// A new database: a copy of the migrated template, or an empty one.
pub async fn create(is_migrated: bool) -> PostgresDatabase {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("keystead_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let template = server.template.filter(|_| is_migrated).unwrap_or("template1");
    let owner = server.ordinary.username();
    let mut admin = connect(&server.admin).await;
    run(&mut admin, &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{owner}""#)).await;
    admin.close().await.unwrap();
    let mut url = server.ordinary.clone();
    url.set_path(&name);
    let database = PostgresDatabase { url: url.into(), name, server };
    if is_migrated && server.template.is_none() {
        migrate(&database.url).await;
    }
    database
}

impl PostgresDatabase {
    /// The same database as the role that made it; a superuser in a cluster of our own.
    pub fn admin_url(&self) -> String {
        let mut url = self.server.admin.clone();
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if self.server.template.is_some() {
            return;
        }
        let (server, name) = (self.server, self.name.clone());
        // A runtime of its own: a test's runtime cannot wait inside a destructor.
        let _ = std::thread::spawn(move || {
            block_on(async move {
                let mut admin = connect(&server.admin).await;
                run(&mut admin, &format!(r#"DROP DATABASE "{name}" WITH (FORCE)"#)).await;
            });
        })
        .join();
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let start = || match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => block_on(use_given(&url)),
            Err(_) => block_on(start_cluster()),
        };
        std::thread::spawn(start)
            .join()
            .unwrap_or_else(|_| panic!("PostgreSQL for the tests did not start; the reason stands above"))
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn use_given(url: &str) -> Server {
    let admin = Url::parse(url)
        .expect("TEST_DATABASE_URL is a URL such as postgres://role:password@localhost/postgres");
    let mut connection = connect(&admin).await;
    let passes: bool =
        sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    let mut ordinary = admin.clone();
    if passes {
        // Row-level security does not bind this role: the tests log in as another.
        let role = format!("keystead_test_{}", std::process::id());
        run(
            &mut connection,
            &format!(r#"CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{role}'"#),
        )
        .await;
        ordinary.set_username(&role).unwrap();
        ordinary.set_password(Some(&role)).unwrap();
    }
    Server { admin, ordinary, template: None, _life: None }
}

/// Becomes `postgres` where the tests run as root, since PostgreSQL refuses to. Everything that the
/// cluster writes stands in one folder, which goes last.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
dir=$1 bin=$2 as=
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as='setpriv --reuid=postgres --regid=postgres --init-groups'; fi
cd "$dir"
if $as "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >>"$dir/log" 2>&1 &&
   $as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" start \
     -o "-k $dir -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB" \
     </dev/null >>"$dir/log" 2>&1
then echo ready; exec 1>&-; cat >/dev/null
else cat "$dir/log" "$dir/server.log"; exec 1>&-
fi
$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1
cd / && rm -rf "$dir"
"#;

async fn start_cluster() -> Server {
    let bin = find_binaries();
    let folder = tempfile::Builder::new().prefix("keystead-pg-").tempdir().unwrap().keep();
    let mut child = Command::new("sh")
        .args(["-c", SUPERVISOR, "keystead-postgres"])
        .args([&folder, &bin])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A Ctrl-C at the terminal reaches the tests, not the one who cleans up after them.
        .process_group(0)
        .spawn()
        .expect("sh can be started");
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said.trim(), "ready", "PostgreSQL of {} did not start", bin.display());

    let socket = folder.to_str().unwrap();
    let url = |role: &str, database: &str| {
        let mut url = Url::parse(&format!("postgres://{role}@localhost/{database}")).unwrap();
        url.query_pairs_mut().append_pair("host", socket);
        url
    };
    let (admin, ordinary) = (url("postgres", "postgres"), url(ROLE, TEMPLATE));
    let mut connection = connect(&admin).await;
    run(
        &mut connection,
        &format!("CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"),
    )
    .await;
    run(&mut connection, &format!("CREATE DATABASE {TEMPLATE} OWNER {ROLE}")).await;
    migrate(ordinary.as_str()).await;
    Server { admin, ordinary, template: Some(TEMPLATE), _life: Some(child) }
}

fn find_binaries() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut found: Vec<PathBuf> =
            versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
        found.sort();
        folders.extend(found.into_iter().rev());
    }
    let holds =
        |folder: &PathBuf| ["initdb", "pg_ctl"].iter().all(|name| Path::new(folder).join(name).is_file());
    folders.into_iter().find(holds).unwrap_or_else(|| {
        panic!("the tests need PostgreSQL and found no `initdb`: run `apt-get install postgresql`, or set TEST_DATABASE_URL")
    })
}

async fn migrate(url: &str) {
    let store = Store::open(url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}

async fn connect(url: &Url) -> PgConnection {
    let options = sqlx::postgres::PgConnectOptions::from_url(url).unwrap();
    options
        .connect()
        .await
        .unwrap_or_else(|error| panic!("cannot connect to PostgreSQL for the tests: {error}"))
}

/// Runs a statement made of names that this file chose.
async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}
