//! Who is in a lab: nodes, their wallets and their ports. Whatever describes a node is checked here
//! before the node is let in: a layout, a lab that was kept, a step that adds one, and who adds one to
//! a lab that runs. What is wrong is said with the field, and where that stands in its source is the
//! reader's to say.

pub(in crate::lab) mod kind;

use self::kind::{Kind, check_link};
use super::NODES_MAX;
use crate::bitcoin::Network;
use crate::lab::paper::names::{missing, parse_node_name};
use crate::lab::spec::NodeSpec;
use crate::node::config::MiningMode;
use crate::node::config::{Release, Strategy};
use crate::node::io::RefusalKind;
use crate::node::mining::check_hashrate;
use crate::node::wallets::{WALLETS_MAX, check_name};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Ports that can be wanted.
pub const PORTS: RangeInclusive<u16> = 1..=u16::MAX;

/// Connections that a node can look for by itself.
pub const DISCOVER: RangeInclusive<usize> = 0..=NODES_MAX - 1;

/// Why a node cannot be in a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The field of [`NodeSpec`] that is wrong, as in `mine.to`.
    pub field: &'static str,
    /// Which of a list, from 0 on.
    pub at: Option<usize>,
    /// Of which kind that is, for programs.
    pub kind: RefusalKind,
    /// What is wrong, in words.
    pub problem: String,
}

/// Nodes and wallets that are in a lab.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    nodes: Vec<String>,
    /// As many.
    kinds: Vec<Kind>,
    by_name: BTreeMap<String, usize>,
    by_port: BTreeMap<u16, usize>,
    /// By name, each with its node.
    owners: BTreeMap<String, usize>,
}

impl Roster {
    /// Lets a node in that need not be checked.
    pub fn enter(&mut self, spec: &NodeSpec) {
        let at = self.nodes.len();
        self.nodes.push(spec.name.clone());
        self.kinds.push(Kind::of(spec));
        self.by_name.insert(spec.name.clone(), at);
        self.by_port.extend(spec.port.map(|port| (port, at)));
        for wallet in &spec.wallets {
            self.owners.insert(wallet.clone(), at);
        }
    }

    /// Lets a node in. Whom it dials is not looked at: those may come later.
    ///
    /// # Errors
    /// [`Unfit`]: it cannot be, or not beside those that are there. Nothing changes then.
    pub fn admit(&mut self, spec: &NodeSpec) -> Result<(), Unfit> {
        self.admit_with(spec, &[])
    }

    /// As [`Roster::admit`], with the wallets that were made since; those of its own may be among
    /// them.
    ///
    /// # Errors
    /// As there; a wallet that was made since is the field `made`.
    pub fn admit_with(&mut self, spec: &NodeSpec, made: &[String]) -> Result<(), Unfit> {
        if self.nodes.len() >= NODES_MAX {
            let problem = format!("a lab has at most {NODES_MAX} nodes");
            return Err(unfit("name", RefusalKind::Busy, problem));
        }
        parse_node_name(&spec.name).map_err(|problem| invalid("name", problem))?;
        if self.by_name.contains_key(&spec.name) {
            let problem = format!("there is a node {:?} already", spec.name);
            return Err(unfit("name", RefusalKind::Taken, problem));
        }
        self.check_port(spec)?;
        if !DISCOVER.contains(&spec.discover) {
            let problem = format!("not between {} and {}", DISCOVER.start(), DISCOVER.end());
            return Err(invalid("discover", problem));
        }
        check_count(spec.wallets.len()).map_err(|problem| invalid("wallets", problem))?;
        check_count(made.len()).map_err(|problem| invalid("made", problem))?;
        self.check_wallets("wallets", &spec.wallets, &[])?;
        self.check_wallets("made", made, &spec.wallets)?;
        let reward = reward_wallet(spec, made);
        if let Some(wallet) = reward {
            self.check_free(wallet)
                .map_err(|problem| unfit("name", RefusalKind::Taken, problem))?;
        }
        check_miner(spec, made)?;
        self.enter(spec);
        let at = self.nodes.len() - 1;
        let made = made.iter().map(String::as_str).chain(reward);
        made.for_each(|wallet| self.give(wallet, at));
        Ok(())
    }

