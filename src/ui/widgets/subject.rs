//! The node that is looked at, with the lab around it, at one moment.

use crate::chain::BlockHash;
use crate::lab::LabView;
use crate::lab::view::NodeView;
use crate::node::snapshot::NodeSnapshot;
use crate::node::{NodeIx, Time};
use crate::ui::text;
use std::time::Duration;

/// The node that is looked at.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Subject<'a> {
    pub lab: &'a LabView,
    pub ix: NodeIx,
    pub node: &'a NodeView,
    /// As it was last seen; a node that is down was seen when it was up.
    pub snapshot: Option<&'a NodeSnapshot>,
    /// In whole seconds since the lab began: ages change together.
    now: Time,
}

impl<'a> Subject<'a> {
    pub fn new(lab: &'a LabView, ix: NodeIx) -> Option<Self> {
        let node = lab.node(ix)?;
        let passed = lab.now.since(lab.since).as_secs();
        Some(Self {
            lab,
            ix,
            node,
            snapshot: node.snapshot.as_deref(),
            now: lab.since + Duration::from_secs(passed),
        })
    }

    pub fn is_up(&self) -> bool {
        self.node.state.is_up()
    }

    /// The end of the chain, by its height and hash.
    pub fn tip(&self) -> Option<(u32, BlockHash)> {
        let tip = self.snapshot?.tip;
        Some((tip.height, tip.hash))
    }

    /// Blocks from this height to the tip, both included.
    pub fn confirmations(&self, height: u32) -> u32 {
        let tip = self.tip().map_or(height, |(tip, _)| tip);
        (tip + 1).saturating_sub(height)
    }

    pub fn age(&self, at: Time) -> String {
        text::age(self.now.since(at))
    }

    /// How long something lasts already.
    pub fn since(&self, at: Time) -> Duration {
        self.now.since(at)
    }

    /// The wallet that has this address: its name, and its node's if that is another one.
    pub fn owner(&self, address: &str) -> Option<String> {
        let (ix, name) = self.lab.wallet_of(address)?;
        let node = self.lab.node(ix).filter(|_| ix != self.ix);
        Some(match node {
            Some(node) => format!("{name}@{}", node.name),
            None => name.to_owned(),
        })
    }
}
