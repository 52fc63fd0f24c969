//! A PostgreSQL cluster in a folder, which stays there when the bench ends; set as that of the tests.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use keystead::store::Backend;
use url::Url;

use super::connection::Connection;

/// A running cluster. A shell holds the other end of a pipe and stops it when the pipe closes.
pub struct Cluster {
    folder: PathBuf,
    _life: Child,
}

/// As in the tests' harness, except that the files stay, and what is in memory is written to them.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
dir=$1 as=
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
mkdir -p "$dir"
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as='setpriv --reuid=postgres --regid=postgres --init-groups'; fi
cd "$dir"
if { [ -e data/PG_VERSION ] || $as "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C; } >log 2>&1 &&
   $as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" start \
     -o "-k $dir -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB" \
     </dev/null >>log 2>&1
then echo ready; exec 1>&-; cat >/dev/null
else cat log server.log; exec 1>&-
fi
$as "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null 2>&1
"#;

impl Cluster {
    /// The cluster of this folder, started once.
    pub fn shared(folder: &Path) -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| Self::start(folder.join("postgres")))
    }

    fn start(folder: PathBuf) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", SUPERVISOR, "keystead-postgres"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("sh can be started");
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.trim(), "ready", "PostgreSQL in {} did not start", folder.display());
        Self { folder, _life: child }
    }

    pub fn url(&self, role: &str, database: &str) -> String {
        let mut url = Url::parse(&format!("postgres://{role}@localhost/{database}")).unwrap();
        url.query_pairs_mut().append_pair("host", self.folder.to_str().unwrap());
        url.into()
    }

    /// Whether there is such a database; makes the service's role on the way.
    pub async fn has(&self, database: &str) -> bool {
        let mut admin = Connection::open(Backend::Postgres, &self.url("postgres", "postgres")).await;
        if admin.number("SELECT COUNT(*) FROM pg_roles WHERE rolname = 'keystead'").await == 0 {
            admin.run("CREATE ROLE keystead LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS").await;
        }
        admin.number(&format!("SELECT COUNT(*) FROM pg_database WHERE datname = '{database}'")).await == 1
    }

    /// Runs one statement as the superuser.
    pub async fn run(&self, sql: &str) {
        let mut admin = Connection::open(Backend::Postgres, &self.url("postgres", "postgres")).await;
        admin.run(sql).await;
        admin.close().await;
    }
}
