//! The nodes of a layout.
//!
//! What stands under `[[node]]` is one node, or with `count` a group of them that differ in their
//! names. Groups are read first, then numbered out; no name is looked up before all names are there. What
//! a node can be is the [`Roster`]'s to say.

use super::super::NODES_MAX;
use super::super::roster::{DISCOVER, PORTS, Roster, Unfit, check_count, check_reward};
use super::bitcoin;
use crate::lab::paper::document::{FileError, Position, Section};
use crate::lab::paper::names::missing;
use crate::lab::paper::network::set;
use crate::lab::paper::units::parse_rate;
use crate::lab::spec::{BitcoinSpec, MineSpec, NodeSpec};
use crate::node::config::MiningMode;
use crate::node::config::{Release, Strategy};
use crate::node::message::Role;
use crate::node::mining::check_hashrate;
use crate::node::{LightWay, SyncMethod};

/// What a node can be: whether it is of a Bitcoin network.
const KINDS: [(&str, bool); 2] = [("chainlab", false), ("bitcoin", true)];

/// How a light node learns what concerns its wallets.
const LIGHT_WAYS: [(&str, LightWay); 2] =
    [("filter", LightWay::Filter), ("address", LightWay::Address)];

const ROLES: [(&str, Role); 3] = [
    ("full", Role::Full),
    ("wallet", Role::Wallet),
    ("miner", Role::Miner),
];

const SYNC_METHODS: [(&str, SyncMethod); 2] = [
    ("headers-first", SyncMethod::HeadersFirst),
    ("blocks-first", SyncMethod::BlocksFirst),
];

/// Modes; how many transactions are enough is said beside it.
const MODES: [(&str, MiningMode); 3] = [
    ("off", MiningMode::Off),
    ("on", MiningMode::On),
    ("on-tx", MiningMode::OnTx(1)),
];

/// When the first block comes: whether it comes at once.
const FIRST: [(&str, bool); 2] = [("at once", true), ("in its time", false)];

/// What the miner does with its blocks: whether it withholds them.
const STRATEGIES: [(&str, bool); 2] = [("honest", false), ("withhold", true)];

/// A name, and where it is written.
pub(super) type Word<'a> = (String, Position<'a>);

/// All nodes.
#[derive(Default)]
pub(super) struct Nodes<'a> {
    /// In the order of the file.
    pub(super) specs: Vec<NodeSpec>,
    roster: Roster,
    /// What is to be dialled, not looked up yet; and whether a node that finds itself there is one
    /// of a group, and just leaves itself out.
    dials: Vec<(usize, Word<'a>, bool)>,
}

/// One `[[node]]`.
pub(super) struct Group<'a> {
    pub(super) name: Word<'a>,
    /// How many; `None`: one, whose name has no number.
    pub(super) count: Option<u16>,
    /// All that does not depend on the number, and the first port.
    pub(super) spec: NodeSpec,
    pub(super) port_place: Option<Position<'a>>,
    pub(super) connect: Vec<Word<'a>>,
    pub(super) wallets: Vec<Word<'a>>,
}

impl<'a> Nodes<'a> {
    /// Reads all groups and spreads them out.
    pub(super) fn read(groups: Vec<Section<'a>>, discover: usize) -> Result<Self, FileError> {
        let mut nodes = Self::default();
        for mut section in groups {
            let group = Group::read(&mut section, discover)?;
            match group.count {
                None => nodes.add(&group, None)?,
                Some(count) => {
                    for number in 1..=count {
                        nodes.add(&group, Some(number))?;
                    }
                }
            }
        }
        Ok(nodes)
    }

    fn add(&mut self, group: &Group<'a>, number: Option<u16>) -> Result<(), FileError> {
        let mut spec = group.spec.clone();
        spec.name = numbered(&group.name.0, number);
        spec.port = group.port(number)?;
        let wallets = group.wallets.iter();
        spec.wallets = wallets.map(|(name, _)| numbered(name, number)).collect();
        if spec.wallets.is_empty() && spec.mine.mode != MiningMode::Off {
            spec.wallets.push(spec.name.clone());
        }
        spec.mine.to = spec.mine.to.map(|to| numbered(&to, number));
        let admitted = self.roster.admit(&spec);
        admitted.map_err(|wrong| group.place(&wrong).error(wrong.problem))?;
        self.check_address(&spec)
            .map_err(|problem| group.name.1.error(problem))?;
        let at = self.specs.len();
        let dial = |word: &Word<'a>| (at, word.clone(), number.is_some());
        self.dials.extend(group.connect.iter().map(dial));
        self.specs.push(spec);
        Ok(())
    }

