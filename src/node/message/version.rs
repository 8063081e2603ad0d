//! Who a node is, as it says itself, and what it does for others.

use super::text::Text;
use crate::chain::BlockHash;
use crate::chain::codec::{self, DecodeError};
use crate::chain::key::PublicKey;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The version of the protocol that this program speaks. Since 2 a `pong` carries a time; since 3 a
/// `version` says what its sender does for others.
pub const PROTOCOL: u32 = 3;

/// Who a node is.
///
/// Its first four bytes are the protocol, in every version of it: how the rest is read goes by that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The genesis hash, which names the network.
    pub network: BlockHash,
    /// A number that was never used before: who gets it back is talking to itself.
    pub nonce: u64,
    /// The key that names this run of the node; its owner proves it in the `verack`.
    pub id: PublicKey,
    /// Where the node can be reached. Only the port is believed: the address is the connection's.
    pub listen: Option<SocketAddr>,
    /// Height of the tip.
    pub height: u32,
    /// What the node is there for.
    pub role: Role,
    /// Program and version, with the node's name, as BIP 14 has it: `/chainlab:0.1.0(central)/`.
    pub user_agent: Text,
    /// What it does for others.
    pub services: Services,
    /// Whether it wants to hear of transactions, as BIP 37's `relay`.
    pub wants_txs: bool,
}

/// The same before protocol 3. It is read so that who sent it can be told that it is too old.
#[derive(Serialize, Deserialize)]
struct OldVersion {
    protocol: u32,
    network: BlockHash,
    nonce: u64,
    id: PublicKey,
    listen: Option<SocketAddr>,
    height: u32,
    role: Role,
    user_agent: Text,
}

/// What a node is there for. A label: every node checks and relays everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps the chain and relays.
    #[default]
    Full,
    /// Also mines.
    Miner,
    /// Also holds wallets that people send from.
    Wallet,
}

/// What a node does for others, a bit each. Bits without a meaning here are kept, and mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services(pub u64);

impl Services {
    /// It sends headers and blocks.
    pub const BLOCKS: Self = Self(1);

    /// It sends filters of blocks, and their headers.
    pub const FILTERS: Self = Self(1 << 1);

    /// It looks for the payments of addresses that it is told, and proves them.
    pub const PROOFS: Self = Self(1 << 2);

    /// What a full node does.
    pub const FULL: Self = Self(Self::BLOCKS.0 | Self::FILTERS.0 | Self::PROOFS.0);

    /// Those with a name, in the order of their bits.
    const NAMES: [(Self, &'static str); 3] = [
        (Self::BLOCKS, "blocks"),
        (Self::FILTERS, "filters"),
        (Self::PROOFS, "proofs"),
    ];

    /// Whether all of these are among them.
    pub const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

impl fmt::Display for Services {
    /// By their names, `nothing` without any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(service, _)| self.has(*service));
        let names: Vec<_> = names.map(|(_, name)| *name).collect();
        match &names[..] {
            [] => f.pad("nothing"),
            names => f.pad(&names.join(", ")),
        }
    }
}

impl Version {
    /// Appends it in the form of its protocol.
    pub(super) fn encode_into(&self, sink: &mut impl io::Write) {
        match self.protocol < PROTOCOL {
            true => codec::encode_into(&OldVersion::from(self), sink),
            false => codec::encode_into(self, sink),
        }
    }

    /// Bytes of that.
    pub(super) fn len(&self) -> usize {
        match self.protocol < PROTOCOL {
            true => codec::encoded_len(&OldVersion::from(self)),
            false => codec::encoded_len(self),
        }
    }

    /// Reads any protocol's. Of one that is older than services it is taken to be a node as all were; of
    /// a newer one what is behind what is known here is passed over.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub(super) fn decode(payload: &[u8], max: usize) -> Result<Self, DecodeError> {
        let protocol = payload
            .first_chunk()
            .map(|first| u32::from_le_bytes(*first));
        match protocol {
            Some(old) if old < PROTOCOL => codec::decode(payload, max).map(OldVersion::into),
            Some(new) if new > PROTOCOL => codec::decode_first(payload, max).map(|(read, _)| read),
            _ => codec::decode(payload, max),
        }
    }
}

impl From<&Version> for OldVersion {
    fn from(version: &Version) -> Self {
        Self {
            protocol: version.protocol,
            network: version.network,
            nonce: version.nonce,
            id: version.id,
            listen: version.listen,
            height: version.height,
            role: version.role,
            user_agent: version.user_agent.clone(),
        }
    }
}

impl From<OldVersion> for Version {
    fn from(old: OldVersion) -> Self {
        Self {
            protocol: old.protocol,
            network: old.network,
            nonce: old.nonce,
            id: old.id,
            listen: old.listen,
            height: old.height,
            role: old.role,
            user_agent: old.user_agent,
            services: Services::BLOCKS,
            wants_txs: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> Version {
        Version {
            protocol: PROTOCOL,
            network: BlockHash([7; 32]),
            nonce: 9,
            id: PublicKey::NONE,
            listen: None,
            height: 12,
            role: Role::Miner,
            user_agent: Text::new("/test/"),
            services: Services(5),
            wants_txs: false,
        }
    }

    #[test]
    fn what_an_old_node_says_is_read_as_what_all_nodes_were() {
        let new = version();
        let old = Version { protocol: 2, ..new };
        let mut bytes = Vec::new();
        old.encode_into(&mut bytes);
        assert_eq!(bytes.len(), codec::encoded_len(&old) - 9);
        assert_eq!(bytes.len(), old.len());
        let read = Version::decode(&bytes, 512).expect("it is sound");
        let wanted = Version {
            services: Services::BLOCKS,
            wants_txs: true,
            ..old
        };
        assert_eq!(read, wanted);
        // Every accepted frame encodes to the same bytes again.
        let mut again = Vec::new();
        read.encode_into(&mut again);
        assert_eq!(again, bytes);
    }

    #[test]
    fn of_a_newer_protocol_the_rest_is_passed_over_and_of_ours_refused() {
        for (protocol, is_read) in [(PROTOCOL, false), (PROTOCOL + 1, true)] {
            let said = Version {
                protocol,
                ..version()
            };
            let mut bytes = codec::encode(&said);
            bytes.extend_from_slice(&[1, 2, 3]);
            let read = Version::decode(&bytes, 512);
            assert_eq!(read.ok(), is_read.then_some(said), "{protocol}");
        }
    }

    #[test]
    fn one_that_ends_early_is_none_whatever_its_protocol() {
        for protocol in [0, 2, PROTOCOL, PROTOCOL + 1] {
            let said = Version {
                protocol,
                ..version()
            };
            let bytes = codec::encode(&said);
            for len in 0..bytes.len() - 9 {
                assert!(Version::decode(&bytes[..len], 512).is_err(), "{len}");
            }
        }
    }

    #[test]
    fn services_are_shown_by_their_names() {
        assert_eq!(Services::BLOCKS.to_string(), "blocks");
        assert_eq!(Services::FULL.to_string(), "blocks, filters, proofs");
        assert_eq!(Services(1 << 40).to_string(), "nothing");
    }
}
