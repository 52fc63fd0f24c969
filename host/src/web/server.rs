//! The server in front of a router: HTTP/1.1, bounded heads, bounded connections, an orderly end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::connections::{Connection, Connections};
use super::held::Held;
use super::patience::Patient;
use super::{metrics, site};
use crate::api::{Api, Kind, Problem, Settings};
use crate::app::App;
use crate::domain::clock::{Entropy, random_array};
use crate::ui::Address;

/// How long to wait when no connection can be accepted, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a new connection waits while all others are at work.
const PATIENCE: Duration = Duration::from_secs(1);

/// Connections of those who read the metrics.
const READERS: usize = 16;

/// Serves the API and the pages on `listener` until `shutdown` resolves; then requests at work may finish within the grace.
///
/// # Errors
/// The system refuses to serve on the listener.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    settings: Settings,
    address: Option<Address>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    tracing::debug!(address = %listener.local_addr()?, "API and pages are served");
    let entropy = app.entropy.clone();
    let api = Api::new(app, settings);
    let (settings, at_work) = (api.settings.clone(), api.at_work.clone());
    run(listener, site(api, address), &settings, &at_work, &entropy, shutdown).await;
    Ok(())
}

/// Serves `GET /metrics` on `listener`, to anybody who can reach it, until `shutdown` resolves.
///
/// # Errors
/// As for [`serve`].
pub async fn serve_metrics(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    let settings = Settings { connections: READERS, grace_ms: 0, ..Settings::default() };
    let entropy = app.entropy.clone();
    run(listener, metrics::router(app), &settings, &TaskTracker::new(), &entropy, shutdown).await;
    Ok(())
}

async fn run(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    at_work: &TaskTracker,
    entropy: &Arc<dyn Entropy>,
    shutdown: impl Future<Output = ()>,
) {
    let service = TowerToHyperService::new(router);
    let http1 = protocol(settings);
    let connections = Connections::new(settings.connections);
    let graceful = GracefulShutdown::new();

    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The client was gone before it was let in.
            Err(error) if is_of_the_client(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection = tokio::select! {
            connection = connections.open(PATIENCE) => connection,
            () = &mut shutdown => break,
        };
        let Some(connection) = connection else {
            tracing::warn!(most = settings.connections, "a connection was refused: all others are at work");
            let id = format!("{:016x}", u64::from_be_bytes(random_array(&**entropy)));
            tokio::spawn(refuse(stream, id));
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may be delayed by the kernel");
        }
        let stream = TokioIo::new(Patient::new(stream, settings.write_time()));
        let service = counted(service.clone(), connection.clone());
        let served = graceful.watch(http1.serve_connection(stream, service));
        tokio::spawn(async move {
            tokio::select! {
                ended = served => if let Err(error) = ended {
                    // Clients that hang up or speak something else; the request itself was logged, if there was one.
                    tracing::debug!(%error, "a connection ended early");
                },
                () = connection.evicted.cancelled() => {
                    tracing::debug!("a connection that waited for a request gave way to a new one");
                }
            }
        });
    }

    // Nobody new is let in while the others finish.
    drop(listener);
    at_work.close();
    tracing::info!(requests = at_work.len(), "the listener is closed");
    let finished = async {
        graceful.shutdown().await;
        at_work.wait().await;
    };
    if tokio::time::timeout(settings.grace(), finished).await.is_err() && !at_work.is_empty() {
        tracing::warn!(requests = at_work.len(), "the grace has passed; requests at work are ended");
    }
}

/// The service of one connection, which is at work until a request is answered, its body included.
fn counted<S>(
    service: S,
    connection: Arc<Connection>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Body>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Body>, Infallible>> + Send,
>
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
{
    service_fn(move |request| {
        let at_work = connection.begin();
        let answer = service.call(request);
        async move {
            let answer = answer.await?;
            Ok(answer.map(|body| Body::new(Held::new(body, at_work))))
        }
    })
}

/// Tells a client that there is no place for it, as well as that can be done without reading its request.
async fn refuse(mut stream: TcpStream, id: String) {
    let detail =
        "The service has as many connections as it may, and all of them are at work; try again soon.";
    let body = Problem::new(Kind::Unavailable, detail).retry_after(Some(1)).document(&id).to_string();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         x-request-id: {id}\r\nretry-after: 1\r\ncache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    // A new connection's buffer takes this at once; a client that is gone already misses nothing.
    let _ = tokio::time::timeout(PAUSE, told).await;
}

/// HTTP/1.1 as it is read. Twice what the envelope allows: what lies between is told with a document.
fn protocol(settings: &Settings) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time())
        .max_headers(settings.headers * 2)
        .max_buf_size(settings.header_bytes * 2);
    http1
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
