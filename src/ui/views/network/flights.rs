//! What is on its way just now: blocks and transactions, each with how far it has come.
//!
//! Most messages take less time than a glance. What would be gone at once is shown for a moment
//! from when it was sent, and how much slower than in truth that is, is said. What has not come in
//! yet is taken to need as long as its link says, and waits shortly before its end if it needs
//! longer; in a black hole it never gets beyond the middle.
//!
//! A node is always shown as it is, so that of what is slowed the receiver has it before the mark
//! that moves has come there, as of a block that it got from another node first. Such a mark is a
//! replay of what has happened, and is told from the others ([`Flight::is_replay`]). A block that is
//! none arrives in the picture when it arrives at the node: the message was received no earlier, and
//! what a node shows follows from what it received.
//!
//! Only the newest messages are looked at, and only so many are shown: a busy lab says hundreds of
//! things a second.
//!
//! All that is for labs whose time nothing slows. In virtual time it is known what is on its way, and
//! each thing is shown where it is, whatever it is: slowed is time itself, and nothing is shown again.

use crate::chain::BlockHash;
use crate::lab::LabView;
use crate::lab::observe::transcript::Spoken;
use crate::lab::view::LinkView;
use crate::link::LinkState;
use crate::node::message::{Item, Kind};
use crate::node::{BlockId, NodeIx, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// The whole way, in the parts that it is measured in.
pub const WAY: u32 = 1_000;

/// How long something is shown at least.
const GLANCE: Duration = Duration::from_millis(300);

/// As far as something comes that has not arrived.
const NEARLY: u32 = 950;

/// As far as something comes in a black hole.
const MIDDLE: u32 = 500;

/// How much longer than it should need something is shown: its receiver may never tell.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was said earlier is not looked at.
const HORIZON: Duration = Duration::from_secs(10);

/// Messages that are looked at.
const LOOKED_AT: usize = 2_048;

/// What is shown at once.
const SHOWN_MAX: usize = 64;

/// What is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// A block.
    Block(BlockId),
    /// A transaction.
    Tx,
    /// Any other message.
    Word,
}

/// Something on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// From whom.
    pub from: NodeIx,
    /// To whom.
    pub to: NodeIx,
    /// What it is.
    pub load: Load,
    /// How far it has come, from 0 to [`WAY`].
    pub way: u32,
    /// It is shown later than it was, or the receiver has the block already.
    pub is_replay: bool,
}

/// All that is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flights {
    /// Each, blocks first.
    pub shown: Vec<Flight>,
    /// What is slowed most is shown so many times longer than it takes; 1: nothing is slowed.
    pub slowed: u128,
}

/// What flies in a lab at this moment.
pub fn flights(lab: &LabView) -> Flights {
    match lab.time {
        Some(_) => in_virtual_time(lab),
        None => on_the_wall(lab),
    }
}

/// What is on its way, where it is.
fn in_virtual_time(lab: &LabView) -> Flights {
    let mut all: Vec<_> = lab.in_flight.iter().collect();
    all.sort_by_key(|sent| match sent.kind {
        Kind::Block => 0,
        Kind::Tx => 1,
        _ => 2,
    });
    let flights = all.into_iter().take(SHOWN_MAX).map(|sent| Flight {
        from: sent.from,
        to: sent.to,
        load: match (sent.kind, sent.item) {
            (Kind::Block, Some(Item::Block(hash))) => Load::Block(block(lab, hash)),
            (Kind::Tx, _) => Load::Tx,
            _ => Load::Word,
        },
        way: sent.way.map_or(0, |way| part(lab.now, way)),
        is_replay: false,
    });
    Flights {
        shown: flights.collect(),
        slowed: 1,
    }
}

/// How far something has come at this moment that left and arrives then.
fn part(now: Time, (left, arrives): (Time, Time)) -> u32 {
    let past = now.since(left).as_micros() * u128::from(WAY);
    let part = past / arrives.since(left).as_micros().max(1);
    u32::try_from(part).map_or(WAY, |part| part.min(WAY))
}