    fn check_port(&self, spec: &NodeSpec) -> Result<(), Unfit> {
        match spec.port {
            None if spec.port_required => {
                let problem = "there is no port to insist on".to_owned();
                Err(invalid("port_required", problem))
            }
            None => Ok(()),
            Some(port) => {
                check_port(port).map_err(|problem| invalid("port", problem))?;
                match self.by_port.get(&port) {
                    Some(other) => {
                        let problem =
                            format!("{port} is the port of {} already", self.nodes[*other]);
                        Err(unfit("port", RefusalKind::Taken, problem))
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// Checks names of wallets of a node that is not in yet; those of `own` are its own already.
    fn check_wallets(
        &self,
        field: &'static str,
        wallets: &[String],
        own: &[String],
    ) -> Result<(), Unfit> {
        let mut seen = BTreeMap::new();
        for (at, wallet) in wallets.iter().enumerate() {
            let wrong = |kind, problem| Unfit {
                field,
                at: Some(at),
                kind,
                problem,
            };
            check_name(wallet).map_err(|e| wrong(RefusalKind::Invalid, e.to_string()))?;
            if seen.insert(wallet, at).is_some() {
                let problem = format!("{wallet:?} is there twice");
                return Err(wrong(RefusalKind::Invalid, problem));
            }
            if !own.contains(wallet) {
                let free = self.check_free(wallet);
                free.map_err(|problem| wrong(RefusalKind::Taken, problem))?;
            }
        }
        Ok(())
    }

    /// That no node has a wallet of this name.
    ///
    /// # Errors
    /// In words, who has it.
    pub fn check_free(&self, wallet: &str) -> Result<(), String> {
        match self.owners.get(wallet) {
            None => Ok(()),
            Some(owner) => Err(taken(&self.nodes[*owner], wallet)),
        }
    }

    /// Gives a wallet that need not be checked to a node.
    pub fn give(&mut self, wallet: &str, node: usize) {
        self.owners.insert(wallet.to_owned(), node);
    }

    /// Looks up a node that another one wants to dial, beside those that it dials already.
    ///
    /// # Errors
    /// [`Unfit`]: it is not there, is the node itself, is dialled already, or is of another kind.
    pub fn dial(&self, by: &str, name: &str, already: &[String]) -> Result<usize, Unfit> {
        let at = self
            .find(name)
            .map_err(|problem| unfit("connect", RefusalKind::NoSuchNode, problem))?;
        if name == by {
            return Err(invalid("connect", format!("{name} has no link to itself")));
        }
        if already.iter().any(|other| other == name) {
            return Err(invalid("connect", format!("{name:?} is there twice")));
        }
        self.check_link(by, name)
            .map_err(|problem| invalid("connect", problem))?;
        Ok(at)
    }

    /// That there can be a link between two nodes. One that is not there is like any other.
    ///
    /// # Errors
    /// In words, why not.
    pub fn check_link(&self, one: &str, other: &str) -> Result<(), String> {
        let kind = |name: &str| self.by_name.get(name).and_then(|at| self.kinds.get(*at));
        match (kind(one), kind(other)) {
            (Some(kind), Some(of_other)) => check_link((one, kind), (other, of_other)),
            _ => Ok(()),
        }
    }

    /// The Bitcoin network of the node at this place; `None`: it is one of chainlab's own.
    pub fn network(&self, node: usize) -> Option<Network> {
        self.kinds.get(node).and_then(Kind::network)
    }

    /// Looks up all nodes that one wants to dial.
    ///
    /// # Errors
    /// As [`Roster::dial`].
    pub fn dials(&self, spec: &NodeSpec) -> Result<(), Unfit> {
        for (at, name) in spec.connect.iter().enumerate() {
            let found = self.dial(&spec.name, name, &spec.connect[..at]);
            found.map_err(|wrong| Unfit {
                at: Some(at),
                ..wrong
            })?;
        }
        Ok(())
    }

    /// The node of this name, by its place in the lab.
    ///
    /// # Errors
    /// In words, who was meant or who is there.
    pub fn find(&self, name: &str) -> Result<usize, String> {
        let found = self.by_name.get(name).copied();
        found.ok_or_else(|| missing("node", name, self.nodes()))
    }

    /// The nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> + Clone {
        self.nodes.iter().map(String::as_str)
    }

    /// The wallets of all nodes, by name.
    pub fn wallets(&self) -> impl Iterator<Item = &str> + Clone {
        self.owners.keys().map(String::as_str)
    }

    /// The node that has this wallet.
    pub fn owner(&self, wallet: &str) -> Option<usize> {
        self.owners.get(wallet).copied()
    }
}

/// The wallet that is made for a node's rewards, or is the node's own, named after it: of one that mines and
/// has no other, and of a program of others that may be told to act and for which none is named.
pub fn reward_wallet<'a>(spec: &'a NodeSpec, made: &[String]) -> Option<&'a str> {
    let has_one = match &spec.bitcoin {
        Some(bitcoin) => bitcoin.may_act(),
        None => spec.mine.mode != MiningMode::Off && made.is_empty(),
    };
    (has_one && spec.wallets.is_empty()).then_some(&*spec.name)
}

/// That another node has a wallet of this name.
pub fn taken(owner: &str, wallet: &str) -> String {
    format!("{owner} has a wallet {wallet:?} already: names are unique in a lab")
}

/// That this can be a port.
///
/// # Errors
/// In words, what can.
pub fn check_port(port: u16) -> Result<(), String> {
    match PORTS.contains(&port) {
        true => Ok(()),
        false => Err(format!("not between {} and {}", PORTS.start(), PORTS.end())),
    }
}

/// That a node can have so many wallets.
///
/// # Errors
/// In words, how many it can.
pub fn check_count(wallets: usize) -> Result<(), String> {
    match wallets > WALLETS_MAX {
        true => Err(format!("a node has at most {WALLETS_MAX}")),
        false => Ok(()),
    }
}

/// That rewards go to a wallet of the node's own.
///
/// # Errors
/// In words, which there are.
pub fn check_reward<'a>(
    to: &str,
    mut own: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), String> {
    let there = own.clone();
    match own.any(|wallet| wallet == to) {
        true => Ok(()),
        false => Err(format!("on this node {}", missing("wallet", to, there))),
    }
}

fn check_miner(spec: &NodeSpec, made: &[String]) -> Result<(), Unfit> {
    let mine = &spec.mine;
    check_hashrate(mine.hashrate).map_err(|problem| invalid("mine.hashrate", problem))?;
    if mine.mode == MiningMode::OnTx(0) {
        let problem = format!("not between 1 and {}", usize::MAX);
        return Err(invalid("mine.mode", problem));
    }
    if let Strategy::Selfish(Release::Depth(0) | Release::Lead(0)) = mine.strategy {
        return Err(invalid(
            "mine.strategy",
            "it takes one block at least".to_owned(),
        ));
    }
    if let Some(to) = &mine.to {
        let own = spec.wallets.iter().chain(made).map(String::as_str);
        let found = check_reward(to, own);
        found.map_err(|problem| unfit("mine.to", RefusalKind::NoSuchWallet, problem))?;
    }
    Ok(())
}

fn unfit(field: &'static str, kind: RefusalKind, problem: String) -> Unfit {
    Unfit {
        field,
        at: None,
        kind,
        problem,
    }
}

fn invalid(field: &'static str, problem: String) -> Unfit {
    unfit(field, RefusalKind::Invalid, problem)
}
