//! The nodes of a layout.
//!
//! What stands under `[[node]]` is one node, or with `count` a group of them that differ in their
//! names. Groups are read first, then spread out; nobody is looked up before all names are there.

use super::super::{MineSpec, NODES_MAX, NodeSpec};
use crate::lab::document::{FileError, Place, Section};
use crate::lab::names::{missing, parse_node_name};
use crate::lab::network::set;
use crate::lab::units::parse_rate;
use crate::node::SyncMethod;
use crate::node::message::Role;
use crate::node::mining::{MiningMode, check_hashrate};
use crate::node::private::{Release, Strategy};
use crate::node::wallets::{WALLETS_MAX, check_name};
use std::collections::BTreeMap;

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
type Word<'a> = (String, Place<'a>);

/// All nodes.
#[derive(Default)]
pub(super) struct Nodes<'a> {
    /// In the order of the file.
    pub(super) specs: Vec<NodeSpec>,
    /// By name.
    index: BTreeMap<String, usize>,
    ports: BTreeMap<u16, usize>,
    /// Who has a wallet.
    owners: BTreeMap<String, usize>,
    /// What is to be dialled, not looked up yet; and whether a node that finds itself there is one
    /// of a group, and just leaves itself out.
    dials: Vec<(usize, Word<'a>, bool)>,
}

/// One `[[node]]`.
struct Group<'a> {
    name: Word<'a>,
    /// How many; `None`: one, whose name has no number.
    count: Option<u16>,
    /// All that does not depend on the number, and the first port.
    spec: NodeSpec,
    port_place: Option<Place<'a>>,
    connect: Vec<Word<'a>>,
    wallets: Vec<Word<'a>>,
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
        let at = self.specs.len();
        let mut spec = group.spec.clone();
        let (name, name_place) = &group.name;
        let name = numbered(name, number);
        if at >= NODES_MAX {
            return Err(name_place.error(format!("a lab has at most {NODES_MAX} nodes")));
        }
        spec.name = parse_node_name(&name).map_err(|problem| name_place.error(problem))?;
        if self.index.insert(name.clone(), at).is_some() {
            return Err(name_place.error(format!("there is a node {name:?} already")));
        }
        self.add_port(group, number, &mut spec)?;
        for (wallet, place) in &group.wallets {
            let wallet = numbered(wallet, number);
            self.add_wallet(&wallet, place, &name)?;
            spec.wallets.push(wallet);
        }
        if spec.wallets.is_empty() && spec.mine.mode != MiningMode::Off {
            self.add_wallet(&name, name_place, &name)?;
            spec.wallets.push(name);
        }
        spec.mine.to = spec.mine.to.map(|to| numbered(&to, number));
        let dial = |word: &Word<'a>| (at, word.clone(), number.is_some());
        self.dials.extend(group.connect.iter().map(dial));
        self.specs.push(spec);
        Ok(())
    }

    fn add_port(
        &mut self,
        group: &Group<'_>,
        number: Option<u16>,
        spec: &mut NodeSpec,
    ) -> Result<(), FileError> {
        let (Some(first), Some(place)) = (group.spec.port, &group.port_place) else {
            return Ok(());
        };
        let port = first.checked_add(number.map_or(0, |number| number - 1));
        let port = port.ok_or_else(|| {
            let problem = "there are not so many ports above it: the last is 65535";
            place.error(problem)
        })?;
        spec.port = Some(port);
        match self.ports.insert(port, self.specs.len()) {
            Some(other) => {
                let other = &self.specs[other].name;
                Err(place.error(format!("{port} is the port of {other} already")))
            }
            None => Ok(()),
        }
    }

    /// Notes who has a wallet. That node is the one that is being added.
    fn add_wallet(&mut self, wallet: &str, place: &Place<'_>, node: &str) -> Result<(), FileError> {
        check_name(wallet).map_err(|error| place.error(error))?;
        let at = self.specs.len();
        match self.owners.insert(wallet.to_owned(), at) {
            None => Ok(()),
            Some(other) if other == at => Err(place.error(format!("{wallet:?} is there twice"))),
            Some(other) => {
                let other = &self.specs[other].name;
                Err(place.error(format!(
                    "{wallet:?} would be a wallet of both {other} and {node}"
                )))
            }
        }
    }

    /// Looks up whom nodes dial.
    pub(super) fn connect(&mut self) -> Result<(), FileError> {
        for (at, (name, place), of_group) in std::mem::take(&mut self.dials) {
            let other = self.find(&name, &place)?;
            if other == at && of_group {
                continue;
            }
            let node = &mut self.specs[at];
            if other == at {
                return Err(place.error(format!("{name} has no link to itself")));
            }
            if node.connect.contains(&name) {
                return Err(place.error(format!("{name:?} is there twice")));
            }
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
    pub(super) fn find(&self, name: &str, place: &Place<'_>) -> Result<usize, FileError> {
        let found = self.index.get(name).copied();
        found.ok_or_else(|| {
            let names = self.specs.iter().map(|node| node.name.as_str());
            place.error(missing("node", name, names))
        })
    }

    /// Whether a node has this wallet.
    pub(super) fn has_wallet(&self, wallet: &str) -> bool {
        self.owners.contains_key(wallet)
    }

    /// All wallets.
    pub(super) fn wallets(&self) -> impl Iterator<Item = &str> + Clone {
        let wallets = self.specs.iter().flat_map(|node| &node.wallets);
        wallets.map(String::as_str)
    }
}

fn numbered(name: &str, number: Option<u16>) -> String {
    number.map_or_else(|| name.to_owned(), |number| format!("{name}{number}"))
}

impl<'a> Group<'a> {
    fn read(section: &mut Section<'a>, discover: usize) -> Result<Self, FileError> {
        let mut spec = NodeSpec::new("");
        let name = section.word("name", "central")?;
        let nodes_max = u16::try_from(NODES_MAX).expect("a small number");
        let count = section.number("count", 1..=nodes_max)?;
        let role = section.choice("role", &ROLES)?;
        let port = section.take("port");
        let port_required = section.flag("port_required")?.unwrap_or(false);
        let connect = section.texts("connect", r#"["central"]"#)?;
        let own_discover = section.number("discover", 0..=NODES_MAX - 1)?;
        let wallets = section.texts("wallets", r#"["alice", "bob"]"#)?;
        set(&mut spec.sync, section.choice("sync", &SYNC_METHODS)?);
        let mine = section.take("mine");
        section.finish()?;

        let name = name.ok_or_else(|| section.error_at("name", "is missing"))?;
        if let Some(port) = &port {
            spec.port = Some(port.number(1..=u16::MAX)?);
        }
        if port_required && port.is_none() {
            let problem = "there is no port to insist on";
            return Err(section.error_at("port_required", problem));
        }
        let wallets = wallets.unwrap_or_default();
        if wallets.len() > WALLETS_MAX {
            let problem = format!("a node has at most {WALLETS_MAX}");
            return Err(section.error_at("wallets", problem));
        }
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
}

/// Whoever writes `mine` wants a miner: it is on unless the mode says otherwise.
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
        (true, release) => Strategy::Withhold(release.unwrap_or_default()),
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
        if !wallets.clone().any(|wallet| wallet == to) {
            let problem = missing("wallet", &to, wallets);
            return Err(place.error(format!("on this node {problem}")));
        }
        spec.to = Some(to);
    }
    Ok(spec)
}
