//! The nodes of a layout in virtual time.

use crate::chain::pow::Target;
use crate::chain::{BlockTime, Params};
use crate::lab::layout::{Layout, key_seed};
use crate::lab::spec::{ChainSpec, NodeSpec};
use crate::node::chainstate::OpenError;
use crate::node::{NodeIx, Time};
use crate::sim::{REAL_HASHES, Scale, Sim};
use std::sync::Arc;

/// When a lab in virtual time begins, unless something else is said.
const START: BlockTime = BlockTime(1_800_000_000_000);

/// Nodes in virtual time, and how more are added. Blocks are as rare as they would be, and cheap to
/// solve.
#[derive(Clone)]
pub(super) struct Hosts {
    /// The network. Its nodes are numbered as in the layout, and keep what happens to them for
    /// [`Sim::take_events`].
    pub(super) sim: Sim,
    /// The names of its nodes.
    names: Vec<String>,
    chain: Arc<ChainSpec>,
    pub(super) key_seed: [u8; 32],
}

impl Hosts {
    /// One without nodes. The same seed makes the same history; wallets have the keys that they have
    /// in any lab with this seed.
    ///
    /// # Errors
    /// In words: the parameters are not sound.
    pub(super) fn new(layout: &Layout, seed: u64, begins: Option<Time>) -> Result<Self, String> {
        let key_seed = key_seed(seed);
        let start = begins.map_or(START, Time::block_time);
        let params = layout.params(&key_seed, layout.chain.genesis_time.unwrap_or(start));
        if let Some(begins) =
            begins.filter(|begins| *begins < Time::from_block(params.genesis_time))
        {
            let (begins, chain) = (begins.block_time(), params.genesis_time);
            let words = "the clock cannot begin before the chain does, whose genesis time is";
            return Err(format!("{words} {} ms later", chain.0 - begins.0));
        }
        params.validate().map_err(|error| error.to_string())?;
        let target = params.genesis_bits.to_target();
        let target = target.map_err(|error| error.to_string())?;
        let mut sim = Sim::new(
            seed,
            Params {
                genesis_bits: Target::from_expected_hashes(REAL_HASHES).to_compact(),
                ..params
            },
        );
        sim.set_scale(Scale::block_takes(target.work().to_f64()));
        sim.set_default_link(layout.link);
        sim.record_events();
        if let Some(begins) = begins {
            sim.run_until(begins);
        }
        Ok(Self {
            sim,
            names: Vec::new(),
            chain: Arc::new(layout.chain.clone()),
            key_seed,
        })
    }

    /// The node of this name.
    fn find(&self, name: &str) -> Option<NodeIx> {
        self.names.iter().position(|node| node == name).map(NodeIx)
    }

    /// Starts a node, which is new or was there before.
    ///
    /// # Errors
    /// In words, why it does not start.
    pub(super) fn start(&mut self, ix: NodeIx, spec: &NodeSpec) -> Result<(), String> {
        let started = match ix.0 < self.names.len() {
            true => {
                let change = |config: &mut _| spec.configure_miner(config);
                self.sim.reconfigure(ix, change);
                self.sim.restart(ix)
            }
            false => self.add(spec),
        };
        started.map_err(|error| error.to_string())
    }

    fn add(&mut self, spec: &NodeSpec) -> Result<(), OpenError> {
        self.names.push(spec.name.clone());
        let dialled = spec.connect.iter();
        let dialled = dialled.filter_map(|name| Some(self.sim.address(self.find(name)?.0)));
        let mut config = self.sim.config(&spec.name);
        config.connect = dialled.collect();
        config.seeds.keys = self.key_seed;
        self.chain.configure(&mut config);
        spec.configure(&mut config);
        self.sim.add_node(config).map(drop)
    }
}
