//! How long connections take to stand: a layer around the client's connector.

use std::pin::Pin;
use std::task::{Context, Poll};

use tower::{Layer, Service};

use crate::telemetry::{Phase, Phases};

/// Measures connectors.
#[derive(Clone)]
pub(super) struct Timing(pub(super) Phases);

/// A connector that is measured.
#[derive(Clone)]
pub(super) struct Timed<S> {
    connector: S,
    phases: Phases,
}

impl<S> Layer<S> for Timing {
    type Service = Timed<S>;

    fn layer(&self, connector: S) -> Timed<S> {
        Timed { connector, phases: self.0.clone() }
    }
}

impl<S, R> Service<R> for Timed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let phases = self.phases.clone();
        let connecting = self.connector.call(request);
        Box::pin(async move { phases.during(Phase::Connect, connecting).await })
    }
}
