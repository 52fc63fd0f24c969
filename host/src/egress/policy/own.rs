//! Which addresses are this machine's own.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Whether an address belongs to this machine: only its own can be bound. Asked anew each time, since
/// interfaces come and go. No packet is sent; the kernel picks a free port and the socket is closed.
pub fn is_own_address(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}
