//! What a node of a Bitcoin network is to be: a program of others.

use crate::bitcoin::Network;
use crate::bitcoin::start::Choice;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A node that is another program, which speaks Bitcoin's protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BitcoinSpec {
    /// Its network. What a lab starts is on regtest.
    pub network: Network,
    /// Where it comes from.
    pub source: Source,
    /// It is asked what waits also where it does not say that it answers that.
    #[serde(default)]
    pub mempool: bool,
    /// A lab may have it mine, pay and change its peers, though it is on a test network. On regtest and
    /// simnet that needs no word, and on mainnet no word is enough.
    #[serde(default)]
    pub act: bool,
}

/// Where a node that is another program comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It runs already.
    At {
        /// Where it listens for peers.
        addr: SocketAddr,
        /// How it is asked; `None`: not at all.
        #[serde(default)]
        rpc: Option<RpcSpec>,
    },
    /// The lab starts it.
    Program(Choice),
}

/// How a node is asked by JSON-RPC, which is on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpcSpec {
    /// Where it listens for that.
    pub at: SocketAddr,
    /// What opens it.
    pub login: LoginSpec,
}

/// What opens a node's JSON-RPC: no secret, but where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginSpec {
    /// A file that the node writes each time it starts.
    Cookie(PathBuf),
    /// A name, and a file whose first line is the password.
    User {
        /// The name; bcoin takes any.
        user: String,
        /// The file.
        password_file: PathBuf,
    },
}

impl BitcoinSpec {
    /// The program that is to be started, if one is.
    pub fn program(&self) -> Option<&Choice> {
        match &self.source {
            Source::Program(choice) => Some(choice),
            Source::At { .. } => None,
        }
    }

    /// Where it listens for peers, if it runs already.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.source {
            Source::At { addr, .. } => Some(*addr),
            Source::Program(_) => None,
        }
    }

    /// Whether a lab may have it mine, pay and change its peers, and has a way to.
    pub fn may_act(&self) -> bool {
        match &self.source {
            Source::Program(_) => true,
            Source::At { rpc: None, .. } => false,
            Source::At { rpc: Some(_), .. } => match self.network {
                Network::Regtest | Network::Simnet => true,
                Network::Mainnet => false,
                Network::Testnet3 | Network::Testnet4 | Network::Signet => self.act,
            },
        }
    }
}
