//! What is on its way through the lab, blocks or transactions, as lines of a list: who had each
//! first, and how long it took to half of the nodes and to all.

use crate::chain::Txid;
use crate::lab::LabView;
use crate::lab::view::{Arrival, Propagation};
use crate::node::{BlockId, NodeIx, Time};
use crate::ui::text;
use crate::ui::zoom::list::{Cell, Item, Look, Target, chip, dim, name, plain, strong};
use crate::ui::zoom::table::{Column, number, words};
use std::time::Duration;

pub(super) const BLOCKS: [Column; 6] = [
    number("height", 0),
    words("block", 0),
    words("first at", 1),
    number("half", 3),
    number("all", 0),
    number("age", 2),
];

pub(super) const TXS: [Column; 5] = [
    words("transaction", 0),
    words("first at", 1),
    number("half", 3),
    number("all", 0),
    number("age", 2),
];

/// The way of something.
pub(super) struct Way<'a> {
    pub what: What,
    pub origin: NodeIx,
    pub is_own: bool,
    pub at: Time,
    pub expected: &'a [NodeIx],
    pub arrivals: &'a [Arrival],
    pub half: Option<Duration>,
    pub all: Option<Duration>,
    /// Those who do not have it yet will hardly get it any more.
    pub is_overtaken: bool,
}

/// What is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Block(BlockId),
    Tx(Txid),
}

/// Blocks, newest first. One that was overtaken goes no further: nobody passes on what is not on
/// the best chain.
pub(super) fn blocks(lab: &LabView) -> Vec<Way<'_>> {
    let highest = lab.running().map(|(_, node)| node.tip.height).max();
    let way = |journey| {
        let way = way(journey, What::Block);
        let is_overtaken = highest.is_some_and(|highest| highest > journey.id.height);
        Way {
            is_overtaken,
            ..way
        }
    };
    lab.block_propagation.iter().map(way).collect()
}

/// Transactions, newest first. One that no node has waiting is in a block.
pub(super) fn txs(lab: &LabView) -> Vec<Way<'_>> {
    let way = |journey| {
        let way = way(journey, What::Tx);
        let mut waiting = lab.running().flat_map(|(_, node)| &node.mempool.shown);
        let is_overtaken = way.all.is_none() && !waiting.any(|tx| tx.txid == journey.id);
        Way {
            is_overtaken,
            ..way
        }
    };
    lab.tx_propagation.iter().map(way).collect()
}

fn way<Id: Copy>(journey: &Propagation<Id>, what: fn(Id) -> What) -> Way<'_> {
    Way {
        what: what(journey.id),
        origin: journey.origin,
        is_own: journey.is_own,
        at: journey.at,
        expected: &journey.expected,
        arrivals: &journey.arrivals,
        half: journey.half(),
        all: journey.all(),
        is_overtaken: false,
    }
}

impl Way<'_> {
    /// Its line.
    pub fn item(&self, lab: &LabView, now: Time) -> Item {
        let origin = lab.node(self.origin).map_or("", |node| &*node.name);
        let mut cells = match self.what {
            What::Block(id) => vec![strong(id.height), chip(lab, id)],
            What::Tx(txid) => vec![Cell::Words(format!("..{}", txid.short()), Look::Strong)],
        };
        cells.extend([
            name(origin),
            // Of two nodes the first one is half, which says nothing.
            plain(
                self.half
                    .filter(|half| !half.is_zero())
                    .map_or_else(String::new, text::lapse),
            ),
            self.progress(),
            dim(text::age(now.since(self.at))),
        ]);
        let item = Item::new(cells);
        match self.what {
            What::Block(id) => item
                .opens(self.target())
                .copies(format!("the hash of block #{}", id.height), id.hash)
                .about(id.hash),
            What::Tx(txid) => item
                .opens(self.target())
                .copies("the transaction's id", txid)
                .about(txid),
        }
    }

    /// What is opened of it.
    pub fn target(&self) -> Target {
        match self.what {
            What::Block(id) => Target::Block(id.hash),
            What::Tx(txid) => Target::Tx(txid),
        }
    }

    /// When all had it, or how many do.
    fn progress(&self) -> Cell {
        match self.all {
            Some(all) => strong(text::lapse(all)),
            None => {
                let look = if self.is_overtaken {
                    Look::Dim
                } else {
                    Look::Warn
                };
                Cell::Words(self.reached(), look)
            }
        }
    }

    /// How many have it.
    pub fn reached(&self) -> String {
        format!("{} of {}", self.arrivals.len(), self.expected.len())
    }

    /// Nodes that ran when it came up, and do not have it.
    pub fn missing(&self) -> impl Iterator<Item = NodeIx> {
        let has = |ix: &NodeIx| self.arrivals.iter().any(|arrival| arrival.node == *ix);
        self.expected.iter().copied().filter(move |ix| !has(ix))
    }
}
