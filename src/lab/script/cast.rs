//! Who is there at each step of a script, before any of it is played: the nodes and wallets of the
//! layout, and those that earlier steps have added.

use crate::chain::Address;
use crate::lab::control::methods::key_holder;
use crate::lab::control::order::{Known, Order, pick};
use crate::lab::control::params::{BadParam, bad};
use crate::lab::layout::{Layout, NODES_MAX, NodeSpec};
use crate::lab::names::missing;
use crate::lab::partition;
use crate::lab::request::Request;
use crate::lab::view::NodeIx;
use crate::node::io::{Command, Payment};
use crate::node::mining::{MiningMode, check_hashrate};
use crate::node::wallets::{WALLETS_MAX, check_name};
use std::collections::{BTreeMap, BTreeSet};

/// Who is there.
#[derive(Clone, Debug)]
pub struct Cast {
    nodes: Vec<String>,
    /// By name, each with its node.
    wallets: BTreeMap<String, NodeIx>,
    /// What every address begins with on this chain.
    address_version: u8,
}

impl Known for Cast {
    fn node_names(&self) -> Vec<&str> {
        self.nodes.iter().map(String::as_str).collect()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        self.wallets.get(wallet).copied()
    }
}

impl Cast {
    /// Those of a layout.
    pub fn new(specs: &[NodeSpec], address_version: u8) -> Self {
        let mut cast = Self {
            nodes: Vec::new(),
            wallets: BTreeMap::new(),
            address_version,
        };
        specs.iter().for_each(|spec| cast.enter(spec));
        cast
    }

    /// Those of a layout once its script has been played.
    pub fn at_the_end(layout: &Layout) -> Self {
        let mut cast = Self::new(&layout.nodes, layout.chain.params.address_version);
        for order in layout.steps.iter().filter_map(|step| step.order.as_ref()) {
            // It was played when the layout was read.
            let _ = cast.play(order);
        }
        cast
    }

