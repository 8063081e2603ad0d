//! Which running lab, or which nodes, a verb talks to.
//!
//! What runs is put into groups: every lab is one, and all single nodes of one network together are
//! one, for they make a network whatever processes they are in. Where there is one group nobody has
//! to say which; where there are several, nobody is left to guess.

use super::Failure;
use super::table::{Side, Table};
use crate::chain::Params;
use crate::chain::address::Address;
use crate::lab::control::registry::{self, Entry};
use crate::lab::control::rpc::{BAD_PARAMS, NO_METHOD};
use crate::lab::control::{
    COOKIE_FILE, Client, ClientError, Cookie, Door, Kind, NodeStatus, Place,
};
use crate::lab::names::missing;
use crate::lab::network;
use crate::node::io::{Command, Reply};
use crate::node::snapshot::WalletInfo;
use clap::Args;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The fewest letters that an address has.
const ADDRESS_LEN_MIN: usize = 26;

const HEADING: &str = "Which one";

/// Where a verb goes.
#[derive(Args)]
pub(super) struct Choice {
    /// The lab, by its name or its process id; needed where several labs run.
    #[arg(long, value_name = "NAME|PID", global = true, help_heading = HEADING)]
    lab: Option<String>,
    /// The node.
    #[arg(long, value_name = "NAME", global = true, help_heading = HEADING)]
    node: Option<String>,
    /// Where it can be controlled, for what is not found by itself; can be given several times.
    #[arg(
        long,
        value_name = "HOST:PORT|SOCKET",
        global = true,
        conflicts_with = "lab",
        help_heading = HEADING
    )]
    at: Vec<Place>,
    /// The cookie for --at: its file, or the data directory that it is in [default: found by the
    /// address].
    #[arg(long, value_name = "FILE|DIR", global = true, help_heading = HEADING)]
    cookie: Option<PathBuf>,
}

/// A lab, or the single nodes of one network.
pub(super) struct Group {
    pub(super) is_lab: bool,
    pub(super) name: String,
    members: Vec<Client>,
    chosen: Option<String>,
}

/// A wallet, and the node that has it.
pub(super) struct Held {
    pub(super) node: String,
    pub(super) is_up: bool,
    pub(super) wallet: WalletInfo,
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error.code() {
            Some(BAD_PARAMS | NO_METHOD) => Self::input(error),
            _ => Self::other(error),
        }
    }
}

impl Choice {
    /// Finds what is meant, and connects to it.
    pub(super) async fn open(&self) -> Result<Group, Failure> {
        let doors = self.doors(&[])?;
        let mut members = Vec::new();
        for door in &doors {
            members.push(Client::connect(door).await?);
        }
        let group = Group::new(members, self.node.clone())?;
        if let Some(node) = &self.node {
            group.client(node)?;
        }
        Ok(group)
    }

    /// The doors that are meant: these and those that were named; without any, those of the only
    /// lab or network.
    pub(super) fn doors(&self, at: &[Place]) -> Result<Vec<Door>, Failure> {
        let entries = registry::running().map_err(Failure::other)?;
        let named: Vec<_> = at.iter().chain(&self.at).collect();
        if !named.is_empty() {
            return self.named(&named, &entries);
        }
        if self.cookie.is_some() {
            return Err(Failure::input("--cookie goes with an address"));
        }
        let groups = into_groups(entries);
        let group = pick(groups, self.lab.as_deref(), self.node.as_deref())?;
        Ok(group.into_iter().map(|entry| entry.door).collect())
    }

    /// The node that was chosen.
    pub(super) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// The doors that were named, with their cookies.
    fn named(&self, at: &[&Place], entries: &[Entry]) -> Result<Vec<Door>, Failure> {
        let door = |at: &Place| -> Result<Door, Failure> {
            let cookie = match &self.cookie {
                Some(path) if path.is_dir() => Cookie::File(path.join(COOKIE_FILE)),
                Some(path) => Cookie::File(path.clone()),
                None => cookie_of(entries, at).ok_or_else(|| {
                    let words = "nothing that runs here can be controlled there";
                    Failure::input(format!(
                        "{at}: {words}; --cookie FILE goes with other machines"
                    ))
                })?,
            };
            Ok(Door {
                at: at.clone(),
                cookie,
            })
        };
        at.iter().copied().map(door).collect()
    }
}

/// The door at this address, of something that runs here.
pub(super) fn door_at(at: &Place) -> Result<Door, Failure> {
    let entries = registry::running().map_err(Failure::other)?;
    let missing = || {
        Failure::input(format!(
            "{at}: nothing that runs here can be controlled there"
        ))
    };
    let cookie = cookie_of(&entries, at).ok_or_else(missing)?;
    let at = at.clone();
    Ok(Door { at, cookie })
}

