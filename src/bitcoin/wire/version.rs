//! What both sides say first, and what they then agree on.

use super::kind::USER_AGENT_MAX;
use super::reader::{PayloadError, Reader, put_bytes};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What a node can do for others, in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Services(pub u64);

/// Names of service bits, with the BIP that has them.
const SERVICES: [(u32, &str); 8] = [
    (0, "blocks"),          // NODE_NETWORK
    (1, "utxo"),            // BIP 64
    (2, "bloom"),           // BIP 111
    (3, "witness"),         // BIP 144
    (4, "xthin"),           // Bitcoin XT
    (6, "compact-filters"), // BIP 157
    (10, "recent-blocks"),  // BIP 159
    (11, "encryption"),     // BIP 324
];

impl Services {
    /// Serves whole blocks.
    pub const NETWORK: Self = Self(1);
    /// Answers `mempool` and takes Bloom filters, BIPs 37 and 111.
    pub const BLOOM: Self = Self(1 << 2);
    /// Serves witnesses, BIP 144.
    pub const WITNESS: Self = Self(1 << 3);

    /// Whether it has all of these.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Their names, in the order of their bits; others are `bit N`.
    pub fn names(self) -> Vec<String> {
        let name = |bit: u32| {
            let named = SERVICES.iter().find(|(of, _)| *of == bit);
            named.map_or_else(|| format!("bit {bit}"), |(_, name)| (*name).to_owned())
        };
        let set = (0..u64::BITS).filter(|bit| self.0 & (1 << bit) != 0);
        set.map(name).collect()
    }
}

/// Who a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The newest form of the protocol that it speaks.
    pub protocol: u32,
    /// What it can do.
    pub services: Services,
    /// What time it is there, in seconds since 1970.
    pub time: i64,
    /// Where it sees the receiver.
    pub receiver: SocketAddr,
    /// Who gets this number back is talking to itself.
    pub nonce: u64,
    /// Its program, BIP 14. Any bytes.
    pub user_agent: Bytes,
    /// Height of its tip, as it says.
    pub height: i32,
    /// Whether it wants transactions announced, BIP 37.
    pub relay: bool,
}

impl Version {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let protocol = reader.u32("the protocol's version")?;
        let services = Services(reader.u64("the services")?);
        let time = reader.u64("the time")?.cast_signed();
        reader.u64("the receiver's services")?;
        let receiver = read_addr(reader)?;
        reader.take(8 + 16 + 2, "the sender's address")?;
        Ok(Self {
            protocol,
            services,
            time,
            receiver,
            nonce: reader.u64("the nonce")?,
            user_agent: reader.bytes("bytes of the user agent", USER_AGENT_MAX)?,
            height: reader.u32("the height")?.cast_signed(),
            // Before BIP 37 it was not there, and meant yes.
            relay: reader.is_empty() || reader.u8("whether to relay")? != 0,
        })
    }

    pub(super) fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.protocol.to_le_bytes());
        to.extend_from_slice(&self.services.0.to_le_bytes());
        to.extend_from_slice(&self.time.to_le_bytes());
        to.extend_from_slice(&[0; 8]);
        put_addr(&self.receiver, to);
        // Where the sender is: nodes have said nothing there for years.
        to.extend_from_slice(&[0; 8 + 16 + 2]);
        to.extend_from_slice(&self.nonce.to_le_bytes());
        put_bytes(&self.user_agent, to);
        to.extend_from_slice(&self.height.to_le_bytes());
        to.push(self.relay.into());
    }
}

/// An address of 16 bytes and a port; IPv4 as mapped into IPv6.
pub(super) fn read_addr(reader: &mut Reader) -> Result<SocketAddr, PayloadError> {
    let ip = Ipv6Addr::from(reader.array::<16>("an address")?);
    let port = u16::from_be_bytes(reader.array("a port")?);
    Ok(SocketAddr::new(ip.to_canonical(), port))
}

pub(super) fn put_addr(addr: &SocketAddr, to: &mut Vec<u8>) {
    let ip = match addr.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    to.extend_from_slice(&ip.octets());
    to.extend_from_slice(&addr.port().to_be_bytes());
}
