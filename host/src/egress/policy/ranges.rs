//! The denied ranges. Sources: the IANA special-purpose registries for IPv4 and IPv6, the addresses
//! that clouds use for metadata, and the transition mechanisms that carry an IPv4 address inside IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// IPv4 that is no public destination. Only an operator's allowance opens a part of it.
pub const DENIED_V4: [Ipv4Net; 21] = [
    v4(0, 0, 0, 0, 8),          // "this network", RFC 791
    v4(10, 0, 0, 0, 8),         // private, RFC 1918
    v4(100, 64, 0, 0, 10),      // carrier-grade NAT, RFC 6598
    v4(100, 100, 100, 200, 32), // Alibaba metadata, inside the one above
    v4(127, 0, 0, 0, 8),        // loopback, RFC 1122
    v4(168, 63, 129, 16, 32),   // Azure metadata, a public address
    v4(169, 254, 0, 0, 16),     // link-local and metadata, RFC 3927
    v4(172, 16, 0, 0, 12),      // private, RFC 1918
    v4(192, 0, 0, 0, 24),       // protocol assignments, RFC 6890; Oracle metadata 192.0.0.192
    v4(192, 0, 2, 0, 24),       // documentation, RFC 5737
    v4(192, 31, 196, 0, 24),    // AS112, RFC 7535
    v4(192, 52, 193, 0, 24),    // AMT, RFC 7450
    v4(192, 88, 99, 0, 24),     // 6to4 relays, RFC 7526
    v4(192, 168, 0, 0, 16),     // private, RFC 1918
    v4(192, 175, 48, 0, 24),    // AS112, RFC 7534
    v4(198, 18, 0, 0, 15),      // benchmarks, RFC 2544
    v4(198, 51, 100, 0, 24),    // documentation, RFC 5737
    v4(203, 0, 113, 0, 24),     // documentation, RFC 5737
    v4(224, 0, 0, 0, 4),        // multicast, RFC 1112
    v4(240, 0, 0, 0, 4),        // reserved, RFC 1112
    v4(255, 255, 255, 255, 32), // broadcast, inside the one above
];

/// The only part of IPv6 that is global unicast (RFC 4291); everything outside is denied unlisted.
pub const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// IPv6 that is no public destination. Those outside `2000::/3` are listed so that tests walk their edges.
pub const DENIED_V6: [Ipv6Net; 20] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128),             // unspecified
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128),             // loopback
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),              // IPv4-compatible, RFC 4291
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),         // IPv4-translated (SIIT), RFC 2765
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),      // NAT64, RFC 6052
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),      // local NAT64, RFC 8215
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64),          // discard, RFC 6666
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64),          // dummy prefix, RFC 9780
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),         // protocol assignments: Teredo, ORCHID, benchmarks
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),         // Teredo, RFC 4380
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),     // documentation, RFC 3849
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),         // 6to4, RFC 3056
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112, RFC 7534
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),         // documentation, RFC 9637
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),         // segment routing, RFC 9602
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),          // unique local, RFC 4193
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32),     // Amazon metadata, inside the one above
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),         // link-local, RFC 4291
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),         // site-local, RFC 3879
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),          // multicast, RFC 4291
];

/// What no allowance opens: metadata services, "this network", multicast, broadcast, and link-local
/// IPv6, which cannot be dialled without a zone id.
pub const NEVER: [IpNet; 10] = [
    IpNet::V4(v4(0, 0, 0, 0, 8)),
    IpNet::V4(v4(100, 100, 100, 200, 32)),
    IpNet::V4(v4(168, 63, 129, 16, 32)),
    IpNet::V4(v4(169, 254, 0, 0, 16)),
    IpNet::V4(v4(224, 0, 0, 0, 4)),
    IpNet::V4(v4(255, 255, 255, 255, 32)),
    IpNet::V6(v6([0, 0, 0, 0, 0, 0, 0, 0], 128)),
    IpNet::V6(v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32)),
    IpNet::V6(v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10)),
    IpNet::V6(v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8)),
];

/// Whether an address is no public destination. IPv4-mapped addresses are judged as IPv4.
pub fn is_denied(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => DENIED_V4.iter().any(|range| range.contains(&address)),
        IpAddr::V6(address) => {
            !GLOBAL_V6.contains(&address) || DENIED_V6.iter().any(|range| range.contains(&address))
        }
    }
}

/// Whether no allowance may open an address, also where it is carried inside an IPv6 address.
pub fn is_never(address: IpAddr) -> bool {
    let address = address.to_canonical();
    if NEVER.iter().any(|range| range.contains(&address)) {
        return true;
    }
    match address {
        IpAddr::V4(_) => false,
        // `::1` reads as the IPv4-compatible form of 0.0.0.1, but is loopback and may be allowed.
        IpAddr::V6(Ipv6Addr::LOCALHOST) => false,
        IpAddr::V6(address) => carried_v4(address).is_some_and(|inner| is_never(IpAddr::V4(inner))),
    }
}

/// The IPv4 address that a transition mechanism would deliver to.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(of(!high, !low)),
        _ => None,
    }
}
