//! Layouts: everything that is decided about a lab before it starts, as people write it.
//!
//! [`read()`] makes a [`Layout`] of a TOML file; [`mod@shipped`] has those that are built in. A layout
//! says who has which wallets, so the coins of its genesis block go to names; the
//! [parameters](Layout::params) of the network follow as soon as the lab's seed for keys is known.
//!
//! On the way a [`topology`] becomes links, [`regions`] become latencies, and names of nodes and
//! [`groups`] of them become numbers ([`resolve`]). One check lets a node in, whether a layout describes
//! it, a form, or another program (`roster`).

mod cut;
pub mod groups;
mod params;
mod read;
pub mod regions;
pub mod resolve;
pub(in crate::lab) mod roster;
pub mod shipped;
pub mod topology;

pub use self::cut::StepText;
pub(in crate::lab) use self::params::key_seed;
pub use self::read::{COLUMNS_MAX, HINT_MAX, read};
pub use self::shipped::shipped;

use crate::chain::{Amount, BlockTime, Params};
use crate::lab::script::{Pace, StepSpec};
use crate::lab::spec::{ChainSpec, LinkSpec, NodeSpec, TimeSpec, TrafficSpec, ViewSpec};
use crate::link::Conditions;

/// Nodes of a lab: each has a database, a thread or two, and a line on the screen.
pub const NODES_MAX: usize = 128;

/// Everything that is decided about a lab before it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// What people call it: the file's name without its ending.
    pub name: String,
    /// The file, as it was called: for what is found to be wrong later.
    pub file: String,
    /// What the file says about itself: the comment that it opens with, without the `#`.
    pub about: Vec<String>,
    /// The chain.
    pub chain: ChainSpec,
    /// What every link is like, each way, unless a pair says otherwise.
    pub link: Conditions,
    /// Links that are different, one entry for each direction.
    pub pairs: Vec<LinkSpec>,
    /// The nodes, in the order of their panes. Who dials whom is worked out: see
    /// [`NodeSpec::connect`].
    pub nodes: Vec<NodeSpec>,
    /// What the screen shows first.
    pub view: ViewSpec,
    /// Payments that the lab makes by itself; `None`: it says nothing of any.
    pub traffic: Option<TrafficSpec>,
    /// What the lab does by itself, step by step.
    pub steps: Vec<StepSpec>,
    /// What brings the captions of those steps.
    pub pace: Pace,
    /// How time goes.
    pub time: TimeSpec,
}

impl Layout {
    /// What can be said of a lab that was not made of a layout.
    pub fn around(name: &str, params: &Params) -> Self {
        Self {
            name: name.to_owned(),
            file: name.to_owned(),
            about: Vec::new(),
            chain: ChainSpec {
                params: params.clone(),
                genesis_time: None,
                genesis: Vec::new(),
                fee: Amount::ZERO,
                min_fee_per_kb: Amount::ZERO,
                max_fee: None,
                confirmed_after: 1,
            },
            link: Conditions::default(),
            pairs: Vec::new(),
            nodes: Vec::new(),
            view: ViewSpec::default(),
            traffic: None,
            steps: Vec::new(),
            pace: Pace::Script,
            time: TimeSpec::default(),
        }
    }

    /// The nodes that are programs of others, by their names. They need the machine: sockets, and its
    /// clock.
    pub fn real_nodes(&self) -> impl Iterator<Item = &str> {
        let real = self.nodes.iter().filter(|node| node.bitcoin.is_some());
        real.map(|node| node.name.as_str())
    }

    /// That it can be played in virtual time.
    ///
    /// # Errors
    /// In words, which node keeps it from that.
    pub fn check_virtual(&self) -> Result<(), String> {
        match self.real_nodes().next() {
            None => Ok(()),
            Some(name) => Err(format!(
                "{name} is a real Bitcoin node, and its time is that of the wall: it has no place in virtual \
                 time"
            )),
        }
    }

    /// The parameters of the network of a lab with this seed for wallets' keys that begins at
    /// `start`: the coins of the genesis block go to the wallets that were named.
    ///
    /// Everything that could make them unsound was refused when the layout was read.
    pub fn params(&self, key_seed: &[u8; 32], start: BlockTime) -> Params {
        params::resolve(&self.chain, key_seed, start)
    }
}
