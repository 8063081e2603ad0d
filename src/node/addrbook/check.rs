//! Which addresses can be a node's.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use thiserror::Error;

/// Why no node can be reached at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoAddress {
    /// Port 0.
    #[error("{0} cannot be a peer: no node listens on port 0")]
    Port(SocketAddr),
    /// `0.0.0.0`, what else begins with 0, or `::`.
    #[error("{0} cannot be a peer: where one listens at all of its addresses, name one of them")]
    Unspecified(SocketAddr),
    /// Of a group, or of a whole network.
    #[error("{0} cannot be a peer: that is the address of many machines")]
    Many(SocketAddr),
}

/// Insists that one node can be reached at an address. One of version 4 is the
/// same if it is written as one of version 6.
///
/// # Errors
/// [`NoAddress`].
pub fn check_addr(addr: SocketAddr) -> Result<(), NoAddress> {
    let ip = addr.ip().to_canonical();
    if addr.port() == 0 {
        return Err(NoAddress::Port(addr));
    }
    // RFC 1122, 3.2.1.3: all of 0/8 stands for "this network".
    let is_this_network = matches!(ip, IpAddr::V4(v4) if v4.octets()[0] == 0);
    if ip.is_unspecified() || is_this_network {
        return Err(NoAddress::Unspecified(addr));
    }
    if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err(NoAddress::Many(addr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_machine_s_address_is_none_however_it_is_written() {
        for text in [
            "10.0.0.1:0",
            "[::1]:0",
            "0.0.0.0:1",
            "0.1.2.3:3000",
            "[::]:1",
            "[::ffff:0.0.0.0]:1",
            "224.0.0.1:1",
            "239.255.255.255:3000",
            "255.255.255.255:3000",
            "[::ffff:255.255.255.255]:3000",
            "[::ffff:224.0.0.1]:1",
            "[ff02::1]:3000",
        ] {
            let addr: SocketAddr = text.parse().expect("as the system writes it");
            let said = check_addr(addr).expect_err(text).to_string();
            assert!(said.contains("cannot be a peer"), "{said}");
        }
        for text in ["10.0.0.1:1", "127.0.0.1:65535", "[::1]:3000", "[fe80::1]:1"] {
            let addr: SocketAddr = text.parse().expect("as the system writes it");
            assert_eq!(check_addr(addr), Ok(()), "{text}");
        }
    }
}
