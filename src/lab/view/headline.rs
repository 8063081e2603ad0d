//! What the first line of a screen says of a lab: whether the chains agree, and how the network is.

use crate::node::{BlockId, Time};

/// A lab in a few words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headline {
    /// What the chains say.
    pub chains: Chains,
    /// What the network says.
    pub network: Network,
    /// Sums over all nodes that run.
    pub figures: Figures,
    /// When something else is shown, if nothing happens until then.
    pub due: Option<Time>,
}

/// Sums over all nodes that run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Different transactions that wait at any of them.
    pub mempool: usize,
    /// What they mine with.
    pub mining: Mining,
}

/// What all miners together do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Mining {
    /// There is none.
    #[default]
    Off,
    /// None has anything to do just now.
    Asleep,
    /// So many hashes a second.
    At(f64),
}

/// Whether the chains of the nodes that run agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Chains {
    /// No node runs yet, but one is on its way up.
    #[default]
    Starting,
    /// All are on this block; `nodes` of them, which may be one.
    Agree {
        /// The block.
        tip: BlockId,
        /// How many run.
        nodes: usize,
    },
    /// There is one branch, and its last block is not everywhere yet.
    OnItsWay {
        /// The block.
        block: BlockId,
        /// How many have it.
        at: usize,
        /// How many run.
        of: usize,
    },
    /// There are so many branches, two or more.
    Fork {
        /// Tips of which none is an ancestor of another.
        branches: usize,
    },
    /// No node runs, and none is on its way up.
    NoneRuns,
}

/// How the network is: the worst that can be said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// There is nothing to say.
    #[default]
    Whole,
    /// So many nodes lack more than the newest block of their branch.
    CatchingUp(usize),
    /// So many nodes do not run.
    Down(usize),
    /// It is partitioned into groups of so many nodes.
    Partition(Vec<usize>),
}
