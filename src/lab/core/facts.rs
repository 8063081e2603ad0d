//! What decisions need to know of nodes: how they were last seen.

use super::answers::{Answers, Standing, Told, Unknown};
use super::io::{Level, Moment};
use super::node::Node as LabNode;
use super::seen::Seen;
use super::state::Core;
use crate::chain::BlockHash;
use crate::lab::observe::ancestry::Ancestry;
use crate::lab::script::{Expr, Facts, NodeFacts, Quantity};
use crate::lab::view::NodeState;
use crate::node::io::Question;
use crate::node::message::Kind;
use crate::node::snapshot::NodeSnapshot;
use crate::node::{BlockId, NodeIx};
use std::sync::Arc;

impl Core {
    /// What is observed of the lab.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether a node has shown this block, and on which one it stands.
    pub fn knows(&self, block: BlockId) -> bool {
        self.ancestry.knows(block) && !self.unseen.contains(&block.hash)
    }

    /// Whether all nodes that run were seen at this moment, and nothing was done to one since.
    pub fn is_fresh(&self, now: Moment) -> bool {
        self.looking.is_empty() && self.fresh == Some(now.ran)
    }

    /// A node was looked at.
    pub(super) fn see(&mut self, now: Moment, ix: NodeIx, seen: Seen) {
        let Some(node) = self.nodes.get_mut(ix.0).filter(|node| node.state.is_up()) else {
            return;
        };
        for (id, parent) in &seen.path {
            self.ancestry.learn(*id, *parent);
            self.unseen.remove(&id.hash);
        }
        node.rate
            .note(now.at, seen.target.is_some(), seen.tip.height);
        if self.level == Level::All {
            self.blocks.take(ix, seen.blocks.iter());
            self.blocks.stand(ix, &seen.tip.hash);
        }
        let seen = Arc::new(seen);
        node.seen = Some(Arc::clone(&seen));
        self.note_wallets(ix, seen.wallets.iter().map(|of| (&of.name, &of.address)));
        // What was not asked for may be of the middle of this moment.
        if self.looking.remove(&ix) {
            self.seen_all(now);
        }
    }

    /// A node shows itself.
    pub(super) fn shown(&mut self, ix: NodeIx, life: u64, snapshot: Arc<NodeSnapshot>) {
        // What comes late says nothing about the next life.
        let runs = |node: &&mut LabNode| node.state.is_up() || node.state == NodeState::Stopping;
        let Some(node) = self.in_life(ix, life).filter(runs) else {
            return;
        };
        let edition = node.peers_edition;
        let before = node.shows(Arc::clone(&snapshot));
        let has_other_peers = node.peers_edition != edition;
        let stands = |of: &NodeSnapshot| (of.tip, of.sync.as_ref().map(|sync| sync.target));
        let stands_elsewhere =
            node.seen.is_none() || before.as_deref().map(stands) != Some(stands(&snapshot));
        node.moved(snapshot.tip, snapshot.at, false);
        let (is_behind, height) = (snapshot.sync.is_some(), snapshot.tip.height);
        node.rate.note(snapshot.at, is_behind, height);
        // Of what is out of sight nothing is known.
        let seen = snapshot.is_seen().then(|| Arc::new(Seen::from(&*snapshot)));
        node.seen = seen;
        self.is_stale = true;
        if stands_elsewhere {
            self.learn(ix, &snapshot);
            self.feed_headline(snapshot.at);
        }
        if has_other_peers {
            self.note_peers(ix, &snapshot);
        }
        let network = Arc::clone(self.nodes[ix.0].network());
        self.networks.of(&network).blocks.reached(height);
        self.note_wallets(
            ix,
            snapshot.wallets.iter().map(|of| (&of.name, &of.address)),
        );
    }

    /// Takes note of the blocks that a node shows.
    pub(super) fn learn(&mut self, ix: NodeIx, snapshot: &NodeSnapshot) {
        self.blocks.take(ix, snapshot.recent.iter().rev());
        for info in &snapshot.recent {
            self.hear(info.id);
            self.ancestry.learn(info.id, info.previous);
        }
        self.hear(snapshot.tip);
    }

    /// Whose links are to be seen.
    fn note_peers(&mut self, ix: NodeIx, snapshot: &NodeSnapshot) {
        for addr in snapshot.ready_peers().filter_map(|peer| peer.listen) {
            if let Some(other) = self.nodes.at(ix, addr) {
                self.topology.met(ix, other);
            }
        }
    }

