//! A lab that follows from a seed, and what happens in it.

use super::liar::Liar;
use super::lights::LIGHTS;
use super::watch::Watch;
use crate::common::sim::{agree, import, wallets};
use crate::common::{coins, key, owner, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params, Work};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::chainstate::OpenError;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Payment, RequestId};
use chainlab::node::{NodeIx, StoreFault, SyncMethod, Time};
use chainlab::sim::{self, DiskConditions, Sim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::time::Duration;

/// Things that people do in a lab before it is left to itself.
const ACTIONS: u64 = 40;

/// Longest time between two of them, in ms.
const PAUSE_MS_MAX: u64 = 6_000;

/// From the last heal until everybody has what anybody had: every peer is dialled again within
/// 10 s, and what is asked of one that does not answer is asked of another after some more.
pub(super) const SYNC: Duration = Duration::from_secs(90);

/// In this time the last miner finds as many blocks as it takes. It may have to wait until a wallet
/// announces a payment again, and the difficulty is what the lab left behind.
const LAST_BLOCKS: Duration = Duration::from_secs(1_800);

/// Everybody's wallet from the start.
pub(super) const PURSE: &str = "purse";

/// What miners mine for. Nothing is paid from it: a reward can be lost in a reorganisation, and
/// then no payment out of it can ever be confirmed.
const TILL: &str = "till";

/// Bytes a second of a liar who makes others wait for every byte.
const TRICKLE: u64 = 200;

/// Hashes a second of all miners of a lab: a block every 5 s.
const HASHRATE: f64 = 14_000.0;

/// What nodes keep their chains on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disks {
    /// Memory, of which nothing is ever lost.
    Sound,
    /// Disks that people do things to.
    Failing,
}

/// A world is cloned after one event in so many.
const CLONE_EVERY: u64 = 500;

/// For how long a clone that is thrown away goes on at most, in ms.
const CLONE_RUN_MS_MAX: u64 = 3_000;

pub struct World {
    pub sim: Sim,
    pub(super) seed: u64,
    draws: ChaCha8Rng,
    pub(super) nodes: Vec<NodeIx>,
    /// Light nodes, each with the full node that has the same key.
    pub(super) lights: Vec<(NodeIx, NodeIx)>,
    pub(super) watch: Watch,
    pub(super) down: BTreeSet<NodeIx>,
    /// Pairs between which something was cut or swallowed, or may have been.
    touched: BTreeSet<(NodeIx, NodeIx)>,
    /// Payments and wallets that were asked for, with who was asked.
    pub(super) asked: Vec<(NodeIx, RequestId)>,
    disks: Disks,
    /// Nodes whose disks ever took time.
    slow: BTreeSet<NodeIx>,
    /// Wallets that were asked for.
    wallets: u64,
    /// When clones take the place of the lab, if any do: other draws, as these are not to be others.
    clones: Option<ChaCha8Rng>,
}

