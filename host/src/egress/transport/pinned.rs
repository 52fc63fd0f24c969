//! The lookup of one client: asked by the dialler, judged by the policy, pinned.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolving};

use super::super::origin::{Host, Origin, Refusal};
use super::super::policy::Policy;
use super::super::resolver::{MAX_ANSWERS, Resolve, ResolveError};
use crate::telemetry::{Phase, Phases};

/// Most addresses that are remembered of one client's lookups. Beyond it the oldest knowledge goes, and a
/// connection that leads nowhere known any more is refused rather than trusted.
const MAX_REMEMBERED: usize = 1024;

/// What the dialler is told when it may not dial. Found again in the error's sources.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Unknown(#[from] ResolveError),
}

/// Looks up one origin's host and remembers which addresses were handed to the dialler.
pub(super) struct PinnedLookup {
    origin: Origin,
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    handed_out: Mutex<HashSet<IpAddr>>,
}

impl PinnedLookup {
    pub(super) fn new(origin: Origin, policy: Arc<Policy>, resolver: Arc<dyn Resolve>) -> Self {
        Self { origin, policy, resolver, handed_out: Mutex::new(HashSet::new()) }
    }

    /// Whether a connection's far end is an address that was judged: the literal, or an answer of a lookup.
    pub(super) fn knows(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        let judged = match &self.origin.host {
            Host::Address(literal) => *literal == address,
            Host::Name(_) => {
                self.handed_out.lock().unwrap_or_else(PoisonError::into_inner).contains(&address)
            }
        };
        judged && peer.port() == self.origin.port
    }

    async fn answers(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        if self.origin.host != Host::Name(name.to_owned()) {
            return Err(LookupError::Refused(Refusal::destination(
                "another host than the judged one was asked for",
            )));
        }
        let answers = self.resolver.resolve(name).await?;
        if answers.is_empty() || answers.len() > MAX_ANSWERS {
            return Err(LookupError::Unknown(ResolveError));
        }
        let dialled = self.policy.check_answers(&self.origin, &answers).map_err(LookupError::Refused)?;
        let mut handed_out = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner);
        if handed_out.len() > MAX_REMEMBERED {
            handed_out.clear();
        }
        handed_out.extend(dialled.iter().map(SocketAddr::ip));
        Ok(dialled)
    }
}

/// The handle that a client owns; the transport keeps the other one to ask [`PinnedLookup::knows`].
pub(super) struct Handle(pub(super) Arc<PinnedLookup>, pub(super) Phases);

impl reqwest::dns::Resolve for Handle {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, phases) = (Arc::clone(&self.0), self.1.clone());
        Box::pin(async move {
            let dialled = phases.during(Phase::Dns, lookup.answers(name.as_str())).await?;
            let addresses: Addrs = Box::new(dialled.into_iter());
            Ok(addresses)
        })
    }
}