    /// Takes note of the wallets of a node, by name and address.
    pub(super) fn note_wallets<'a>(
        &mut self,
        ix: NodeIx,
        wallets: impl Iterator<Item = (&'a String, &'a String)>,
    ) {
        // Thirty times a second, and hardly ever is one new.
        for (name, address) in wallets {
            if !self.addresses.contains_key(name) {
                self.addresses.insert(name.clone(), address.clone());
            }
            if !self.wallets.contains_key(name) {
                self.wallets.insert(name.clone(), ix);
            }
        }
    }

    /// Notes when all nodes that run were seen, if they were.
    pub(super) fn seen_all(&mut self, now: Moment) {
        if self.looking.is_empty() {
            (self.fresh, self.has_moved) = (Some(now.ran), false);
            // What no node has any more is never shown.
            self.unseen.clear();
            self.feed_headline(now.at);
        }
    }

    /// The nodes as they were last seen, without what is asked for by itself.
    pub fn facts(&self) -> Facts {
        self.facts_by(&LastSeen, &self.ancestry)
    }

    fn facts_by(&self, looks: &impl Looks, ancestry: &Ancestry) -> Facts {
        let nodes = self.nodes.numbered().map(|(ix, node)| {
            let seen = looks.of(ix, node);
            NodeFacts {
                name: Arc::clone(&node.name),
                network: Arc::clone(node.network()),
                is_running: node.state.is_up() && seen.is_some(),
                height: seen.map_or(0, |seen| seen.tip.height),
                tip: seen.map_or(BlockHash::ZERO, |seen| seen.tip.hash),
                target: seen.and_then(|seen| seen.target),
                mempool: seen.map_or(0, |seen| seen.mempool),
                peers: seen.map_or(0, |seen| seen.peers.len()),
                reorg_depth: self.stats.deepest(ix),
            }
        });
        Facts::new(nodes.collect(), ancestry)
    }

    /// What an expression is judged by as far as it is known, and what nodes may be asked to know more.
    pub fn facts_for(&self, expr: &Expr) -> (Facts, Vec<Unknown>) {
        let mut facts = self.facts();
        let mut unknown = self.fill_in(&mut facts, expr, &LastSeen);
        unknown.retain(|unknown| match self.play.answers.get(unknown) {
            Some(told) => {
                self.put_down(&mut facts, unknown.node, &unknown.quantity, told.clone());
                false
            }
            None => true,
        });
        (facts, unknown)
    }

    /// As [`Core::facts_for`], by how nodes look just now. Nothing is another by it, so it can be asked at
    /// any moment, also in the middle of an instant.
    pub fn facts_seen(&self, expr: &Expr, seen: &JustSeen) -> (Facts, Vec<Unknown>) {
        let mut facts = self.facts_by(seen, &seen.ancestry);
        let unknown = self.fill_in(&mut facts, expr, seen);
        (facts, unknown)
    }

    /// Puts down what is known of a node.
    pub fn put_down(&self, facts: &mut Facts, ix: NodeIx, quantity: &Quantity, told: Told) {
        let key = (Arc::clone(&self.nodes[ix.0].name), quantity.clone());
        facts.told.insert(key, told);
    }

    /// Fills in what an expression is about and what is known without asking nodes, and tells what is not.
    fn fill_in(&self, facts: &mut Facts, expr: &Expr, looks: &impl Looks) -> Vec<Unknown> {
        let kinds = expr.message_kinds().into_iter();
        facts.messages = kinds.map(|kind| (kind, self.messages(kind))).collect();
        let blocks = expr.blocks().into_iter();
        let blocks = blocks.map(|height| (height, self.networks.spread(height)));
        facts.blocks = blocks.collect();
        let mut unknown = Vec::new();
        for (quantity, of) in expr.needs() {
            let is_meant = |node: &LabNode| of.is_none_or(|name| name == &*node.name);
            let running = self.nodes.numbered().filter(|(_, node)| node.state.is_up());
            for (ix, node) in running.filter(|(_, node)| is_meant(node)) {
                match self.read(ix, node, quantity, looks) {
                    Some(Read::Is(told)) => self.put_down(facts, ix, quantity, told),
                    Some(Read::Ask(question, absent)) => unknown.push(Unknown {
                        node: ix,
                        quantity: quantity.clone(),
                        question,
                        absent,
                        stands: standing(looks.of(ix, node), node.life),
                    }),
                    None => {}
                }
            }
        }
        unknown
    }

    /// What is known of a quantity of a node; `None`: nothing, and the node does not know either.
    fn read(
        &self,
        ix: NodeIx,
        node: &LabNode,
        quantity: &Quantity,
        looks: &impl Looks,
    ) -> Option<Read> {
        match quantity {
            Quantity::Balance(wallet) => {
                let seen = looks.of(ix, node).into_iter();
                let own = seen.flat_map(|seen| &seen.wallets);
                let own = own.filter(|own| own.name == *wallet);
                if let Some(amount) = own.filter_map(|own| own.balance).next() {
                    return Some(Read::Is(Ok(amount.units())));
                }
                let of = self.addresses.get(wallet)?.clone();
                Some(Read::Ask(Question::Coins { of }, Ok(0)))
            }
            Quantity::Confirmations(label) => Some(self.confirmations(node, label)),
            Quantity::Messages(kind) => {
                let sent = node.traffic.of_kind(*kind);
                Some(Read::Is(sent.ok_or_else(|| MISSED.to_owned())))
            }
            // That is seen of every node.
            Quantity::Height
            | Quantity::Tip
            | Quantity::Mempool
            | Quantity::Peers
            | Quantity::ReorgDepth => None,
        }
    }

    fn confirmations(&self, node: &LabNode, label: &str) -> Read {
        let Some(txid) = self.labels.txid(label) else {
            return Read::Is(Err("it was not made yet".to_owned()));
        };
        if node.spec.bitcoin.is_some() {
            return Read::Is(Err("a program of others does not tell".to_owned()));
        }
        let absent = match node.spec.light {
            None => Ok(0),
            Some(_) => Err("not known to a light node that has no part in it".to_owned()),
        };
        Read::Ask(Question::Tx { txid }, absent)
    }

    /// Messages of a kind that all nodes have sent.
    fn messages(&self, kind: Kind) -> Told {
        let sent = self.nodes.iter().map(|node| node.traffic.of_kind(kind));
        sent.sum::<Option<u64>>().ok_or_else(|| MISSED.to_owned())
    }

    /// Begins to look at nodes beside what is decided by.
    pub fn just_seen(&self) -> JustSeen {
        JustSeen {
            nodes: Vec::new(),
            ancestry: self.ancestry.clone(),
            answers: Answers::default(),
        }
    }

    /// The address of a wallet, whichever node has it.
    pub(super) fn address_of(&self, wallet: &str) -> Option<&String> {
        self.addresses.get(wallet)
    }
}

