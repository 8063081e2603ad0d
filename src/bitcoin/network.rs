//! The networks, in one table: what their messages begin with, where nodes listen, which block is the
//! first, and how addresses look.

use super::header::Header;
use crate::chain::hash::{BlockHash, MerkleRoot};
use crate::chain::pow::CompactTarget;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// One of the networks that speak Bitcoin's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The one with money.
    Mainnet,
    /// The third public test network.
    Testnet3,
    /// The fourth, BIP 94.
    Testnet4,
    /// The default signet, BIP 325, whose blocks are signed.
    Signet,
    /// A network of one's own, where a block takes two hashes.
    Regtest,
    /// btcd's and bcoin's network for simulations, as easy as regtest.
    Simnet,
}

/// What the addresses of a network begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressForm {
    /// Version byte of an address that pays to the hash of a key.
    pub p2pkh: u8,
    /// Version byte of one that pays to the hash of a script, BIP 16.
    pub p2sh: u8,
    /// What one that pays to a witness program begins with, BIP 173.
    pub hrp: &'static str,
}

/// All that differs from network to network.
#[derive(Clone, Copy, Debug)]
pub struct NetworkParams {
    /// As layouts and the command line call it.
    pub name: &'static str,
    /// The four bytes before each message.
    pub magic: [u8; 4],
    /// Where nodes listen, unless they are told otherwise.
    pub port: u16,
    /// Where Bitcoin Core (on simnet btcd) listens for JSON-RPC.
    pub rpc_port: u16,
    /// How addresses look; but see [`AddressForm::BCOIN_REGTEST`].
    pub addresses: AddressForm,
    /// The easiest target that a header may have.
    pub easiest: CompactTarget,
    /// Whether a target may be more than four times its parent's, as where twenty minutes without a
    /// block make the next one easy.
    pub eases: bool,
    /// The first block's time, in seconds since 1970.
    genesis_time: u32,
    genesis_nonce: u32,
    genesis_root: MerkleRoot,
}

/// A text that is no network's name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no Bitcoin network of this name: {}", Network::names())]
pub struct NoSuchNetwork;

/// Where bcoin listens on regtest.
const BCOIN_REGTEST_PORT: u16 = 48_444;

/// The Merkle root of the genesis block that all networks have but testnet4: it is the id of its only
/// transaction, which pays 50 coins to the key of 2009.
const ROOT_OF_2009: MerkleRoot = MerkleRoot([
    0x3b, 0xa3, 0xed, 0xfd, 0x7a, 0x7b, 0x12, 0xb2, 0x7a, 0xc7, 0x2c, 0x3e, 0x67, 0x76, 0x8f, 0x61,
    0x7f, 0xc8, 0x1b, 0xc3, 0x88, 0x8a, 0x51, 0x32, 0x3a, 0x9f, 0xb8, 0xaa, 0x4b, 0x1e, 0x5e, 0x4a,
]);

const ROOT_OF_TESTNET4: MerkleRoot = MerkleRoot([
    0x4e, 0x7b, 0x2b, 0x91, 0x28, 0xfe, 0x02, 0x91, 0xdb, 0x06, 0x93, 0xaf, 0x2a, 0xe4, 0x18, 0xb7,
    0x67, 0xe6, 0x57, 0xcd, 0x40, 0x7e, 0x80, 0xcb, 0x14, 0x34, 0x22, 0x1e, 0xae, 0xa7, 0xa0, 0x7a,
]);

const TEST_ADDRESSES: AddressForm = AddressForm {
    p2pkh: 0x6f,
    p2sh: 0xc4,
    hrp: "tb",
};

const MAINNET: NetworkParams = NetworkParams {
    name: "mainnet",
    magic: [0xf9, 0xbe, 0xb4, 0xd9],
    port: 8_333,
    rpc_port: 8_332,
    addresses: AddressForm {
        p2pkh: 0x00,
        p2sh: 0x05,
        hrp: "bc",
    },
    easiest: CompactTarget(0x1d00_ffff),
    eases: false,
    genesis_time: 1_231_006_505,
    genesis_nonce: 2_083_236_893,
    genesis_root: ROOT_OF_2009,
};

const TESTNET3: NetworkParams = NetworkParams {
    name: "testnet3",
    magic: [0x0b, 0x11, 0x09, 0x07],
    port: 18_333,
    rpc_port: 18_332,
    addresses: TEST_ADDRESSES,
    eases: true,
    genesis_time: 1_296_688_602,
    genesis_nonce: 414_098_458,
    ..MAINNET
};