/// The cookie of a door that something in the registry has.
fn cookie_of(entries: &[Entry], at: &Place) -> Option<Cookie> {
    let own = entries.iter().map(|entry| (&entry.door, &entry.socket));
    let nodes = entries.iter().flat_map(|entry| &entry.nodes);
    let mut doors = own.chain(nodes.map(|node| (&node.door, &node.socket)));
    let found = doors.find(|(door, socket)| match at {
        Place::Tcp(_) => door.at == *at,
        Place::Unix(path) => door.at == *at || socket.as_ref() == Some(path),
    });
    found.map(|(door, _)| door.cookie.clone())
}

/// Every lab by itself, single nodes by their networks.
fn into_groups(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups = Vec::new();
    let mut networks: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        match entry.kind {
            Kind::Lab => groups.push(vec![entry]),
            Kind::Node => networks
                .entry(entry.network.clone())
                .or_default()
                .push(entry),
        }
    }
    for (_, mut nodes) in networks {
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        groups.push(nodes);
    }
    groups
}

/// The one group that can be meant.
fn pick(
    groups: Vec<Vec<Entry>>,
    lab: Option<&str>,
    node: Option<&str>,
) -> Result<Vec<Entry>, Failure> {
    if groups.is_empty() {
        let words = "nothing runs here: start a lab with chainlab, or a node with chainlab node";
        return Err(Failure::input(words));
    }
    let names: Vec<String> = groups.iter().flatten().flat_map(label_of).collect();
    let mut left = groups;
    if let Some(lab) = lab {
        let is_meant = |entry: &Entry| {
            entry.pid.to_string() == lab || entry.kind == Kind::Lab && entry.name == lab
        };
        left.retain(|group| group.iter().any(is_meant));
        if left.is_empty() {
            let names = names.iter().map(String::as_str);
            return Err(Failure::input(missing("lab", lab, names)));
        }
    } else if let Some(node) = node {
        let all: Vec<String> = left.iter().flatten().flat_map(node_names).collect();
        let has = |entry: &Entry| node_names(entry).iter().any(|name| name == node);
        left.retain(|group| group.iter().any(has));
        if left.is_empty() {
            let all = all.iter().map(String::as_str);
            return Err(Failure::input(missing("node", node, all)));
        }
    }
    match <[_; 1]>::try_from(left) {
        Ok([group]) => Ok(group),
        Err(left) => Err(Failure::input(ambiguous(&left))),
    }
}

/// A lab's name, by which it can be chosen.
fn label_of(entry: &Entry) -> Option<String> {
    (entry.kind == Kind::Lab).then(|| entry.name.clone())
}

fn node_names(entry: &Entry) -> Vec<String> {
    match entry.kind {
        Kind::Lab => entry.nodes.iter().map(|node| node.name.clone()).collect(),
        Kind::Node => vec![entry.name.clone()],
    }
}

/// All that could be meant, and how to say which is.
fn ambiguous(groups: &[Vec<Entry>]) -> String {
    let mut table = Table::new(&[
        ("kind", Side::Left),
        ("name", Side::Left),
        ("pid", Side::Right),
        ("nodes", Side::Left),
        ("choose with", Side::Left),
    ]);
    for entry in groups.iter().flatten() {
        let is_alone = |name: &str| {
            let labs = groups.iter().flatten().flat_map(label_of);
            labs.filter(|label| label == name).count() == 1
        };
        let (kind, choose) = match entry.kind {
            Kind::Lab if is_alone(&entry.name) => ("lab", format!("--lab {}", entry.name)),
            Kind::Lab => ("lab", format!("--lab {}", entry.pid)),
            Kind::Node => ("node", format!("--lab {}", entry.pid)),
        };
        table.row([
            kind.to_owned(),
            entry.name.clone(),
            entry.pid.to_string(),
            node_names(entry).join(", "),
            choose,
        ]);
    }
    let table = table.text();
    format!(
        "several networks run here: say which is meant\n{}",
        table.trim_end()
    )
}

impl Group {
    fn new(members: Vec<Client>, chosen: Option<String>) -> Result<Self, Failure> {
        let first = members.first().expect("no group is empty").about().clone();
        let differs = |client: &&Client| client.about().network != first.network;
        if let Some(other) = members.iter().find(differs) {
            let (place, network) = (other.place(), &other.about().network);
            let words = format!("{place} is of another network than the rest: {network}");
            return Err(Failure::input(words));
        }
        let is_lab = members.len() == 1 && first.kind == Kind::Lab;
        Ok(Self {
            is_lab,
            name: first.name,
            members,
            chosen,
        })
    }

