//! Which node it is, and how it is seen and asked.

use super::peers::{Reaches, WhoIs};
use crate::bitcoin::Network;
use crate::live::rpc::{ClientError, Login, RpcClient};
use std::net::SocketAddr;

/// Which node it is, and how it is seen.
pub struct BitcoinConfig {
    /// Its name in the lab.
    pub name: String,
    /// Its network.
    pub network: Network,
    /// Where it is watched.
    pub addr: SocketAddr,
    /// Where its peers reach it, by which links know it.
    pub place: SocketAddr,
    /// How it is asked; `None`: not at all.
    pub rpc: Option<Rpc>,
    /// It is asked what waits also where it does not offer that.
    pub mempool: bool,
    /// The lab may have it do things though it is on a test network.
    pub act: bool,
    /// The wallets that the lab holds on its chain, by name.
    pub wallets: Vec<String>,
    /// A wallet that the node has itself stands in for the one that is named after it.
    pub own_wallet: bool,
    /// What their keys follow from.
    pub key_seed: [u8; 32],
    /// Blocks that it is to find at once, if its chain has none.
    pub first_blocks: u16,
    /// Who its peers are.
    pub who: WhoIs,
    /// Where it dials for a peer.
    pub reach: Reaches,
    /// The lab has started it, and it is to dial nothing but what the lab has put between its nodes.
    pub is_started: bool,
    /// What connections and pings are drawn from.
    pub seed: [u8; 32],
}

/// How a node is asked by JSON-RPC.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// Where.
    pub at: SocketAddr,
    /// Where bcoin's wallet is, if that is not two ports above.
    pub wallet: Option<SocketAddr>,
    /// What opens it.
    pub login: Login,
}

impl Rpc {
    pub(super) fn client(&self) -> Result<RpcClient, ClientError> {
        let client = RpcClient::new(self.at, self.login.clone())?;
        match self.wallet {
            Some(wallet) => client.with_wallet(wallet),
            None => Ok(client),
        }
    }
}
