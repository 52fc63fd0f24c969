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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::super::resolver::Resolving;
    use super::*;

    /// Each lookup answers as many public addresses as one may, none of them twice.
    struct Wandering(AtomicU32);

    const FIRST: u32 = 0x0800_0000;

    impl Resolve for Wandering {
        fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
            let count = u32::try_from(MAX_ANSWERS).unwrap();
            let from = self.0.fetch_add(count, Ordering::SeqCst);
            Box::pin(async move {
                Ok((from..from + count).map(|bits| Ipv4Addr::from_bits(bits).into()).collect())
            })
        }
    }

    fn lookup() -> PinnedLookup {
        let origin = Origin::parse("https://api.example").unwrap();
        let policy = Policy::new(Vec::new(), Vec::new()).with_own_addresses(|_| false);
        PinnedLookup::new(origin, Arc::new(policy), Arc::new(Wandering(AtomicU32::new(FIRST))))
    }

    fn socket(bits: u32, port: u16) -> SocketAddr {
        (Ipv4Addr::from_bits(bits), port).into()
    }

    #[tokio::test]
    async fn a_judged_address_is_known_at_the_origins_port_alone() {
        let lookup = lookup();
        assert!(!lookup.knows(socket(FIRST, 443)));
        lookup.answers("api.example").await.unwrap();
        assert!(lookup.knows(socket(FIRST, 443)));
        assert!(!lookup.knows(socket(FIRST, 8443)));
        assert!(!lookup.knows(socket(FIRST - 1, 443)));
    }

    #[tokio::test]
    async fn another_host_than_the_origins_is_not_looked_up() {
        let lookup = lookup();
        let refused = lookup.answers("other.example").await;
        assert!(
            matches!(refused, Err(LookupError::Refused(refusal)) if refusal.kind == "destination-refused")
        );
        assert!(!lookup.knows(socket(FIRST, 443)));
    }

    #[tokio::test]
    async fn of_a_name_that_wanders_about_only_so_much_is_remembered() {
        let lookup = lookup();
        for _ in 0..40 {
            lookup.answers("api.example").await.unwrap();
            let remembered = lookup.handed_out.lock().unwrap().len();
            assert!(remembered <= MAX_REMEMBERED + MAX_ANSWERS, "{remembered}");
        }
        assert!(!lookup.knows(socket(FIRST, 443)), "what is forgotten is not trusted");
    }
}
