//! What a node is to be.

use super::bitcoin::BitcoinSpec;
use crate::node::config::MiningMode;
use crate::node::config::Strategy;
use crate::node::io::Command;
use crate::node::message::Role;
use crate::node::{Config, LightWay, NodeKind, SyncMethod};
use serde::{Deserialize, Serialize};

/// A node of a lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// Its name: unique, letters, digits and - _ .
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// Where it wants to listen, on loopback; `None`: anywhere.
    pub port: Option<u16>,
    /// Not to start at all is better than another port.
    pub port_required: bool,
    /// The nodes that it dials, by name.
    pub connect: Vec<String>,
    /// Connections to keep to nodes that it learns of from others; 0: only those of `connect`.
    pub discover: usize,
    /// Wallets to make, by name. Unique in a lab.
    pub wallets: Vec<String>,
    /// The miner.
    pub mine: MineSpec,
    /// How blocks are fetched.
    pub sync: SyncMethod,
    /// It is a light node, which learns so what concerns its wallets; `None`: it keeps the whole chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<LightWay>,
    /// It is an attacker's, which breaks rules on purpose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attacker: bool,
    /// It is a program of others, of a Bitcoin network; `None`: a node of chainlab's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitcoin: Option<BitcoinSpec>,
}

/// The miner of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MineSpec {
    /// When it mines.
    pub mode: MiningMode,
    /// Hashes per second.
    pub hashrate: f64,
    /// The wallet that rewards go to; `None`: its first, or one named after the node.
    pub to: Option<String>,
    /// The first block comes at full speed, as soon as everybody is connected.
    pub first_at_once: bool,
    /// What it does with the blocks that it finds.
    #[serde(default)]
    pub strategy: Strategy,
}

impl Default for MineSpec {
    fn default() -> Self {
        Self {
            mode: MiningMode::Off,
            hashrate: 14_000.0,
            to: None,
            first_at_once: false,
            strategy: Strategy::Honest,
        }
    }
}

impl MineSpec {
    /// The miner was changed while its node ran, and is like that when the node starts again.
    pub fn changed(&mut self, command: &Command) {
        match command {
            Command::Mine(mode) => self.mode = *mode,
            Command::SetHashrate(rate) => self.hashrate = *rate,
            Command::MineTo { wallet } => self.to = Some(wallet.clone()),
            Command::SetStrategy(strategy) => self.strategy = *strategy,
            _ => {}
        }
    }
}

impl NodeSpec {
    /// A node that knows no other and does nothing by itself.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: Role::Full,
            port: None,
            port_required: false,
            connect: Vec::new(),
            discover: 0,
            wallets: Vec::new(),
            mine: MineSpec::default(),
            sync: SyncMethod::default(),
            light: None,
            attacker: false,
            bitcoin: None,
        }
    }

    /// Sets all that the layout says of the node itself; whom it dials is up to the one that knows
    /// where they are.
    pub fn configure(&self, config: &mut Config) {
        config.role = self.role;
        config.kind = match self.light {
            Some(way) => NodeKind::Light(way),
            None if self.attacker => NodeKind::Attacker,
            None => NodeKind::Full,
        };
        config.outbound = self.discover;
        config.sync = self.sync;
        self.configure_miner(config);
        config.wallets.clone_from(&self.wallets);
    }

    /// Sets what the layout, or a change since, says of the miner.
    pub fn configure_miner(&self, config: &mut Config) {
        config.mining = self.mine.mode;
        config.hashrate = self.mine.hashrate;
        config.strategy = self.mine.strategy;
        // The one that was named, or the first; without any the node finds one.
        config.mine_to = self.mine.to.as_ref().or(self.wallets.first()).cloned();
    }
}