/// What was said a short while ago, as far as it is shown by now.
fn on_the_wall(lab: &LabView) -> Flights {
    let mut found = Flights {
        shown: Vec::new(),
        slowed: 1,
    };
    let links: BTreeMap<_, _> = lab.links.iter().map(|link| (link.ends, link)).collect();
    for spoken in recent(lab) {
        let Some((from, to)) = spoken.from.node().zip(spoken.to.node()) else {
            continue;
        };
        let link = links.get(&(from.min(to), from.max(to)));
        // Most are not on their way any more: that is known sooner than what they are.
        let Some(pace) = pace(lab, spoken, link.copied(), from) else {
            continue;
        };
        let Some(load) = load(lab, spoken) else {
            continue;
        };
        found.slowed = found.slowed.max(pace.slowed);
        found.shown.push(Flight {
            from,
            to,
            load,
            way: pace.way,
            is_replay: pace.slowed > 1 || has(lab, to, load),
        });
    }
    found.shown.sort_by_key(|flight| flight.load == Load::Tx);
    found.shown.truncate(SHOWN_MAX);
    found
}

/// Whether anything flies, and moves.
pub fn is_any(lab: &LabView) -> bool {
    if let Some(time) = &lab.time {
        return !time.is_paused && !lab.in_flight.is_empty();
    }
    let links: BTreeMap<_, _> = lab.links.iter().map(|link| (link.ends, link)).collect();
    recent(lab).any(|spoken| {
        let Some((from, to)) = spoken.from.node().zip(spoken.to.node()) else {
            return false;
        };
        let link = links.get(&(from.min(to), from.max(to)));
        pace(lab, spoken, link.copied(), from).is_some()
    })
}

/// What was said a short while ago and is worth showing, newest first.
fn recent(lab: &LabView) -> impl Iterator<Item = &Spoken> {
    let newest = lab.transcript.newest().take(LOOKED_AT);
    let recent = newest.take_while(|spoken| lab.now.since(spoken.at()) < HORIZON);
    recent.filter(|spoken| !spoken.is_lost && matches!(spoken.kind(), Some(Kind::Block | Kind::Tx)))
}

fn load(lab: &LabView, spoken: &Spoken) -> Option<Load> {
    match spoken.item()? {
        Item::Tx(_) => Some(Load::Tx),
        Item::Block(hash) => Some(Load::Block(block(lab, hash))),
    }
}

/// Whether a node shows this block as one of its chain.
fn has(lab: &LabView, node: NodeIx, load: Load) -> bool {
    let Load::Block(id) = load else {
        return false;
    };
    let snapshot = lab.node(node).and_then(|node| node.snapshot.as_ref());
    snapshot.is_some_and(|snapshot| {
        let mut recent = snapshot.recent.iter().rev();
        snapshot.tip.hash == id.hash || recent.any(|info| info.id.hash == id.hash)
    })
}

/// A block with its height, as far as any node knows it.
fn block(lab: &LabView, hash: BlockHash) -> BlockId {
    let propagations = lab
        .block_propagation
        .iter()
        .map(|propagation| propagation.id);
    let snapshots = lab.nodes.iter().filter_map(|node| node.snapshot.as_ref());
    let recent = snapshots.flat_map(|snapshot| snapshot.recent.iter().rev().map(|info| info.id));
    let mut known = propagations.chain(recent);
    let found = known.find(|id| id.hash == hash);
    found.unwrap_or(BlockId { height: 0, hash })
}

/// How something moves.
struct Pace {
    way: u32,
    slowed: u128,
}

/// How far a message is; `None`: it is not on its way.
fn pace(lab: &LabView, spoken: &Spoken, link: Option<&LinkView>, from: NodeIx) -> Option<Pace> {
    let sent = spoken.sent?;
    let past = lab.now.since(sent);
    let way = link.map(|link| *link.from(from)).unwrap_or_default();
    let takes = spoken.took().unwrap_or(way.latency);
    let shown = takes.max(GLANCE);
    let far = past.as_micros() * u128::from(WAY) / shown.as_micros();
    let far = u32::try_from(far).unwrap_or(u32::MAX);
    let way = match spoken.received {
        Some(_) if far >= WAY => return None,
        Some(_) => far,
        None if past > shown + PATIENCE => return None,
        None if way.state == LinkState::BlackHole => far.min(MIDDLE),
        None => far.min(NEARLY),
    };
    let slowed = shown.as_micros() / takes.as_micros().max(1);
    Some(Pace {
        way,
        // Of what takes no time at all nothing can be said.
        slowed: if takes.is_zero() { 1 } else { slowed.max(1) },
    })
}
