//! What a verb talks to: a lab, or the single nodes of one network, as if they were one thing.

use super::failure::Failure;
use crate::chain::Params;
use crate::chain::address::Address;
use crate::lab::control::{Client, EndpointKind};
use crate::lab::paper::names::missing;
use crate::lab::paper::network;
use crate::lab::view::NodeStatus;
use crate::node::io::{Command, Question, RefusalKind, Reply};
use crate::node::snapshot::WalletInfo;
use serde_json::{Map, Value};

/// The fewest letters that an address has.
const ADDRESS_LEN_MIN: usize = 26;
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

impl Group {
    pub(super) fn new(members: Vec<Client>, chosen: Option<String>) -> Result<Self, Failure> {
        let first = members.first().expect("no group is empty").about().clone();
        let differs = |client: &&Client| client.about().network != first.network;
        if let Some(other) = members.iter().find(differs) {
            let (place, network) = (other.place(), &other.about().network);
            let words = format!("{place} is of another network than the rest: {network}");
            return Err(Failure::input(words));
        }
        let is_lab = members.len() == 1 && first.kind == EndpointKind::Lab;
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

    /// The one lab; `why` says why it takes one.
    pub(super) fn lab(&self, why: &str) -> Result<&Client, Failure> {
        match self.members() {
            [lab] => Ok(lab),
            _ => Err(Failure::input(format!("{why}, and these nodes run alone"))),
        }
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
            (None, _) => Err(self.no_such_node(node)),
            _ => Err(Failure::input(format!(
                "several nodes are called {node}: say which with --at"
            ))),
        }
    }

    /// Has a node do something.
    pub(super) async fn command(&self, node: &str, command: &Command) -> Result<Reply, Failure> {
        Ok(self.client(node)?.command(node, command).await?)
    }

    /// Asks a node something.
    pub(super) async fn ask(&self, node: &str, question: &Question) -> Result<Reply, Failure> {
        Ok(self.client(node)?.ask(node, question).await?)
    }

    /// Calls a method at the control endpoint of a node.
    pub(super) async fn call(
        &self,
        node: &str,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, Failure> {
        Ok(self.client(node)?.call(method, params).await?)
    }

    /// That there is no such node.
    pub(super) fn no_such_node(&self, name: &str) -> Failure {
        let words = missing("node", name, self.nodes());
        Failure::refused(RefusalKind::NoSuchNode, words)
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
                Err(no_such_wallet(missing("wallet", name, names)))
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
            Err(error) if of.len() >= ADDRESS_LEN_MIN => Err(no_such_wallet(format!(
                "{of} is neither a wallet nor an address: {error}"
            ))),
            Err(_) => Err(no_such_wallet(missing("wallet", of, names))),
        }
    }
}

async fn wallets_of(client: &Client, node: &str) -> Result<Vec<WalletInfo>, Failure> {
    match client.ask(node, &Question::Wallets).await {
        Ok(Reply::Wallets(wallets)) => Ok(wallets),
        Ok(other) => Err(unexpected(&other)),
        Err(error) => Err(error.into()),
    }
}

/// That a node's answer is none to the question.
pub(super) fn unexpected(reply: &Reply) -> Failure {
    if let Reply::Done(words) = reply {
        // It waits, where time stands still.
        return Failure::refused(RefusalKind::Busy, words);
    }
    let words = format!("this answer was not expected: {reply:?}");
    Failure::refused(RefusalKind::Fault, words)
}

fn no_such_wallet(words: String) -> Failure {
    Failure::refused(RefusalKind::NoSuchWallet, words)
}

/// That a node must run, and does not.
pub(super) fn is_down(node: &str, what: &str) -> Failure {
    let words = format!("{node} {what}, and does not run");
    Failure::refused(RefusalKind::NotRunning, words)
}
