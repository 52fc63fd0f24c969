//! What the operator opens: a range of addresses, at one port or at all.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{ports, ranges};

/// An operator's allowance: `10.0.0.0/8:443`, `127.0.0.1:*`, `[fd00::]/8:5000`. Without a prefix length
/// it is one address. `*` is every port but those that are never dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Allowance {
    range: IpNet,
    port: Option<u16>,
}

/// An allowance that cannot be read or that may not be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowanceError {
    /// Not `range:port`.
    #[error(
        "the allowance `{0}` is not `address/prefix:port` (such as `10.0.0.0/8:443`, `127.0.0.1:*` or `[fd00::]/8:443`)"
    )]
    Malformed(String),
    /// Bits behind the prefix are set: two readings, one much wider than the other.
    #[error(
        "the allowance `{text}` has bits behind its prefix; write `{network}` for the whole range or leave the prefix out for one address"
    )]
    NotANetwork { text: String, network: String },
    /// All of it is never allowed.
    #[error(
        "the allowance `{0}` lies in a range that no allowance opens (metadata services, this-network, link-local, multicast, broadcast); remove it"
    )]
    Never(String),
    /// The port is never dialled.
    #[error("the allowance `{text}` names port {port}, which is never dialled with HTTP; remove it")]
    BadPort { text: String, port: u16 },
}

impl Allowance {
    /// Whether an address, in canonical form, and a port are covered.
    pub fn covers(&self, address: IpAddr, port: u16) -> bool {
        self.covers_port(port) && self.range.contains(&address)
    }

    /// The one address and port that it opens; none for ranges.
    pub fn single(&self) -> Option<SocketAddr> {
        self.port.filter(|_| is_single(&self.range)).map(|port| SocketAddr::new(self.range.addr(), port))
    }

    /// Whether some address is covered at a port.
    pub fn covers_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, AllowanceError> {
        let malformed = || AllowanceError::Malformed(text.chars().take(80).collect());
        let (range, port) = text.rsplit_once(':').ok_or_else(malformed)?;
        let (address, prefix) = match range.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (range, None),
        };
        let address = match address.strip_prefix('[') {
            Some(inner) => {
                let inner = inner.strip_suffix(']').ok_or_else(malformed)?;
                IpAddr::V6(inner.parse::<Ipv6Addr>().map_err(|_| malformed())?)
            }
            // Without brackets `fd00::1:443` could be an address alone.
            None if address.contains(':') && prefix.is_none() => return Err(malformed()),
            None => address.parse().map_err(|_| malformed())?,
        };
        let range = read_range(text, address, prefix)?;
        let port = match port {
            "*" => None,
            digits => Some(read_port(text, digits)?),
        };
        if ranges::NEVER.iter().any(|never| never.contains(&range))
            || (is_single(&range) && ranges::is_never(range.addr()))
        {
            return Err(AllowanceError::Never(text.to_owned()));
        }
        Ok(Self { range, port })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range {
            IpNet::V4(range) => write!(f, "{range}:")?,
            IpNet::V6(range) => write!(f, "[{}]/{}:", range.addr(), range.prefix_len())?,
        }
        match self.port {
            Some(port) => write!(f, "{port}"),
            None => f.write_str("*"),
        }
    }
}

fn is_single(range: &IpNet) -> bool {
    range.prefix_len() == range.max_prefix_len()
}

fn read_range(text: &str, address: IpAddr, prefix: Option<&str>) -> Result<IpNet, AllowanceError> {
    let malformed = || AllowanceError::Malformed(text.chars().take(80).collect());
    let range = match prefix {
        None => IpNet::from(address),
        Some(prefix) => {
            let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
            let prefix: u8 = prefix.parse().ok().filter(|_| digits).ok_or_else(malformed)?;
            IpNet::new(address, prefix).map_err(|_| malformed())?
        }
    };
    if range.trunc() != range {
        let network = range.trunc().to_string();
        return Err(AllowanceError::NotANetwork { text: text.to_owned(), network });
    }
    Ok(fold_mapped(range))
}

/// Addresses are judged with IPv4-mapped ones folded, so such a range is folded alike.
fn fold_mapped(range: IpNet) -> IpNet {
    if let IpNet::V6(v6) = range
        && let Some(address) = Ipv6Net::addr(&v6).to_ipv4_mapped()
        && let Some(prefix) = v6.prefix_len().checked_sub(96)
        && let Ok(v4) = Ipv4Net::new(address, prefix)
    {
        return IpNet::V4(v4);
    }
    range
}

fn read_port(text: &str, digits: &str) -> Result<u16, AllowanceError> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let port: u16 = digits
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| AllowanceError::Malformed(text.chars().take(80).collect()))?;
    if ports::is_bad(port) {
        return Err(AllowanceError::BadPort { text: text.to_owned(), port });
    }
    Ok(port)
}
