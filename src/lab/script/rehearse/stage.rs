//! A layout's nodes and links in virtual time, before anything happens.

use crate::chain::pow::Target;
use crate::chain::{Amount, BlockTime, Params};
use crate::lab::layout::Layout;
use crate::lab::partition::Partition;
use crate::lab::run::key_seed;
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::sim::{REAL_HASHES, Scale, Sim};

/// When a rehearsal begins, unless the layout says when its chain does.
const START: BlockTime = BlockTime(1_800_000_000_000);

/// Nodes and links in virtual time. Blocks are as rare as they would be, and cheap to solve.
pub struct Stage {
    /// The network. Its nodes are numbered as in the layout, and keep what happens to them for
    /// [`Sim::take_events`].
    pub sim: Sim,
    /// The nodes, and those that were added.
    pub(super) specs: Vec<NodeSpec>,
    /// The split that is in force.
    pub(super) partition: Option<Partition<NodeIx>>,
    min_fee_per_kb: Amount,
    fee: Amount,
    key_seed: [u8; 32],
}

impl Stage {
    /// The nodes of a layout, which have just been started. The same seed makes the same history;
    /// wallets have the keys that they have in a lab with this seed.
    ///
    /// # Errors
    /// In words: the parameters are not sound, or a node does not start.
    pub fn new(layout: &Layout, seed: u64) -> Result<Self, String> {
        let key_seed = key_seed(seed);
        let params = layout.params(&key_seed, layout.chain.genesis_time.unwrap_or(START));
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
        let mut stage = Self {
            sim,
            specs: layout.nodes.clone(),
            partition: None,
            min_fee_per_kb: layout.chain.min_fee_per_kb,
            fee: layout.chain.fee,
            key_seed,
        };
        for (ix, spec) in layout.nodes.iter().enumerate() {
            stage.start(ix, spec)?;
        }
        for pair in &layout.pairs {
            if let (Some(from), Some(to)) = (stage.find(&pair.from), stage.find(&pair.to)) {
                stage.sim.set_link(from, to, pair.conditions);
            }
        }
        Ok(stage)
    }

    /// The node of this name.
    pub fn find(&self, name: &str) -> Option<NodeIx> {
        let at = self.specs.iter().position(|spec| spec.name == name);
        at.map(NodeIx)
    }

    /// What all wallets' keys follow from.
    pub fn key_seed(&self) -> &[u8; 32] {
        &self.key_seed
    }

    /// Adds a node.
    ///
    /// # Errors
    /// In words, why it does not start.
    pub(super) fn add(&mut self, spec: NodeSpec) -> Result<(), String> {
        let ix = self.specs.len();
        self.specs.push(spec.clone());
        let started = self.start(ix, &spec);
        match started {
            Ok(()) => self.admit(ix),
            Err(_) => drop(self.specs.pop()),
        }
        started
    }

    fn start(&mut self, ix: usize, spec: &NodeSpec) -> Result<(), String> {
        let sim = &mut self.sim;
        let dialled = spec.connect.iter().filter_map(|name| {
            let at = self.specs.iter().position(|spec| spec.name == *name);
            Some(sim.address(at?))
        });
        let mut config = sim.config(&spec.name);
        config.connect = dialled.collect();
        config.seeds.keys = self.key_seed;
        config.mempool.min_fee_per_kb = self.min_fee_per_kb;
        config.fee = self.fee;
        spec.configure(&mut config);
        let added = sim.add_node(config).map_err(|error| error.to_string())?;
        debug_assert_eq!(added.0, ix);
        Ok(())
    }
}