    /// That no other node runs where this one does.
    fn check_address(&self, spec: &NodeSpec) -> Result<(), String> {
        let address = |spec: &NodeSpec| spec.bitcoin.as_ref().and_then(BitcoinSpec::address);
        let Some(at) = address(spec) else {
            return Ok(());
        };
        match self.specs.iter().find(|other| address(other) == Some(at)) {
            Some(other) => Err(format!("{at} is the address of {} already", other.name)),
            None => Ok(()),
        }
    }

    /// Looks up whom nodes dial.
    pub(super) fn connect(&mut self) -> Result<(), FileError> {
        for (at, (name, place), of_group) in std::mem::take(&mut self.dials) {
            let node = &mut self.specs[at];
            if node.name == name && of_group {
                continue;
            }
            let found = self.roster.dial(&node.name, &name, &node.connect);
            found.map_err(|wrong| place.error(wrong.problem))?;
            node.connect.push(name);
        }
        Ok(())
    }

    /// Has one node dial another, if neither of them does yet.
    pub(super) fn link(&mut self, dials: usize, dialled: usize) {
        let dialler = self.specs[dials].name.clone();
        let name = self.specs[dialled].name.clone();
        let node = &self.specs[dials];
        if !node.connect.contains(&name) && !self.specs[dialled].connect.contains(&dialler) {
            self.specs[dials].connect.push(name);
        }
    }

    /// The node of this name, which is written there.
    pub(super) fn find(&self, name: &str, place: &Position<'_>) -> Result<usize, FileError> {
        self.roster.find(name).map_err(|words| place.error(words))
    }

    /// The places of chainlab's own nodes.
    pub(super) fn own(&self) -> impl Iterator<Item = usize> {
        (0..self.specs.len()).filter(|at| self.specs[*at].bitcoin.is_none())
    }

    /// That there can be a link between two nodes.
    ///
    /// # Errors
    /// In words, why not.
    pub(super) fn check_link(&self, one: &str, other: &str) -> Result<(), String> {
        self.roster.check_link(one, other)
    }

    /// That a node of chainlab's own has this wallet.
    ///
    /// # Errors
    /// In words, who has it or which there are.
    pub(super) fn check_own_wallet(&self, wallet: &str) -> Result<(), String> {
        match self.roster.owner(wallet).map(|at| &self.specs[at]) {
            Some(owner) if owner.bitcoin.is_none() => Ok(()),
            Some(owner) => Err(format!(
                "{wallet:?} is a wallet of {}, which is a Bitcoin node: wallets of chainlab's own nodes \
                 are wanted here",
                owner.name
            )),
            None => Err(missing("wallet", wallet, self.own_wallets())),
        }
    }

    /// All wallets of chainlab's own nodes.
    pub(super) fn own_wallets(&self) -> impl Iterator<Item = &str> + Clone {
        let own = self.specs.iter().filter(|node| node.bitcoin.is_none());
        own.flat_map(|node| &node.wallets).map(String::as_str)
    }
}

/// How many a group can have.
pub(super) fn read_count(section: &mut Section<'_>) -> Result<Option<u16>, FileError> {
    let most = u16::try_from(NODES_MAX).expect("a small number");
    section.number("count", 1..=most)
}

fn numbered(name: &str, number: Option<u16>) -> String {
    number.map_or_else(|| name.to_owned(), |number| format!("{name}{number}"))
}

impl<'a> Group<'a> {
    fn read(section: &mut Section<'a>, discover: usize) -> Result<Self, FileError> {
        match section.choice("kind", &KINDS)? {
            Some(true) => bitcoin::read(section),
            _ => Self::read_own(section, discover),
        }
    }

