//! How the first line of a screen comes about: see [`Headline`].
//!
//! A state that comes and goes between two glances would be missed, and one that flickers cannot be
//! read. So what is shown stands for [`STANDS`] of lab time, unless something worse comes: that is
//! shown at once, and so are figures in it: how far a block has come. Sums stand for a second. This
//! is kept with the lab and not with a screen, which may not have looked just then.
//!
//! What the chains say, the worst first: no node runs; they are a fork of so many branches; the
//! newest block has not come to all nodes; all agree. A node that lacks one block of its branch
//! waits for that block, which is on its way. One that lacks more catches up. Neither is on another
//! branch.

use crate::lab::observe::ancestry::{Ancestry, Tip};
use crate::lab::view::headline::{Chains, Figures, Headline, Mining, Network};
use crate::lab::view::{NodeState, NodeView};
use crate::node::config::MiningMode;
use crate::node::snapshot::{MiningInfo, NodeSnapshot};
use crate::node::{BlockId, NodeIx, Time};
use std::collections::BTreeSet;
use std::time::Duration;

/// For how long a state is shown at least, in lab time.
pub const STANDS: Duration = Duration::from_secs(1);

/// Blocks that a node may lack while it only waits for the newest one.
const ON_ITS_WAY: u32 = 1;

/// What is seen of a node.
#[derive(Clone, Copy)]
pub struct Stand<'a> {
    /// The network that it is on.
    pub network: &'a str,
    /// Whether it runs.
    pub state: &'a NodeState,
    /// Where its chain ends, if it was seen.
    pub tip: Option<Tip>,
}

impl Stand<'_> {
    /// Where its chain ends, if it runs and was seen.
    fn tip(&self) -> Option<Tip> {
        self.tip.filter(|_| self.state.is_up())
    }
}

impl<'a> From<&'a NodeView> for Stand<'a> {
    fn from(node: &'a NodeView) -> Self {
        Self {
            network: &node.network,
            state: &node.state,
            tip: node.snapshot.as_deref().map(Tip::from),
        }
    }
}

impl Figures {
    /// Of the nodes that run.
    fn of<'a>(nodes: impl Iterator<Item = &'a NodeSnapshot> + Clone) -> Self {
        let running = || nodes.clone();
        let shown = running().flat_map(|snapshot| &snapshot.mempool.shown);
        let different: BTreeSet<_> = shown.map(|tx| tx.txid).collect();
        // Snapshots show the first hundred only.
        let most = running().map(|snapshot| snapshot.mempool.count).max();
        let miners = || running().filter_map(|node| node.mining.as_ref());
        let mining = miners().filter(|miner| miner.height.is_some());
        let rates = mining.map(|miner| miner.hashrate);
        let is_on = |miner: &MiningInfo| miner.mode != MiningMode::Off;
        let mining = match rates.reduce(|sum, rate| sum + rate) {
            Some(sum) => Mining::At(sum),
            None if miners().any(is_on) => Mining::Asleep,
            None => Mining::Off,
        };
        Self {
            mempool: different.len().max(most.unwrap_or_default()),
            mining,
        }
    }
}

impl Chains {
    fn new<'a>(
        mut nodes: impl Iterator<Item = Stand<'a>>,
        tips: &[Tip],
        branches: &[BlockId],
    ) -> Self {
        match branches {
            [] if nodes.any(|node| is_coming(node.state)) => Self::Starting,
            [] => Self::NoneRuns,
            [tip] => {
                let at = tips.iter().filter(|other| other.id == *tip).count();
                match tips.len() {
                    nodes if at == nodes => Self::Agree { tip: *tip, nodes },
                    of => Self::OnItsWay {
                        block: *tip,
                        at,
                        of,
                    },
                }
            }
            several => Self::Fork {
                branches: several.len(),
            },
        }
    }
}

/// The nodes of each network.
fn by_network<'a>(nodes: impl Iterator<Item = Stand<'a>>) -> Vec<Vec<Stand<'a>>> {
    let mut networks: Vec<Vec<Stand<'a>>> = Vec::new();
    for node in nodes {
        let its = |others: &&mut Vec<Stand<'a>>| others[0].network == node.network;
        match networks.iter_mut().find(its) {
            Some(others) => others.push(node),
            None => networks.push(vec![node]),
        }
    }
    networks
}

/// Whether a node that was not seen yet is about to be.
fn is_coming(state: &NodeState) -> bool {
    matches!(state, NodeState::Starting | NodeState::Up)
}

impl Network {
    fn new<'a>(
        nodes: impl Iterator<Item = Stand<'a>> + Clone,
        groups: Option<&[Vec<NodeIx>]>,
        is_behind: impl Fn(Tip) -> bool,
    ) -> Self {
        if let Some(groups) = groups {
            return Self::Partition(groups.iter().map(Vec::len).collect());
        }
        let is_down = |state: &NodeState| match state {
            NodeState::Down | NodeState::Gone | NodeState::Failed(_) => true,
            NodeState::Starting | NodeState::Up | NodeState::Stopping => false,
        };
        let down = nodes.clone().filter(|node| is_down(node.state)).count();
        let behind = || nodes.clone().filter_map(|node| node.tip());
        match behind().filter(|tip| is_behind(*tip)).count() {
            _ if down > 0 => Self::Down(down),
            0 => Self::Whole,
            behind => Self::CatchingUp(behind),
        }
    }
}