    /// The names of all nodes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &str> + Clone {
        let abouts = self.members.iter().map(Client::about);
        abouts.flat_map(|about| about.nodes.iter().map(String::as_str))
    }

    /// The connections.
    pub(super) fn members(&self) -> &[Client] {
        &self.members
    }

    /// The node of `--node`.
    pub(super) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// The node of `--node`, or the only one.
    pub(super) fn node(&self) -> Result<&str, Failure> {
        if let Some(chosen) = &self.chosen {
            return Ok(chosen);
        }
        let mut nodes = self.nodes();
        match (nodes.next(), nodes.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(self.node_needed()),
        }
    }

    /// That `--node` is needed.
    pub(super) fn node_needed(&self) -> Failure {
        let nodes: Vec<_> = self.nodes().collect();
        Failure::input(format!(
            "--node is needed: say which of {}",
            nodes.join(", ")
        ))
    }

    /// The connection behind which a node is.
    pub(super) fn client(&self, node: &str) -> Result<&Client, Failure> {
        let has = |client: &&Client| client.about().nodes.iter().any(|name| name == node);
        let mut found = self.members.iter().filter(has);
        match (found.next(), found.next()) {
            (Some(client), None) => Ok(client),
            (None, _) => Err(Failure::input(missing("node", node, self.nodes()))),
            _ => Err(Failure::input(format!(
                "several nodes are called {node}: say which with --at"
            ))),
        }
    }

    /// Asks something of a node.
    pub(super) async fn command(&self, node: &str, command: &Command) -> Result<Reply, Failure> {
        Ok(self.client(node)?.command(node, command).await?)
    }

    /// Calls a method at the door behind which a node is.
    pub(super) async fn call(
        &self,
        node: &str,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, Failure> {
        Ok(self.client(node)?.call(method, params).await?)
    }

    /// All nodes, as they were last seen.
    pub(super) async fn status(&self) -> Result<Vec<NodeStatus>, Failure> {
        let mut nodes = Vec::new();
        for client in &self.members {
            nodes.extend(client.status().await?);
        }
        Ok(nodes)
    }

    /// All wallets of all nodes: of those that run as they are, of others as they were last seen.
    pub(super) async fn wallets(&self) -> Result<Vec<Held>, Failure> {
        let mut all = Vec::new();
        for client in &self.members {
            for status in client.status().await? {
                let is_up = status.state.is_up();
                let wallets = match is_up {
                    true => wallets_of(client, &status.node).await?,
                    false => status
                        .snapshot
                        .map_or_else(Vec::new, |snapshot| snapshot.wallets.clone()),
                };
                all.extend(wallets.into_iter().map(|wallet| Held {
                    node: status.node.clone(),
                    is_up,
                    wallet,
                }));
            }
        }
        Ok(all)
    }

    /// The network.
    pub(super) fn params(&self) -> Result<Params, Failure> {
        let text = &self
            .members
            .first()
            .expect("no group is empty")
            .about()
            .network_file;
        network::read("network", text).map_err(Failure::other)
    }

    /// The wallet of this name; `--node` says which, where several nodes have one.
    pub(super) fn holder<'a>(&self, wallets: &'a [Held], name: &str) -> Result<&'a Held, Failure> {
        let named = wallets.iter().filter(|held| held.wallet.name == name);
        let named: Vec<_> = named.collect();
        let on_chosen = named
            .iter()
            .find(|held| Some(held.node.as_str()) == self.chosen());
        match (on_chosen, named.as_slice()) {
            (Some(held), _) | (None, [held]) => Ok(held),
            (None, []) => {
                let names = wallets.iter().map(|held| held.wallet.name.as_str());
                Err(Failure::input(missing("wallet", name, names)))
            }
            (None, several) => {
                let nodes: Vec<_> = several.iter().map(|held| held.node.as_str()).collect();
                let nodes = nodes.join(", ");
                let words = format!("{nodes} each have a wallet {name}: say which with --node");
                Err(Failure::input(words))
            }
        }
    }

    /// An address: this one, or that of a wallet of any node.
    pub(super) fn address(&self, wallets: &[Held], of: &str) -> Result<String, Failure> {
        if wallets.iter().any(|held| held.wallet.name == of) {
            return Ok(self.holder(wallets, of)?.wallet.address.clone());
        }
        let names = wallets.iter().map(|held| held.wallet.name.as_str());
        match Address::parse(of, self.params()?.address_version) {
            Ok(_) => Ok(of.to_owned()),
            // Only what is about as long as one was meant to be one.
            Err(error) if of.len() >= ADDRESS_LEN_MIN => Err(Failure::input(format!(
                "{of} is neither a wallet nor an address: {error}"
            ))),
            Err(_) => Err(Failure::input(missing("wallet", of, names))),
        }
    }
}

async fn wallets_of(client: &Client, node: &str) -> Result<Vec<WalletInfo>, Failure> {
    match client.command(node, &Command::Wallets).await {
        Ok(Reply::Wallets(wallets)) => Ok(wallets),
        Ok(other) => Err(unexpected(&other)),
        Err(error) => Err(error.into()),
    }
}

/// That a node's answer is none to the question.
pub(super) fn unexpected(reply: &Reply) -> Failure {
    Failure::other(format!("this answer was not expected: {reply:?}"))
}

/// That a node must run, and does not.
pub(super) fn is_down(node: &str, what: &str) -> Failure {
    Failure::other(format!("{node} {what}, and does not run"))
}
