//! Where packets may go at all: denied ranges that are compiled in, the operator's allowances, and
//! this service's own listeners. Decides only; the transport applies it to the address that is dialled.

mod allowance;
mod names;
pub mod own;
pub mod ports;
pub mod ranges;

use std::net::{IpAddr, SocketAddr};

pub use allowance::{Allowance, AllowanceError};

use super::origin::{Host, Origin, Refusal, Scheme};

/// The address policy of an installation. Allowances can open denied ranges, but nothing can widen the
/// ranges that are never opened, the ports that are never dialled, or reach the service's own listeners.
#[derive(Clone, Debug)]
pub struct Policy {
    allowances: Vec<Allowance>,
    own_listeners: Vec<SocketAddr>,
    is_own: fn(IpAddr) -> bool,
}

/// What is known of one address at one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// A public address.
    Public,
    /// In an operator's allowance.
    Allowed,
    /// Denied; an allowance could open it.
    Denied,
    /// Denied whatever is allowed.
    Never,
}

impl Policy {
    /// A policy that asks the operating system which addresses are this machine's own.
    ///
    /// An own listener on an unspecified address (`0.0.0.0`, `::`) is meant at every own address.
    pub fn new(allowances: Vec<Allowance>, own_listeners: Vec<SocketAddr>) -> Self {
        Self { allowances, own_listeners, is_own: own::is_own_address }
    }

    /// The same policy with another way to tell own addresses.
    pub fn with_own_addresses(self, is_own: fn(IpAddr) -> bool) -> Self {
        Self { is_own, ..self }
    }

    /// Judges what can be judged before a lookup: port, name, a literal address. Plain http and
    /// internal names pass only if an allowance could let them in; [`Policy::check_answers`] then demands it.
    ///
    /// # Errors
    /// `destination-refused` for scheme, port or name, `address-refused` for a literal address.
    pub fn check_origin(&self, origin: &Origin) -> Result<(), Refusal> {
        if ports::is_bad(origin.port) {
            return Err(Refusal::destination(format!(
                "port {} belongs to another protocol and is never dialled with HTTP",
                origin.port
            )));
        }
        match &origin.host {
            Host::Address(address) => self.check_answers(origin, &[*address]).map(drop),
            Host::Name(name) if names::is_metadata(name) => Err(Refusal::destination(format!(
                "`{name}` is the name of a metadata service; no setting allows it"
            ))),
            Host::Name(name) => {
                if self.allowances.iter().any(|allowance| allowance.covers_port(origin.port)) {
                    return Ok(());
                }
                if origin.scheme == Scheme::Http {
                    return Err(plain_http(origin));
                }
                if names::is_internal(name) {
                    return Err(internal_name(origin));
                }
                Ok(())
            }
        }
    }

    /// Judges every address of a host and returns what may be dialled, in the order given. One denied
    /// address refuses all: a name that is public and private at once is an attempt.
    ///
    /// # Errors
    /// `address-refused`, or `destination-refused` where plain http or an internal name leads to an
    /// address that is not in an allowance. The message names no address that a lookup returned.
    pub fn check_answers(&self, origin: &Origin, answers: &[IpAddr]) -> Result<Vec<SocketAddr>, Refusal> {
        if ports::is_bad(origin.port) || answers.is_empty() {
            return Err(Refusal::address(format!("{origin} leads to no address that may be dialled")));
        }
        let mut dialled: Vec<SocketAddr> = Vec::with_capacity(answers.len());
        for answer in answers {
            let address = answer.to_canonical();
            match self.standing(address, origin.port) {
                Standing::Allowed => {}
                Standing::Public => self.check_public(origin)?,
                Standing::Denied | Standing::Never => return Err(self.refuse_address(origin, address)),
            }
            let socket = SocketAddr::new(address, origin.port);
            if !dialled.contains(&socket) {
                dialled.push(socket);
            }
        }
        Ok(dialled)
    }

    /// A public address is no place for plain http, nor for a name that means this network.
    fn check_public(&self, origin: &Origin) -> Result<(), Refusal> {
        if origin.scheme == Scheme::Http {
            return Err(plain_http(origin));
        }
        match &origin.host {
            Host::Name(name) if names::is_internal(name) || names::is_metadata(name) => {
                Err(internal_name(origin))
            }
            Host::Name(_) | Host::Address(_) => Ok(()),
        }
    }

    fn standing(&self, address: IpAddr, port: u16) -> Standing {
        if ranges::is_never(address) || self.is_own_listener(address, port) {
            Standing::Never
        } else if self.allowances.iter().any(|allowance| allowance.covers(address, port)) {
            Standing::Allowed
        } else if ranges::is_denied(address) || (self.is_own)(address) {
            Standing::Denied
        } else {
            Standing::Public
        }
    }

    fn is_own_listener(&self, address: IpAddr, port: u16) -> bool {
        self.own_listeners.iter().filter(|listener| listener.port() == port).any(|listener| {
            let own = listener.ip().to_canonical();
            own == address || (own.is_unspecified() && (address.is_loopback() || (self.is_own)(address)))
        })
    }

    /// One sentence for every denied address behind a name, so that answers cannot be told apart.
    fn refuse_address(&self, origin: &Origin, address: IpAddr) -> Refusal {
        match &origin.host {
            Host::Name(name) => Refusal::address(format!(
                "`{name}` leads to an address that is not public; the operator can allow its range at port {} \
                 in `egress.allow`",
                origin.port
            )),
            Host::Address(_) if self.standing(address, origin.port) == Standing::Never => {
                Refusal::address(format!("the address {address} is never dialled; no setting allows it"))
            }
            Host::Address(_) => Refusal::address(format!(
                "the address {address} is not public; the operator can allow `{}` in `egress.allow`",
                allowance_text(address, origin.port)
            )),
        }
    }
}

/// The allowance that would open one address at one port.
fn allowance_text(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}/32:{port}"),
        IpAddr::V6(address) => format!("[{address}]/128:{port}"),
    }
}

fn plain_http(origin: &Origin) -> Refusal {
    Refusal::destination(format!(
        "{origin} is plain http, which goes only to addresses that the operator allows in `egress.allow`; use https"
    ))
}

fn internal_name(origin: &Origin) -> Refusal {
    Refusal::destination(format!(
        "`{}` is a name of the local network, which leads only to addresses that the operator allows in \
         `egress.allow`",
        origin.host
    ))
}

#[cfg(test)]
mod tests;
