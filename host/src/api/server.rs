//! The server in front of the router: HTTP/1.1, bounded heads, bounded connections, an orderly end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::{Api, Settings};
use crate::app::App;

/// How long to wait when no connection can be accepted, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves the API on `listener` until `shutdown` resolves; then requests at work may finish within the grace.
///
/// # Errors
/// The system refuses to serve on the listener.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the API is served");
    let at_work = TaskTracker::new();
    let settings = Arc::new(settings);
    let api = Api { app, settings: settings.clone(), at_work: at_work.clone() };
    let service = TowerToHyperService::new(api.into_router());
    let http1 = protocol(&settings);
    let slots = Arc::new(Semaphore::new(settings.connections));
    let graceful = GracefulShutdown::new();

    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut shutdown => break,
        };
        let (stream, slot) = match accepted {
            Ok(accepted) => accepted,
            // The client was gone before it was let in.
            Err(error) if is_of_the_client(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(http1.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Clients that hang up or speak something else; the request itself was logged, if there was one.
                tracing::debug!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }

    // Nobody new is let in while the others finish.
    drop(listener);
    at_work.close();
    tracing::info!(requests = at_work.len(), "the API is stopping");
    let finished = async {
        graceful.shutdown().await;
        at_work.wait().await;
    };
    if tokio::time::timeout(settings.grace(), finished).await.is_err() {
        tracing::warn!(requests = at_work.len(), "the grace has passed; requests at work are ended");
    }
    Ok(())
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

/// The next connection, as soon as there is a place for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may be delayed by the kernel");
    }
    Ok((stream, slot))
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