    fn read_own(section: &mut Section<'a>, discover: usize) -> Result<Self, FileError> {
        let mut spec = NodeSpec::new("");
        let name = section.word("name", "central")?;
        let count = read_count(section)?;
        let role = section.choice("role", &ROLES)?;
        let port = section.take("port");
        let port_required = section.flag("port_required")?.unwrap_or(false);
        let connect = section.texts("connect", r#"["central"]"#)?;
        let own_discover = section.number("discover", DISCOVER)?;
        let wallets = section.texts("wallets", r#"["alice", "bob"]"#)?;
        set(&mut spec.sync, section.choice("sync", &SYNC_METHODS)?);
        spec.light = section.choice("light", &LIGHT_WAYS)?;
        if let Some(attacker) = section.take("attacker") {
            spec.attacker = attacker.flag()?;
            if spec.attacker && spec.light.is_some() {
                let problem = "a light node has no blocks: an attacker's is a full node";
                return Err(attacker.place().error(problem));
            }
        }
        let mine = section.take("mine");
        if let (Some(_), Some(mine)) = (spec.light, &mine) {
            let problem = "a light node has no blocks to build on: it cannot mine";
            return Err(mine.place().error(problem));
        }
        bitcoin::refuse_keys(section)?;
        section.finish()?;

        let name = name.ok_or_else(|| section.error_at("name", "is missing"))?;
        if let Some(port) = &port {
            spec.port = Some(port.number(PORTS)?);
        }
        if port_required && port.is_none() {
            let problem = "there is no port to insist on";
            return Err(section.error_at("port_required", problem));
        }
        let wallets = wallets.unwrap_or_default();
        check_count(wallets.len()).map_err(|problem| section.error_at("wallets", problem))?;
        if let Some(mine) = mine {
            let wanted = r#"a table in braces, as in { hashrate = "14 kH/s" },"#;
            let names = wallets.iter().map(|(name, _)| name.as_str());
            spec.mine = read_mine(&mut mine.into_section(wanted)?, names)?;
        }
        spec.port_required = port_required;
        spec.discover = own_discover.unwrap_or(discover);
        spec.role = role.unwrap_or(match spec.mine.mode {
            MiningMode::Off if wallets.is_empty() => Role::Full,
            MiningMode::Off => Role::Wallet,
            MiningMode::On | MiningMode::OnTx(_) => Role::Miner,
        });
        Ok(Self {
            name,
            count,
            spec,
            port_place: port.map(|port| port.place().clone()),
            connect: connect.unwrap_or_default(),
            wallets,
        })
    }

    /// The port of the node with this number.
    fn port(&self, number: Option<u16>) -> Result<Option<u16>, FileError> {
        let (Some(first), Some(place)) = (self.spec.port, &self.port_place) else {
            return Ok(None);
        };
        let port = first.checked_add(number.map_or(0, |number| number - 1));
        let problem = "there are not so many ports above it: the last is 65535";
        port.map(Some).ok_or_else(|| place.error(problem))
    }

    /// Where that stands which is wrong with one of its nodes.
    fn place(&self, wrong: &Unfit) -> &Position<'a> {
        let place = match (wrong.field, wrong.at) {
            ("port", _) => self.port_place.as_ref(),
            ("wallets", Some(at)) => self.wallets.get(at).map(|(_, place)| place),
            _ => None,
        };
        place.unwrap_or(&self.name.1)
    }
}

/// A node with `mine` has a miner: it is on unless the mode says otherwise.
fn read_mine<'n>(
    mine: &mut Section<'_>,
    wallets: impl Iterator<Item = &'n str> + Clone,
) -> Result<MineSpec, FileError> {
    let mut spec = MineSpec::default();
    let mode = mine.choice("mode", &MODES)?.unwrap_or(MiningMode::On);
    let at = mine.number("at", 1..=usize::MAX)?;
    let hashrate = mine.text("hashrate", "14 kH/s", |text| {
        let rate = parse_rate(text).map_err(|error| error.to_string())?;
        check_hashrate(rate)
    })?;
    set(&mut spec.hashrate, hashrate);
    let to = mine.word("to", "rewards")?;
    set(&mut spec.first_at_once, mine.choice("first", &FIRST)?);
    let withholds = mine.choice("strategy", &STRATEGIES)?.unwrap_or(false);
    let release = mine.text("release", "depth 6", str::parse::<Release>)?;
    mine.finish()?;
    spec.strategy = match (withholds, release) {
        (true, release) => Strategy::Selfish(release.unwrap_or_default()),
        (false, None) => Strategy::Honest,
        (false, Some(_)) => {
            let problem = "has a meaning only with strategy = \"withhold\"";
            return Err(mine.error_at("release", problem));
        }
    };
    spec.mode = match (mode, at) {
        (MiningMode::OnTx(_), Some(at)) => MiningMode::OnTx(at),
        (mode, None) => mode,
        (_, Some(_)) => {
            let problem = "has a meaning only with mode = \"on-tx\"";
            return Err(mine.error_at("at", problem));
        }
    };
    if let Some((to, place)) = to {
        check_reward(&to, wallets).map_err(|problem| place.error(problem))?;
        spec.to = Some(to);
    }
    Ok(spec)
}