impl World {
    pub fn new(seed: u64, disks: Disks) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        draws.set_stream(1);
        let count = 3 + draws.next_u64() % 10;
        let mut sim = Sim::new(seed, network(count + LIGHTS, 1 + draws.next_u64() % 3));
        sim.record_events();
        if disks == Disks::Failing {
            sim.give_disks();
        }
        sim.encode_messages(seed.is_multiple_of(4));
        let liar = NodeIx(usize::try_from(count).expect("64 bits"));
        let mut world = Self {
            watch: Watch::new(sim.address(liar.0).ip()),
            sim,
            seed,
            draws,
            nodes: Vec::new(),
            lights: Vec::new(),
            down: BTreeSet::new(),
            touched: BTreeSet::new(),
            asked: Vec::new(),
            disks,
            slow: BTreeSet::new(),
            wallets: 0,
            clones: None,
        };
        for number in 0..count {
            world.add_node(number, liar);
        }
        world.add_liar();
        world.add_lights(liar);
        world
    }

    /// From now on it is cloned every now and then, at whatever moment. One of the two goes on for a
    /// while and is thrown away, and the other is the lab from then on.
    pub fn is_cloned(&mut self) {
        let mut draws = ChaCha8Rng::seed_from_u64(self.seed);
        draws.set_stream(3);
        self.clones = Some(draws);
    }

    fn clone_now_and_then(&mut self) {
        let Some(draws) = &mut self.clones else {
            return;
        };
        if !draws.next_u64().is_multiple_of(CLONE_EVERY) {
            return;
        }
        let mut other = self.sim.clone();
        if draws.next_u64().is_multiple_of(2) {
            std::mem::swap(&mut self.sim, &mut other);
        }
        for ix in 0..self.nodes.len() {
            if draws.next_u64().is_multiple_of(4) {
                other.crash(self.nodes[ix]);
            }
        }
        other.run_for(Duration::from_millis(draws.next_u64() % CLONE_RUN_MS_MAX));
    }

    /// A number below `limit`.
    pub(super) fn draw(&mut self, limit: u64) -> u64 {
        self.draws.next_u64() % limit
    }

    pub(super) fn pick(&mut self) -> NodeIx {
        let count = u64::try_from(self.nodes.len()).expect("64 bits");
        let at = usize::try_from(self.draw(count)).expect("64 bits");
        self.nodes[at]
    }

    /// A node that knows one of those before it, and maybe more; so all are connected in the end.
    fn add_node(&mut self, number: u64, liar: NodeIx) {
        let mut config = self.sim.config(&format!("node{number}"));
        let known = if number == 0 { 0 } else { 1 + self.draw(3) };
        for _ in 0..known {
            let peer = self.pick();
            config.connect.push(self.sim.address(peer.0));
        }
        if self.draw(4) == 0 {
            config.connect.push(self.sim.address(liar.0));
        }
        config.outbound = usize::try_from(self.draw(4)).expect("64 bits");
        config.wallets = vec![TILL.to_owned()];
        config.mine_to = Some(TILL.to_owned());
        if self.draw(4) == 0 {
            config.sync = SyncMethod::BlocksFirst;
        }
        // Whoever is first mines, so that something happens; others may.
        let miners = 1 + number / 2;
        if number == 0 || self.draw(3) == 0 {
            config.mining = MiningMode::On;
        }
        config.hashrate = HASHRATE / miners as f64;
        let ix = self.sim.add_node(config).expect("sound parameters");
        for other in self.nodes.clone() {
            let (out, back) = (self.conditions(), self.conditions());
            self.sim.set_link(ix, other, out);
            self.sim.set_link(other, ix, back);
        }
        self.nodes.push(ix);
        let actor = u8::try_from(number + 1).expect("few actors");
        import(&mut self.sim, ix, PURSE, actor);
        let held = wallets(&mut self.sim, ix);
        self.watch.remember_keys(ix, &held);
    }

    fn add_liar(&mut self) {
        let addrs: Vec<_> = self.nodes.iter().map(|ix| self.sim.address(ix.0)).collect();
        let own = self.sim.address(self.nodes.len());
        let liar = Liar::new(self.seed, self.sim.params(), own, addrs, self.sim.now());
        let ix = self.sim.add_actor(Box::new(liar));
        for node in self.nodes.clone() {
            let (mut out, back) = (self.conditions(), self.conditions());
            if self.draw(8) == 0 {
                out.bandwidth = Some(TRICKLE);
            }
            self.sim.set_link(ix, node, out);
            self.sim.set_link(node, ix, back);
        }
    }

    pub(super) fn conditions(&mut self) -> Conditions {
        let latency = Duration::from_millis(self.draw(400));
        let jitter = Duration::from_millis(self.draw(3) * self.draw(60));
        let bandwidth = (self.draw(4) == 0).then(|| 20_000 << self.draw(6));
        let loss = if self.draw(3) == 0 { 0.03 } else { 0.0 };
        Conditions {
            latency,
            jitter,
            bandwidth,
            loss,
            state: LinkState::Open,
        }
    }

    /// Does things to the lab, one after the other.
    pub fn live(&mut self) {
        for _ in 0..ACTIONS {
            self.act();
            let pause = Duration::from_millis(self.draw(PAUSE_MS_MAX));
            self.run_for(pause);
        }
    }

    fn act(&mut self) {
        if self.draw(6) == 0 {
            return self.act_light();
        }
        let ix = self.pick();
        if self.disks == Disks::Failing && self.draw(3) == 0 {
            return self.spoil(ix);
        }
        match self.draw(14) {
            0..=4 => self.pay(ix),
            5 => self.crash(ix),
            6 => self.restart_one(),
            7 => self.touch(ix, LinkState::Cut),
            8 => self.touch(ix, LinkState::BlackHole),
            9 => self.heal_one(),
            10 => self.command(ix, Command::Mine(MiningMode::On)),
            11 => self.command(ix, Command::Mine(MiningMode::Off)),
            12 => self.command(ix, Command::MineNow),
            _ => self.roughen(ix),
        }
    }

    /// Does something to a node's disk, or has it promise something that its disk must keep.
    fn spoil(&mut self, ix: NodeIx) {
        let sound = DiskConditions::default();
        match self.draw(10) {
            0 => self.cut_power(ix),
            1 => {
                // Something was promised a moment ago.
                match self.draw(2) {
                    0 => self.pay(ix),
                    _ => self.create_wallet(ix),
                }
                let pause = Duration::from_millis(self.draw(600));
                self.run_for(pause);
                self.cut_power(ix);
            }
            2 => self.set_disk(ix, sound),
            3 | 4 => {
                let failure = 1.0 / f64::from(1_u32 << self.draw(6));
                self.set_disk(ix, DiskConditions { failure, ..sound });
            }
            5 => {
                let room = Some(self.draw(30_000));
                self.set_disk(ix, DiskConditions { room, ..sound });
            }
            6 | 7 => {
                let most = 20 << self.draw(8);
                let millis = 1 + self.draw(most);
                let latency = Duration::from_millis(millis);
                self.slow.insert(ix);
                self.set_disk(ix, DiskConditions { latency, ..sound });
            }
            _ => self.create_wallet(ix),
        }
    }

    fn set_disk(&mut self, ix: NodeIx, conditions: DiskConditions) {
        self.sim.set_disk(ix, conditions);
    }

    fn cut_power(&mut self, ix: NodeIx) {
        self.take_answers();
        self.sim.cut_power(ix);
        self.down.insert(ix);
        let is_prompt = !self.slow.contains(&ix);
        self.watch.power_cut(&self.sim, ix, is_prompt);
    }

    fn create_wallet(&mut self, ix: NodeIx) {
        self.wallets += 1;
        let name = format!("wallet{}", self.wallets);
        self.watch.asked_for(ix, &name);
        let id = self.sim.command(ix, Command::CreateWallet { name });
        self.asked.push((ix, id));
    }

    /// Nodes that their disks have failed.
    fn note_halts(&mut self) {
        if self.disks == Disks::Sound {
            return;
        }
        for ix in self.nodes.clone() {
            if self.sim.halted(ix).is_some() && self.down.insert(ix) {
                self.watch.halted(&self.sim, ix);
            }
        }
    }

    fn command(&mut self, ix: NodeIx, command: Command) {
        self.sim.command(ix, command);
    }

    pub(super) fn pay(&mut self, ix: NodeIx) {
        let to = match self.draw(5) {
            0 => self.pick_light(),
            _ => self.pick(),
        };
        let payment = Payment {
            from: PURSE.to_owned(),
            to: self.watch.address(to, PURSE).to_owned(),
            amount: units(1 + self.draw(300_000_000)),
            fee: Some(units(self.draw(3) * self.draw(100_000))),
        };
        let id = self.sim.command(ix, Command::Send(payment));
        self.asked.push((ix, id));
    }

    pub(super) fn crash(&mut self, ix: NodeIx) {
        self.sim.crash(ix);
        self.down.insert(ix);
        if self.is_light(ix) {
            return;
        }
        match self.disks {
            Disks::Sound => self.watch.ended(ix, self.sim.now()),
            Disks::Failing => self.watch.killed(&self.sim, ix),
        }
    }

    pub(super) fn restart_one(&mut self) {
        let Some(ix) = self.down.pop_first() else {
            return;
        };
        match self.sim.restart(ix) {
            Ok(()) => self.watch.restarted(ix),
            Err(OpenError::Store(StoreFault::Failed { .. })) if self.disks == Disks::Failing => {
                self.down.insert(ix);
                if self.draw(2) == 0 {
                    self.set_disk(ix, DiskConditions::default());
                }
            }
            Err(error) => panic!("what a crash leaves can be opened: {error}"),
        }
    }

    pub(super) fn touch(&mut self, a: NodeIx, state: LinkState) {
        let b = self.pick();
        if a != b {
            self.touched.insert((a.min(b), a.max(b)));
            self.sim.set_link_state(a, b, state);
        }
    }

    fn heal_one(&mut self) {
        if let Some((a, b)) = self.touched.pop_first() {
            self.sim.set_link_state(a, b, LinkState::Open);
        }
    }

    /// Other conditions in one direction, while things are on their way.
    fn roughen(&mut self, from: NodeIx) {
        let to = self.pick();
        let state = self.sim.link(from, to).state;
        if from != to && state == LinkState::Open {
            let conditions = self.conditions();
            self.sim.set_link(from, to, conditions);
        }
    }

    fn run_for(&mut self, time: Duration) {
        let until = self.sim.now() + time;
        self.run_until(until, |_| false);
    }

    /// Runs and watches, until a time or until something is so; returns whether it is.
    pub(super) fn run_until(&mut self, until: Time, is_so: impl Fn(&Self) -> bool) -> bool {
        while self.sim.step_until(until) {
            self.clone_now_and_then();
            self.note_halts();
            if self.watch.look(&mut self.sim) && is_so(self) {
                return true;
            }
        }
        self.take_answers();
        is_so(self)
    }

    fn take_answers(&mut self) {
        for (ix, id) in std::mem::take(&mut self.asked) {
            match self.sim.take_reply(id) {
                Some(answer) => self.watch.answered(ix, answer),
                None => self.asked.push((ix, id)),
            }
        }
    }

    /// Heals and mends everything, lets one miner break the tie, and insists that all is well.
    pub fn settle(&mut self) {
        while !self.touched.is_empty() {
            self.heal_one();
        }
        if self.disks == Disks::Failing {
            for ix in self.nodes.clone() {
                self.set_disk(ix, DiskConditions::default());
            }
        }
        while !self.down.is_empty() {
            self.restart_one();
        }
        for ix in self.nodes.clone() {
            self.command(ix, Command::Mine(MiningMode::Off));
        }
        self.run_for(SYNC);
        self.assert_equal_work();
        let miner = self.pick();
        self.break_ties(miner);
        self.confirm_all(miner);
        let everything = self.seed.is_multiple_of(10);
        let nodes = self.nodes.clone();
        self.watch.all_is_well(&mut self.sim, &nodes, everything);
        self.lights_are_well();
    }

    fn work(&self, ix: NodeIx) -> Work {
        let node = self.sim.node(ix).expect("all run");
        let tree = node.chain().tree();
        tree.entry(tree.tip()).work
    }

    /// Tips may differ as yet, but nobody is behind.
    fn assert_equal_work(&self) {
        let works: Vec<Work> = self.nodes.iter().map(|ix| self.work(*ix)).collect();
        let equal = works.windows(2).all(|two| two[0] == two[1]);
        assert!(equal, "not within {SYNC:?}: {works:?}");
    }

    /// One more block, and all have one tip.
    fn break_ties(&mut self, miner: NodeIx) {
        let before = self.work(miner);
        self.command(miner, Command::SetHashrate(HASHRATE));
        self.command(miner, Command::Mine(MiningMode::On));
        let end = self.sim.now() + LAST_BLOCKS;
        assert!(self.run_until(end, |world| world.work(miner) > before));
        self.command(miner, Command::Mine(MiningMode::Off));
        self.agree();
    }

    fn agree(&mut self) {
        let end = self.sim.now() + SYNC;
        let nodes = self.nodes.clone();
        let agreed = self.run_until(end, |world| agree(&world.sim, &nodes));
        assert!(agreed, "no agreement within {SYNC:?}");
    }

    fn nodes_in_words(&self) -> String {
        let words = self.nodes.iter().map(|ix| {
            let snapshot = self
                .sim
                .node(*ix)
                .expect("all run")
                .snapshot(self.sim.now());
            let peers = snapshot.peers.iter().map(|peer| &peer.name);
            format!(
                "{}: {}, {} wait, {} orphans, sync {:?}, peers {:?}\n",
                snapshot.name,
                snapshot.tip,
                snapshot.mempool.count,
                snapshot.mempool.orphans,
                snapshot.sync,
                peers.collect::<Vec<_>>()
            )
        });
        words.collect()
    }

    /// Mines until every payment that was ever acknowledged is in a block.
    fn confirm_all(&mut self, miner: NodeIx) {
        let end = self.sim.now() + LAST_BLOCKS;
        self.command(miner, Command::Mine(MiningMode::On));
        let confirmed =
            self.run_until(end, |world| world.watch.is_all_confirmed(&world.sim, miner));
        let waiting = self.watch.unconfirmed(&self.sim, miner);
        assert!(
            confirmed,
            "{waiting:?}, {miner:?} mines\n{}",
            self.nodes_in_words()
        );
        self.command(miner, Command::Mine(MiningMode::Off));
        self.run_for(SYNC);
        self.agree();
    }
}

/// A network on which every node's purse has coins from the start, several each, so that payments
/// need not wait for each other.
pub(super) fn network(nodes: u64, maturity: u64) -> Params {
    let actors = (1..=nodes).map(|actor| u8::try_from(actor).expect("few actors"));
    let purses = actors.flat_map(|actor| {
        let purse = |amount: Amount| Allocation {
            owner: owner(actor),
            amount,
        };
        [coins(5), coins(4), coins(20)].map(purse)
    });
    assert_eq!(key(1).public_key().hash(), owner(1));
    Params {
        maturity: u32::try_from(maturity).expect("small"),
        genesis: purses.collect(),
        ..sim::params()
    }
}
