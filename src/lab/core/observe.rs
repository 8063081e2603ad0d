//! What happens to nodes, and what is to be seen of it.

use super::headline::{Stand, SteadyHeadline};
use super::io::{Level, Moment, Sight};
use super::state::Core;
use super::work::Work;
use crate::lab::observe::ancestry::Tip;
use crate::lab::observe::marks::MarkKind;
use crate::lab::observe::transcript::Party;
use crate::node::io::words::Names;
use crate::node::io::{BlockStage, CommandError, Event, EventKind, Question, Reply};
use crate::node::{BlockId, NodeIx, Time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often the figures of the headline are summed up.
const FIGURES: Duration = Duration::from_secs(1);

impl Core {
    /// Something happened to a node.
    pub(super) fn happened(&mut self, ix: NodeIx, life: u64, event: &Arc<Event>) {
        let Some(node) = self.nodes.get_mut(ix.0).filter(|node| node.life == life) else {
            return;
        };
        node.traffic.count(event);
        self.stats.happened(ix, event);
        let nodes = &self.nodes;
        let who = |name: &str| nodes.who(ix, name);
        let up = || nodes.up_beside(ix);
        let on_the_way = self.networks.of(nodes[ix.0].network());
        on_the_way.blocks.happened(ix, event, who, up);
        if self.level == Level::All {
            on_the_way.txs.happened(ix, event, who, up);
            self.overhear(ix, event);
            self.watch(ix, event);
        }
    }

    /// What a screen shows of it.
    fn watch(&mut self, ix: NodeIx, event: &Arc<Event>) {
        if event.kind.is_message() {
            return;
        }
        self.is_stale = true;
        match &event.kind {
            EventKind::TipChanged { tip, blocks, .. } => {
                self.has_moved = true;
                self.learn_growth(ix, *tip, *blocks);
                self.nodes[ix.0].moved(*tip, event.at, true);
                self.hear(*tip);
                self.feed_headline(event.at);
            }
            EventKind::BlockSeen { block, stage, .. } => {
                self.hear(*block);
                if *stage == BlockStage::Connected {
                    self.nodes[ix.0].moved(*block, event.at, true);
                    self.feed_headline(event.at);
                }
            }
            EventKind::Mined { block, .. } => {
                self.hear(*block);
                self.mark(event.at, MarkKind::Block, Some(*block), Some(ix));
            }
            EventKind::Reorganised { new: block, .. } => {
                self.hear(*block);
                self.mark(event.at, MarkKind::Reorganisation, Some(*block), Some(ix));
            }
            EventKind::Withheld { block, .. } | EventKind::Released { tip: block, .. } => {
                self.hear(*block)
            }
            EventKind::PeerUp { peer, .. } => {
                if let Some(other) = self.nodes.who(ix, &peer.name) {
                    self.topology.met(ix, other);
                }
            }
            _ => {}
        }
        let mut log = std::mem::take(&mut self.nodes[ix.0].log);
        log.hear(event, &KnownTo(self, ix));
        self.nodes[ix.0].log = log;
    }

    fn overhear(&mut self, ix: NodeIx, event: &Arc<Event>) {
        let nodes = &self.nodes;
        // Until it has said its name it is called by its address.
        let party = |name: &Arc<str>| match nodes.who(ix, name) {
            Some(ix) => Party::Node(ix),
            None => Party::Stranger(Arc::clone(name)),
        };
        self.listener.hear(ix, event, party);
    }

    /// A chain has grown. By one block: on which block that one stands is known before a node is looked at,
    /// and no fork is seen where there is none.
    fn learn_growth(&mut self, ix: NodeIx, tip: BlockId, blocks: usize) {
        if self.sight == Sight::Shown {
            return;
        }
        let node = &self.nodes[ix.0];
        let before = node.tip.or(node.seen.as_ref().map(|seen| seen.tip));
        // After a reorganisation the block before is as high, or higher.
        let parent = before.filter(|before| blocks == 1 && before.height + 1 == tip.height);
        if let Some(parent) = parent.filter(|_| !self.ancestry.knows(tip)) {
            self.ancestry.learn(tip, parent.hash);
            self.unseen.insert(tip.hash);
        }
    }

    /// Takes note of a block that has come to a node: it is given its chip.
    pub(super) fn hear(&mut self, id: BlockId) {
        if self.chips.is_news(id) {
            Arc::make_mut(&mut self.chips).hear(id);
        }
    }

    /// Events of a node came too fast to be told.
    pub(super) fn missed(&mut self, ix: NodeIx, events: u64) {
        if let Some(node) = self.nodes.get_mut(ix.0) {
            node.traffic.miss(events);
            self.listener.missed(ix);
        }
    }

    /// A node does not run any more: no block waits for it.
    pub(super) fn left(&mut self, now: Moment, ix: NodeIx) {
        self.is_stale = true;
        self.await_no_more(ix);
        self.listener.left(ix, now.at);
        self.feed_headline(now.at);
    }

    /// No block and no payment on its way is waited for to come to a node.
    pub(super) fn await_no_more(&mut self, ix: NodeIx) {
        self.networks.left(ix);
    }

    /// Takes in how all is, to be said of it.
    pub(super) fn feed_headline(&mut self, now: Time) {
        if self.level == Level::All {
            let mut headline = std::mem::take(&mut self.headline);
            let was_fork = headline.is_fork();
            self.look_for(&mut headline, now);
            self.headline = headline;
            self.mark_fork(now, was_fork);
        }
    }

    /// Has a headline look at all nodes.
    pub(super) fn look_for(&self, headline: &mut SteadyHeadline, now: Time) {
        let stands = self.nodes.iter().map(|node| Stand {
            network: node.network(),
            state: &node.state,
            tip: node.seen.as_ref().map(|seen| Tip {
                // What shows itself shows at once which block it stands on, and on what that does.
                id: match self.sight {
                    Sight::Asked => node.tip.unwrap_or(seen.tip),
                    Sight::Shown => seen.tip,
                },
                target: seen.target,
            }),
        });
        let groups = self.partition.as_ref();
        let groups = groups.map(|partition| partition.groups.as_slice());
        headline.look(now, stands, groups, &self.ancestry);
    }

    /// Once a second, figures are summed up of how nodes look then, if anything has happened to one.
    pub(super) fn sum_up(&mut self, now: Moment) {
        while self.figures_at <= now.ran {
            self.figures_at += FIGURES;
        }
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        if self.sight == Sight::Shown {
            let shown = self.nodes.iter().filter(|node| node.state.is_up());
            let shown = shown.filter_map(|node| node.shown.as_deref());
            self.headline.sum(now.at, shown);
            return self.feed_headline(now.at);
        }
        self.figures.clear();
        let up = self.nodes.up();
        if up.is_empty() {
            self.headline.sum(now.at, std::iter::empty());
        }
        for ix in up {
            self.ask(ix, Question::Snapshot, Work::Figures);
        }
    }

    /// A node has shown how it looks.
    pub(super) fn figures_came(&mut self, now: Moment, reply: Result<Reply, CommandError>) {
        if let Ok(Reply::Snapshot(snapshot)) = reply {
            self.figures.push(*snapshot);
        }
        let is_last = !self
            .calls
            .values()
            .any(|(_, work)| matches!(work, Work::Figures));
        if is_last {
            let running = std::mem::take(&mut self.figures);
            self.headline.sum(now.at, running.iter());
        }
    }
}

/// A lab, as one of its nodes knows it.
struct KnownTo<'a>(&'a Core, NodeIx);

impl Names for KnownTo<'_> {
    fn node_at(&self, addr: SocketAddr) -> Option<&str> {
        let Self(core, own) = *self;
        let found = core.nodes.at(own, addr)?;
        Some(&core.nodes[found.0].spec.name)
    }

    fn wallet_of(&self, address: &str) -> Option<&str> {
        let found = self.0.addresses.iter().find(|(_, known)| *known == address);
        found.map(|(name, _)| name.as_str())
    }
}