/// Why a number of messages is not known.
const MISSED: &str = "not known, as events came too fast to be counted";

/// What is known of a quantity.
enum Read {
    /// This.
    Is(Told),
    /// The node knows; and what it means that it has nothing of that.
    Ask(Question, Told),
}

/// Where a node stands that looks like this.
pub(super) fn standing(seen: Option<&Seen>, life: u64) -> Standing {
    let tip = seen.map(|seen| seen.tip);
    Standing {
        life,
        tip: tip.map_or(BlockHash::ZERO, |tip| tip.hash),
        height: tip.map_or(0, |tip| tip.height),
    }
}

/// How nodes look.
trait Looks {
    fn of<'a>(&'a self, ix: NodeIx, node: &'a LabNode) -> Option<&'a Seen>;
}

/// As they were last seen.
struct LastSeen;

impl Looks for LastSeen {
    fn of<'a>(&'a self, _: NodeIx, node: &'a LabNode) -> Option<&'a Seen> {
        node.seen.as_deref()
    }
}

/// How nodes look just now, for those who judge between two things that happen.
pub struct JustSeen {
    nodes: Vec<Option<Seen>>,
    ancestry: Ancestry,
    /// What nodes have answered, as far as it was asked.
    pub answers: Answers,
}

impl JustSeen {
    /// Whether it is known on which block this one stands.
    pub fn knows(&self, block: BlockId) -> bool {
        self.ancestry.knows(block)
    }

    /// A node looks like this; `None`: it does not run.
    pub fn see(&mut self, ix: NodeIx, seen: Option<Seen>) {
        for (id, parent) in seen.iter().flat_map(|seen| &seen.path) {
            self.ancestry.learn(*id, *parent);
        }
        if self.nodes.len() <= ix.0 {
            self.nodes.resize_with(ix.0 + 1, || None);
        }
        self.nodes[ix.0] = seen;
    }
}

impl Looks for JustSeen {
    fn of<'a>(&'a self, ix: NodeIx, _: &'a LabNode) -> Option<&'a Seen> {
        self.nodes.get(ix.0)?.as_ref()
    }
}
