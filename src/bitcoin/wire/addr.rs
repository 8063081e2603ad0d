//! Addresses of nodes, as they are told about: `addr`, and `addrv2` of BIP 155.

use super::kind::ADDR_BYTES_MAX;
use super::reader::{PayloadError, Reader, put_bytes, put_compact};
use super::version::{Services, put_addr, read_addr};
use bytes::Bytes;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The networks of BIP 155, with the length of an address there.
const NETWORKS: [(u8, usize, &str); 6] = [
    (1, 4, "IPv4"),
    (2, 16, "IPv6"),
    (3, 10, "Tor v2"),
    (4, 32, "Tor"),
    (5, 32, "I2P"),
    (6, 16, "CJDNS"),
];

/// A node that was told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAddr {
    /// When it was last seen, in seconds since 1970, as the teller says.
    pub time: u32,
    /// What it can do.
    pub services: Services,
    /// Where it is.
    pub host: NodeHost,
    /// Its port.
    pub port: u16,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeHost {
    /// On the internet.
    Ip(IpAddr),
    /// In a network of its own.
    Other {
        /// Its number in BIP 155.
        network: u8,
        /// The address there.
        bytes: Bytes,
    },
}

impl NodeAddr {
    /// From an `addr`.
    pub(super) fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let time = reader.u32("the time of an address")?;
        let services = Services(reader.u64("the services of an address")?);
        let addr = read_addr(reader)?;
        Ok(Self {
            time,
            services,
            host: NodeHost::Ip(addr.ip()),
            port: addr.port(),
        })
    }

    /// As in an `addr`, which has no place for other networks' addresses.
    pub(super) fn put(&self, to: &mut Vec<u8>) {
        let ip = match &self.host {
            NodeHost::Ip(ip) => *ip,
            NodeHost::Other { .. } => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        to.extend_from_slice(&self.time.to_le_bytes());
        to.extend_from_slice(&self.services.0.to_le_bytes());
        put_addr(&SocketAddr::new(ip, self.port), to);
    }

    /// From an `addrv2`.
    pub(super) fn read_v2(reader: &mut Reader) -> Result<Self, PayloadError> {
        Ok(Self {
            time: reader.u32("the time of an address")?,
            services: Services(reader.compact("services")?),
            host: NodeHost::read(reader)?,
            port: u16::from_be_bytes(reader.array("a port")?),
        })
    }

    /// As in an `addrv2`.
    pub(super) fn put_v2(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.time.to_le_bytes());
        put_compact(self.services.0, to);
        self.host.put(to);
        to.extend_from_slice(&self.port.to_be_bytes());
    }
}

impl NodeHost {
    fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let network = reader.u8("the network of an address")?;
        let bytes = reader.bytes("bytes of an address", ADDR_BYTES_MAX)?;
        let known = NETWORKS.iter().find(|(number, ..)| *number == network);
        if known.is_some_and(|(_, len, _)| *len != bytes.len()) {
            let (what, got) = ("the length of an address", bytes.len() as u64);
            return Err(PayloadError::Value { what, got });
        }
        let v4 = |bytes: [u8; 4]| IpAddr::V4(Ipv4Addr::from(bytes));
        let v6 = |bytes: [u8; 16]| IpAddr::V6(Ipv6Addr::from(bytes));
        let ip = match network {
            1 => bytes[..].try_into().ok().map(v4),
            2 => bytes[..].try_into().ok().map(v6),
            _ => None,
        };
        Ok(ip.map_or(Self::Other { network, bytes }, Self::Ip))
    }

    fn put(&self, to: &mut Vec<u8>) {
        let (network, bytes) = match self {
            Self::Ip(IpAddr::V4(ip)) => (1, &ip.octets()[..]),
            Self::Ip(IpAddr::V6(ip)) => (2, &ip.octets()[..]),
            Self::Other { network, bytes } => (*network, &bytes[..]),
        };
        to.push(network);
        put_bytes(bytes, to);
    }
}

impl fmt::Display for NodeHost {
    /// An IP address; of other networks their name and the first bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (network, bytes) = match self {
            Self::Ip(ip) => return f.pad(&ip.to_string()),
            Self::Other { network, bytes } => (network, bytes),
        };
        let known = NETWORKS.iter().find(|(number, ..)| number == network);
        match known {
            Some((.., name)) => write!(f, "{name} ")?,
            None => write!(f, "network {network} ")?,
        }
        bytes
            .iter()
            .take(8)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