/// A state that is better or worse than others.
trait Bad: Sized {
    /// How bad it is; states that differ in figures alone are as bad.
    fn badness(&self) -> u8;

    /// How it is told with what is true now, while it stands a little longer.
    fn told_with(&self, _is: &Self) -> Option<Self> {
        None
    }
}

impl Bad for Chains {
    fn badness(&self) -> u8 {
        match self {
            Self::Starting => 0,
            Self::Agree { .. } => 1,
            Self::OnItsWay { .. } => 2,
            Self::Fork { .. } => 3,
            Self::NoneRuns => 4,
        }
    }

    /// A block that has just come to all has come to all.
    fn told_with(&self, is: &Self) -> Option<Self> {
        match (self, is) {
            (Self::OnItsWay { block, .. }, Self::Agree { tip, nodes }) if block == tip => {
                Some(Self::OnItsWay {
                    block: *block,
                    at: *nodes,
                    of: *nodes,
                })
            }
            _ => None,
        }
    }
}

impl Bad for Network {
    fn badness(&self) -> u8 {
        match self {
            Self::Whole => 0,
            Self::CatchingUp(_) => 1,
            Self::Down(_) => 2,
            Self::Partition(_) => 3,
        }
    }
}

/// Something that stands for a while once it is shown.
#[derive(Clone, Debug, Default)]
struct Steady<T> {
    shown: T,
    /// Since when; `None`: it is what there is before anything was seen.
    since: Option<Time>,
    /// It is not so any more.
    is_past: bool,
}

impl<T> Steady<T> {
    fn has_stood(&self, now: Time) -> bool {
        // A node of another process may say that it is any time.
        let has = |since: Time| now.since(since) >= STANDS || since.since(now) > STANDS;
        self.since.is_none_or(has)
    }

    fn show(&mut self, now: Time, is: T) {
        (self.shown, self.since) = (is, Some(now));
    }

    fn due(&self) -> Option<Time> {
        self.since
            .filter(|_| self.is_past)
            .map(|since| since + STANDS)
    }
}

impl<T: Bad> Steady<T> {
    fn feed(&mut self, now: Time, is: T) {
        let (new, old) = (is.badness(), self.shown.badness());
        self.is_past = new < old && !self.has_stood(now);
        if new == old {
            // The same state, with other figures.
            self.shown = is;
            self.since.get_or_insert(now);
        } else if !self.is_past {
            self.show(now, is);
        } else if let Some(told) = self.shown.told_with(&is) {
            self.shown = told;
        }
    }
}

/// A lab's headline as it is shown: to be fed whenever something may have changed, and whenever it
/// is looked at.
#[derive(Clone, Debug, Default)]
pub struct SteadyHeadline {
    chains: Steady<Chains>,
    network: Steady<Network>,
    figures: Steady<Figures>,
    is_fork: bool,
}

impl SteadyHeadline {
    /// Takes in how things are now: the nodes, and the groups between which nothing passes.
    pub fn look<'a>(
        &mut self,
        now: Time,
        nodes: impl Iterator<Item = Stand<'a>> + Clone,
        groups: Option<&[Vec<NodeIx>]>,
        ancestry: &Ancestry,
    ) {
        let networks = by_network(nodes.clone());
        let stand = |nodes: &Vec<Stand<'_>>| {
            let tips: Vec<Tip> = nodes.iter().filter_map(|node| node.tip()).collect();
            let standing = ancestry.stand(&tips);
            (tips, standing)
        };
        let standing: Vec<_> = networks.iter().map(stand).collect();
        self.is_fork = standing.iter().any(|(_, its)| its.branches.len() > 1);
        let is_behind = |tip: Tip| {
            let known = standing.iter().map(|(_, its)| its.behind(tip.id)).max();
            let target = tip.target.unwrap_or(0);
            known.max(Some(target.saturating_sub(tip.id.height))) > Some(ON_ITS_WAY)
        };
        let chains = networks
            .iter()
            .zip(&standing)
            .map(|(nodes, (tips, its))| Chains::new(nodes.iter().copied(), tips, &its.branches));
        // Of networks that are as bad the first.
        let chains = chains.rev().max_by_key(Bad::badness);
        self.chains.feed(now, chains.unwrap_or(Chains::NoneRuns));
        let network = Network::new(nodes.clone(), groups, is_behind);
        self.network.feed(now, network);
    }

    /// Sums up what the nodes that run look like, unless the last sums are to stand a little longer.
    pub fn sum<'a>(&mut self, now: Time, running: impl Iterator<Item = &'a NodeSnapshot> + Clone) {
        if self.figures.has_stood(now) {
            let figures = Figures::of(running);
            if figures != self.figures.shown {
                self.figures.show(now, figures);
            }
        }
    }

    /// Whether the nodes that run were on several branches when it last looked.
    pub(super) fn is_fork(&self) -> bool {
        self.is_fork
    }

    /// What is shown.
    pub fn shown(&self) -> Headline {
        Headline {
            chains: self.chains.shown.clone(),
            network: self.network.shown.clone(),
            figures: self.figures.shown,
            due: crate::node::earlier(self.chains.due(), self.network.due()),
        }
    }
}

#[cfg(test)]
mod tests;
