//! Names to addresses. Only names come here: literal addresses are judged without a lookup.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;

/// Most addresses that one name may have.
pub const MAX_ANSWERS: usize = 64;

/// Time for one lookup, both address families and retries together.
pub const LOOKUP_TIME: Duration = Duration::from_secs(5);

/// Why a name has no addresses. One text for all causes: what a network answers is not the caller's to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no address could be found for the name")]
pub struct ResolveError;

/// The addresses of a name, or that there are none.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, ResolveError>> + Send + 'a>>;

/// Looks names up. Asked once for each new connection; what it answers is what is judged and dialled.
pub trait Resolve: Send + Sync {
    /// All addresses of a name (lower case, no trailing dot), in the order to try.
    ///
    /// # Errors
    /// When there are none, or they could not be learned in time.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// The system's resolver: its hosts file, and the servers it is configured with.
pub struct SystemResolver {
    inner: TokioResolver,
}

/// The system's resolver settings cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the system's resolver settings (/etc/resolv.conf) failed: {0}")]
pub struct SystemResolverError(String);

impl SystemResolver {
    /// Reads the system's settings.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn new() -> Result<Self, SystemResolverError> {
        let mut builder =
            TokioResolver::builder_tokio().map_err(|error| SystemResolverError(error.to_string()))?;
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.timeout = Duration::from_secs(2);
        options.attempts = 2;
        // Each new connection asks anew, so an address that was withdrawn is not dialled.
        options.cache_size = 0;
        let inner = builder.build().map_err(|error| SystemResolverError(error.to_string()))?;
        Ok(Self { inner })
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            // The final dot keeps the search list out: the name means itself.
            let lookup = self.inner.lookup_ip(format!("{name}."));
            match tokio::time::timeout(LOOKUP_TIME, lookup).await {
                Ok(Ok(found)) => {
                    let answers: Vec<IpAddr> = found.iter().take(MAX_ANSWERS + 1).collect();
                    if answers.is_empty() || answers.len() > MAX_ANSWERS {
                        Err(ResolveError)
                    } else {
                        Ok(answers)
                    }
                }
                Ok(Err(_)) | Err(_) => {
                    // Neither the name, which a person may have typed, nor the error, which quotes it.
                    tracing::debug!("a name could not be looked up");
                    Err(ResolveError)
                }
            }
        })
    }
}