    /// The nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> + Clone {
        self.nodes.iter().map(String::as_str)
    }

    /// The wallets of all nodes.
    pub fn wallets(&self) -> impl Iterator<Item = &str> + Clone {
        self.wallets.keys().map(String::as_str)
    }

    fn enter(&mut self, spec: &NodeSpec) {
        let ix = NodeIx(self.nodes.len());
        self.nodes.push(spec.name.clone());
        // Whoever mines without a wallet makes one for the rewards.
        let mines = spec.mine.mode != MiningMode::Off || spec.mine.first_at_once;
        let own = (spec.wallets.is_empty() && mines).then_some(&spec.name);
        let wallets = spec.wallets.iter().chain(own);
        self.wallets.extend(wallets.map(|name| (name.clone(), ix)));
    }

    /// Does an order as far as names go: whoever it adds is there afterwards.
    ///
    /// # Errors
    /// [`BadParam`]: it is about somebody who is not there, or adds somebody who is.
    pub fn play(&mut self, order: &Order) -> Result<(), BadParam> {
        match order.clone().resolve(self)? {
            Request::Node(ix, command) => self.play_command(ix, &command),
            Request::Add(spec) => self.add(&spec),
            Request::Link(bend) => {
                self.find("from", &bend.from)?;
                self.find("to", &bend.to).map(drop)
            }
            Request::Partition(named) => {
                let names: Vec<_> = self.nodes().collect();
                let split = match named.is_empty() {
                    true => partition::halves(names.len(), &BTreeSet::new()),
                    false => partition::groups(&names, &named),
                };
                split.map(drop).map_err(|error| bad("groups", error))
            }
            Request::Kill(_)
            | Request::Restart(_)
            | Request::HealAll
            | Request::Unite
            | Request::Traffic(_)
            | Request::Note(_)
            | Request::Keep => Ok(()),
        }
    }

    fn find(&self, key: &str, name: &str) -> Result<NodeIx, BadParam> {
        pick(Some(name), self).map_err(|error| bad(key, error.problem))
    }

    fn add(&mut self, spec: &NodeSpec) -> Result<(), BadParam> {
        if self.nodes.len() >= NODES_MAX {
            let problem = format!("a lab has at most {NODES_MAX} nodes");
            return Err(bad("name", problem));
        }
        if self.nodes.contains(&spec.name) {
            let problem = format!("there is a node {:?} already", spec.name);
            return Err(bad("name", problem));
        }
        for peer in &spec.connect {
            self.find("connect", peer)?;
        }
        if spec.wallets.len() > WALLETS_MAX {
            let problem = format!("a node has at most {WALLETS_MAX}");
            return Err(bad("wallets", problem));
        }
        for (at, wallet) in spec.wallets.iter().enumerate() {
            self.check_free("wallets", wallet)?;
            if spec.wallets[..at].contains(wallet) {
                return Err(bad("wallets", format!("{wallet:?} is there twice")));
            }
        }
        if spec.wallets.is_empty() && spec.mine.mode != MiningMode::Off {
            self.check_free("name", &spec.name)?;
        }
        check_rate(spec.mine.hashrate)?;
        self.enter(spec);
        Ok(())
    }

    fn check_free(&self, key: &str, wallet: &str) -> Result<(), BadParam> {
        check_name(wallet).map_err(|error| bad(key, error))?;
        match self.wallets.get(wallet) {
            None => Ok(()),
            Some(owner) => {
                let owner = &self.nodes[owner.0];
                let problem = format!("{owner} has a wallet {wallet:?} already");
                Err(bad(key, problem))
            }
        }
    }

    fn play_command(&mut self, ix: NodeIx, command: &Command) -> Result<(), BadParam> {
        match command {
            Command::CreateWallet { name } | Command::ImportWallet { name, .. } => {
                if let Command::ImportWallet { secret, .. } = command
                    && let Some(of) = key_holder(secret)
                    && !self.wallets.contains_key(of)
                {
                    return Err(bad("secret", missing("wallet", of, self.wallets())));
                }
                self.check_free("name", name)?;
                self.wallets.insert(name.clone(), ix);
                Ok(())
            }
            Command::ExportWallet { name } | Command::History { name, .. } => {
                self.check_own("name", ix, name)
            }
            Command::PlanSend(payment) | Command::Send(payment) => self.check_payment(ix, payment),
            Command::Coins { of } => self.check_owner("of", of),
            Command::MineTo { wallet } => self.check_own("wallet", ix, wallet),
            Command::SetHashrate(rate) => check_rate(*rate),
            Command::Mine(MiningMode::On | MiningMode::OnTx(_)) | Command::MineNow => {
                self.mines(ix)
            }
            _ => Ok(()),
        }
    }

    /// A node without a wallet makes one for its rewards.
    fn mines(&mut self, ix: NodeIx) -> Result<(), BadParam> {
        if self.wallets.values().any(|owner| *owner == ix) {
            return Ok(());
        }
        let name = self.nodes[ix.0].clone();
        self.check_free("node", &name)?;
        self.wallets.insert(name, ix);
        Ok(())
    }

    fn check_payment(&self, ix: NodeIx, payment: &Payment) -> Result<(), BadParam> {
        self.check_own("from", ix, &payment.from)?;
        self.check_owner("to", &payment.to)
    }

    fn check_own(&self, key: &str, ix: NodeIx, wallet: &str) -> Result<(), BadParam> {
        match self.wallets.get(wallet) {
            Some(owner) if *owner == ix => Ok(()),
            Some(owner) => {
                let (owner, node) = (&self.nodes[owner.0], &self.nodes[ix.0]);
                let problem = format!("{wallet:?} is a wallet of {owner}, not of {node}");
                Err(bad(key, problem))
            }
            None => Err(bad(key, missing("wallet", wallet, self.wallets()))),
        }
    }

    /// A wallet of any node, or an address.
    fn check_owner(&self, key: &str, of: &str) -> Result<(), BadParam> {
        let is_known =
            self.wallets.contains_key(of) || Address::parse(of, self.address_version).is_ok();
        match is_known {
            true => Ok(()),
            false => Err(bad(key, missing("wallet", of, self.wallets()))),
        }
    }
}

fn check_rate(rate: f64) -> Result<(), BadParam> {
    check_hashrate(rate)
        .map(drop)
        .map_err(|error| bad("hashrate", error))
}
