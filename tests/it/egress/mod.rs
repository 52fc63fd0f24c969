//! Egress against real sockets on loopback: what is dialled, what is read, what is refused.

mod answers;
mod edges;
mod lookups;
mod misbehaviour;
mod proxies;
mod requests;
mod upstream;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keystead::domain::id::WorkspaceId;
use keystead::egress::origin::Origin;
use keystead::egress::policy::Policy;
use keystead::egress::resolver::{Resolve, ResolveError, Resolving};
use keystead::egress::settings::Settings;
use keystead::egress::transport::{Answer, Transport, TransportError};

/// A fixed table of names. Counts lookups; a name with several rows answers them one after the other.
#[derive(Default)]
struct Table {
    rows: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    lookups: AtomicUsize,
}

impl Table {
    fn with(name: &str, rows: &[&[&str]]) -> Arc<Self> {
        let parse = |row: &&[&str]| row.iter().map(|text| text.parse().unwrap()).collect();
        let table = Self::default();
        table.rows.lock().unwrap().insert(name.to_owned(), rows.iter().map(parse).collect());
        Arc::new(table)
    }

    fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

impl Resolve for Table {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            self.lookups.fetch_add(1, Ordering::SeqCst);
            let mut rows = self.rows.lock().unwrap();
            let rows = rows.get_mut(name).ok_or(ResolveError)?;
            Ok(if rows.len() > 1 { rows.remove(0) } else { rows[0].clone() })
        })
    }
}

fn transport(settings: Settings, resolver: Arc<Table>) -> Transport {
    let policy = Policy::new(settings.allowances().unwrap(), Vec::new());
    Transport::new(&settings, policy, resolver).unwrap()
}

/// Loopback allowed, everything else as it is by default.
fn loopback() -> Settings {
    Settings { allow: vec!["127.0.0.1:*".into(), "127.0.0.2:*".into()], ..Settings::default() }
}

fn workspace(name: &str) -> WorkspaceId {
    name.parse().unwrap()
}

fn get(url: &str) -> http::Request<Vec<u8>> {
    http::Request::get(url).header("x-api-key", "SECRETHEADER").body(Vec::new()).unwrap()
}

/// Sends to `http://host:port/path?key=SECRETQUERY`.
async fn ask(transport: &Transport, host: &str, port: u16) -> Result<Answer, TransportError> {
    let origin = Origin::parse(&format!("http://{host}:{port}")).unwrap();
    let request = get(&format!("{origin}/path?key=SECRETQUERY"));
    transport.exchange(&workspace("default"), &origin, request, Duration::from_secs(30)).await
}

/// The error, which never tells what was sent.
#[track_caller]
fn failure(outcome: Result<Answer, TransportError>) -> TransportError {
    let Err(error) = outcome else { panic!("the exchange was answered") };
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("SECRET") && !shown.contains("/path"), "{shown}");
    error
}