const TESTNET4: NetworkParams = NetworkParams {
    name: "testnet4",
    magic: [0x1c, 0x16, 0x3f, 0x28],
    port: 48_333,
    rpc_port: 48_332,
    genesis_time: 1_714_777_860,
    genesis_nonce: 393_743_547,
    genesis_root: ROOT_OF_TESTNET4,
    ..TESTNET3
};

const SIGNET: NetworkParams = NetworkParams {
    name: "signet",
    magic: [0x0a, 0x03, 0xcf, 0x40],
    port: 38_333,
    rpc_port: 38_332,
    addresses: TEST_ADDRESSES,
    easiest: CompactTarget(0x1e03_77ae),
    genesis_time: 1_598_918_400,
    genesis_nonce: 52_613_770,
    ..MAINNET
};

const REGTEST: NetworkParams = NetworkParams {
    name: "regtest",
    magic: [0xfa, 0xbf, 0xb5, 0xda],
    port: 18_444,
    rpc_port: 18_443,
    addresses: AddressForm {
        hrp: "bcrt",
        ..TEST_ADDRESSES
    },
    easiest: CompactTarget(0x207f_ffff),
    eases: true,
    genesis_time: 1_296_688_602,
    genesis_nonce: 2,
    ..MAINNET
};

const SIMNET: NetworkParams = NetworkParams {
    name: "simnet",
    magic: [0x16, 0x14, 0x1c, 0x12],
    port: 18_555,
    rpc_port: 18_556,
    addresses: AddressForm {
        p2pkh: 0x3f,
        p2sh: 0x7b,
        hrp: "sb",
    },
    genesis_time: 1_401_292_357,
    ..REGTEST
};

impl AddressForm {
    /// How bcoin writes addresses of regtest, where Bitcoin Core and btcd write those of the test
    /// networks. A script has no such forms, so an address is read in either and written in the form
    /// of the node that is asked.
    pub const BCOIN_REGTEST: Self = Self {
        p2pkh: 0x3c,
        p2sh: 0x26,
        hrp: "rb",
    };
}

impl Network {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Mainnet,
        Self::Testnet3,
        Self::Testnet4,
        Self::Signet,
        Self::Regtest,
        Self::Simnet,
    ];

    /// What is different here.
    pub const fn params(self) -> &'static NetworkParams {
        match self {
            Self::Mainnet => &MAINNET,
            Self::Testnet3 => &TESTNET3,
            Self::Testnet4 => &TESTNET4,
            Self::Signet => &SIGNET,
            Self::Regtest => &REGTEST,
            Self::Simnet => &SIMNET,
        }
    }

    /// Whether anyone can find blocks at will, so that chains are short and belong to one person.
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Regtest | Self::Simnet)
    }

    /// The forms in which addresses of this network are read.
    pub fn address_forms(self) -> impl Iterator<Item = AddressForm> {
        let bcoin = (self == Self::Regtest).then_some(AddressForm::BCOIN_REGTEST);
        std::iter::once(self.params().addresses).chain(bcoin)
    }

    /// The one whose nodes listen at this port, unless they are told otherwise.
    pub fn of_port(port: u16) -> Option<Self> {
        let is_its = |network: &Self| network.params().port == port;
        let bcoin = (port == BCOIN_REGTEST_PORT).then_some(Self::Regtest);
        Self::ALL.into_iter().find(is_its).or(bcoin)
    }

    fn names() -> String {
        Self::ALL.map(|network| network.params().name).join(", ")
    }
}

impl NetworkParams {
    /// The header of the first block.
    pub const fn genesis(&self) -> Header {
        Header {
            version: 1,
            previous: BlockHash::ZERO,
            merkle_root: self.genesis_root,
            time: self.genesis_time,
            // All of them begin as easy as they can be.
            bits: self.easiest,
            nonce: self.genesis_nonce,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.params().name)
    }
}

impl FromStr for Network {
    type Err = NoSuchNetwork;

    fn from_str(name: &str) -> Result<Self, NoSuchNetwork> {
        Self::ALL
            .into_iter()
            .find(|network| network.params().name == name)
            .ok_or(NoSuchNetwork)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_blocks_are_the_networks_and_meet_their_targets() {
        let known = [
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
            "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
            "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
            "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
            "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
            "683e86bd5c6d110d91b94b97137ba6bfe02dbbdb8e3dff722a669b5d69d77af6",
        ];
        for (network, known) in Network::ALL.into_iter().zip(known) {
            let genesis = network.params().genesis();
            assert_eq!(genesis.hash().to_string(), known, "{network}");
            assert!(genesis.meets_target(network.params()), "{network}");
        }
    }

    #[test]
    fn a_network_is_read_as_it_is_written() {
        for network in Network::ALL {
            assert_eq!(network.to_string().parse(), Ok(network));
        }
        assert_eq!("testnet".parse::<Network>(), Err(NoSuchNetwork));
    }
}
