//! Wallets of nodes against figures that are computed anew, in the most naive way, from the chain,
//! the mempool and the wallet's own payments: after random sequences with one key on two nodes, cuts,
//! blocks, reorganisations, replacements and crashes.
//!
//! `CHAINLAB_MONEY_RUNS` sets how many runs there are; a run's number is its seed.

#![allow(clippy::disallowed_methods, reason = "a test has an environment")]

use crate::common::sim::{history, import, latency, wallets};
use crate::common::{ALICE, BOB, CAROL, coins, owner, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Coin, KeyHash, OutPoint, Params, Tx, Txid};
use chainlab::link::LinkState;
use chainlab::node::io::{Command, Payment, Question, Reply};
use chainlab::node::snapshot::{HistoryEntry, WalletInfo};
use chainlab::node::{Node, NodeIx, Store};
use chainlab::sim::{self, Sim, SimStore};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const STEPS: usize = 40;

/// Wallets, with whose keys: Alice's on both nodes, Bob's on the first, Carol's on the second.
const WALLETS: [&[(&str, u8)]; 2] = [
    &[("alice", ALICE), ("bob", BOB)],
    &[("alice", ALICE), ("carol", CAROL)],
];

/// What there was to see in all runs, so that a test which no longer reaches anything fails.
#[derive(Debug, Default)]
struct Seen {
    /// Entries of histories that lost to one that waits.
    losers: usize,
    /// Entries that lost to one in a block.
    never: usize,
    /// Losers that win after all.
    revived: usize,
    crashes: usize,
    waiting: usize,
}

struct World {
    sim: Sim,
    nodes: [NodeIx; 2],
    /// A peer of the first. Has no wallet, and now and then a longer branch that nobody has seen.
    miner: NodeIx,
    draws: ChaCha8Rng,
    is_cut: bool,
    is_hidden: bool,
    /// Every transaction that anybody ever had in a mempool or in a block.
    txs: BTreeMap<Txid, Arc<Tx>>,
    /// Made at each node, never to be forgotten there.
    sent: [BTreeSet<Txid>; 2],
    /// By side, those that lost to others, in blocks or not, when this was last looked at.
    losers: BTreeSet<(usize, Txid)>,
    seen: Seen,
}

#[test]
fn figures_are_those_of_the_chain_the_mempool_and_the_wallets_own_payments() {
    let runs = std::env::var("CHAINLAB_MONEY_RUNS");
    let runs = runs.map_or(16, |text| text.parse().expect("a number"));
    let mut seen = Seen::default();
    for seed in 0..runs {
        println!("seed {seed}");
        World::new(seed).run(&mut seen);
    }
    println!("{seen:?}");
    if runs >= 16 {
        assert!(seen.losers > 50 && seen.never > 50, "{seen:?}");
        assert!(seen.revived > 5 && seen.crashes > 30, "{seen:?}");
        assert!(seen.waiting > 200, "{seen:?}");
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let of = |(who, amount): (u8, u64)| Allocation {
            owner: owner(who),
            amount: coins(amount),
        };
        let genesis = [(ALICE, 10), (ALICE, 5), (BOB, 8), (CAROL, 8)];
        let params = Params {
            genesis: genesis.into_iter().map(of).collect(),
            ..sim::params()
        };
        let mut sim = Sim::new(seed, params);
        sim.set_default_link(latency(50));
        let mut nodes: Vec<NodeIx> = Vec::new();
        for name in ["a", "b", "c"] {
            let mut config = sim.config(name);
            config.mine_to = Some("rewards".to_owned());
            config.outbound = 0;
            let first = nodes.first().map(|ix| sim.address(ix.0));
            config.connect = first.into_iter().collect();
            nodes.push(sim.add_node(config).expect("sound parameters"));
        }
        for (node, wallets) in nodes.iter().zip(WALLETS) {
            for (name, who) in wallets {
                import(&mut sim, *node, name, *who);
            }
        }
        sim.run_for(Duration::from_secs(10));
        Self {
            sim,
            nodes: [nodes[0], nodes[1]],
            miner: nodes[2],
            draws: ChaCha8Rng::seed_from_u64(seed),
            is_cut: false,
            is_hidden: false,
            txs: BTreeMap::new(),
            sent: [BTreeSet::new(), BTreeSet::new()],
            losers: BTreeSet::new(),
            seen: Seen::default(),
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        let below = u32::try_from(below).expect("small");
        usize::try_from(self.draws.next_u32() % below).expect("small")
    }

    fn run(mut self, seen: &mut Seen) {
        for _ in 0..STEPS {
            let side = self.draw(2);
            match self.draw(16) {
                0..=5 => {
                    let fee = units([100, 5_000, 9_000_000][self.draw(3)]);
                    self.pay(side, fee);
                }
                6 => {
                    let node = self.nodes[side];
                    self.sim.call(node, Command::MineNow).expect("a block");
                }
                7 => {
                    self.sim.crash(self.nodes[side]);
                    self.sim.restart(self.nodes[side]).expect("a sound store");
                    self.seen.crashes += 1;
                }
                8 | 9 => self.cut_or_heal(),
                10..=12 => self.pay_twice(),
                _ => self.hide_or_show(),
            }
            self.compare();
            self.sim.run_for(Duration::from_secs(8));
            self.compare();
        }
        seen.losers += self.seen.losers;
        seen.never += self.seen.never;
        seen.revived += self.seen.revived;
        seen.crashes += self.seen.crashes;
        seen.waiting += self.seen.waiting;
    }

    /// Both sides of a cut pay, the second one more than the first, and the cut heals; the miner may
    /// have heard of the first payment alone.
    fn pay_twice(&mut self) {
        if !self.is_cut {
            self.cut_or_heal();
        }
        self.pay(0, units(100));
        self.sim.run_for(Duration::from_secs(2));
        if !self.is_hidden && self.draw(2) == 0 {
            self.hide_or_show();
        }
        self.pay(1, units(30_000_000));
        self.cut_or_heal();
        self.compare();
        if self.is_hidden && self.draw(2) == 0 {
            self.hide_or_show();
        }
    }

    fn cut_or_heal(&mut self) {
        self.is_cut = !self.is_cut;
        self.link(self.nodes[0], self.nodes[1], self.is_cut);
    }

    /// The miner goes away with what it has heard so far, or comes back with the longest branch.
    fn hide_or_show(&mut self) {
        self.is_hidden = !self.is_hidden;
        if !self.is_hidden {
            let height = (0..2)
                .map(|side| self.node(side).chain().tip().height)
                .max();
            let height = |sim: &Sim| {
                let node = sim.node(self.miner).expect("it runs");
                node.chain().tip().height <= height.expect("two")
            };
            while height(&self.sim) {
                self.sim
                    .call(self.miner, Command::MineNow)
                    .expect("a block");
            }
        }
        self.link(self.nodes[0], self.miner, self.is_hidden);
    }

    fn link(&mut self, one: NodeIx, other: NodeIx, is_cut: bool) {
        let state = match is_cut {
            true => LinkState::Cut,
            false => LinkState::Open,
        };
        self.sim.set_link_state(one, other, state);
        // Long enough to find each other again.
        let wait = if is_cut { 1 } else { 30 };
        self.sim.run_for(Duration::from_secs(wait));
    }

    fn pay(&mut self, side: usize, fee: Amount) {
        let wallets = WALLETS[side];
        let (from, _) = wallets[usize::from(self.draw(4) == 0)];
        let to = [ALICE, ALICE, BOB, CAROL][self.draw(4)];
        let payment = Payment {
            from: from.to_owned(),
            to: self.sim.params().address(owner(to)).to_string(),
            amount: units([1, 10, 40][self.draw(3)] * 10_000_000),
            fee: Some(fee),
        };
        if let Ok(Reply::Sent { txid, .. }) =
            self.sim.call(self.nodes[side], Command::Send(payment))
        {
            self.sent[side].insert(txid);
            self.note_txs(side);
        }
    }

    fn note_txs(&mut self, side: usize) {
        let waiting = self.node(side).mempool().iter();
        let waiting: Vec<_> = waiting
            .map(|entry| (entry.txid, Arc::clone(&entry.tx)))
            .collect();
        self.txs.extend(waiting);
    }

    fn node(&self, side: usize) -> &Node<SimStore> {
        self.sim.node(self.nodes[side]).expect("it runs")
    }

    fn compare(&mut self) {
        let mut losers = BTreeSet::new();
        for side in 0..2 {
            self.note_txs(side);
        }
        for side in 0..2 {
            let of_node = self.compare_node(side).into_iter();
            losers.extend(of_node.map(|txid| (side, txid)));
        }
        let gone = self.losers.difference(&losers);
        self.seen.revived += gone.count();
        self.losers = losers;
    }

    /// Everything that the wallets of a node say. Returns the payments that lose to others.
    fn compare_node(&mut self, side: usize) -> BTreeSet<Txid> {
        let (ix, mut entries) = (self.nodes[side], BTreeMap::new());
        for (name, _) in WALLETS[side] {
            let waiting = history(&mut self.sim, ix, name).into_iter();
            let waiting = waiting.filter(|entry| entry.block.is_none());
            entries.extend(waiting.map(|entry| (entry.txid, entry)));
        }
        let infos = wallets(&mut self.sim, ix);
        let naive = Naive::new(self.node(side), &self.txs, &entries);
        for entry in entries.values() {
            let counts = naive.counting.contains(&entry.txid);
            let is_said = !entry.conflicted && entry.conflicts_with.is_none();
            assert_eq!(counts, is_said, "{entry:?}");
            let rival = entry.conflicts_with;
            let is_rival =
                |rival| naive.counting.contains(&rival) || naive.in_blocks.contains(&rival);
            assert!(rival.is_none_or(is_rival), "{entry:?}");
            let is_pooled = naive.pool.contains(&entry.txid);
            assert_eq!(entry.why.is_none(), is_pooled, "{entry:?}");
        }
        for txid in &self.sent[side] {
            let is_kept = entries.contains_key(txid) || naive.in_blocks.contains(txid);
            assert!(is_kept, "what was sent is kept");
        }
        for (name, who) in WALLETS[side] {
            let info = infos.iter().find(|info| info.name == *name);
            naive.compare(info.expect("a wallet"), owner(*who));
        }
        let losers = entries
            .values()
            .filter(|entry| entry.conflicts_with.is_some());
        let never = losers.clone().filter(|entry| entry.conflicted).count();
        let losers: BTreeSet<Txid> = losers.map(|entry| entry.txid).collect();
        let waiting = naive.counting.len();
        self.seen.never += never;
        self.seen.losers += losers.len() - never;
        self.seen.waiting += waiting;
        self.compare_spendable(side, &infos);
        losers
    }

    /// What can be spent can be sent, and spends nothing that is claimed.
    fn compare_spendable(&mut self, side: usize, infos: &[WalletInfo]) {
        for info in infos.iter().filter(|info| !info.spendable.is_zero()) {
            let payment = Payment {
                from: info.name.clone(),
                to: self.sim.params().address(owner(BOB)).to_string(),
                amount: info.spendable,
                fee: Some(Amount::ZERO),
            };
            let plan = self.sim.ask(self.nodes[side], Question::PlanSend(payment));
            let Ok(Reply::Plan(plan)) = plan else {
                panic!("{} has {}: {plan:?}", info.name, info.spendable);
            };
            let node = self.node(side);
            for input in plan.inputs {
                assert_eq!(node.mempool().spender(&input.outpoint), None);
                let in_block = node.chain().coin(&input.outpoint).expect("readable");
                let waits = node.mempool().coin(&input.outpoint);
                assert!(in_block.or(waits).is_some());
            }
        }
    }
}

/// A node's wallets, computed anew.
struct Naive<'a> {
    txs: &'a BTreeMap<Txid, Arc<Tx>>,
    coins: BTreeMap<OutPoint, Coin>,
    in_blocks: BTreeSet<Txid>,
    pool: BTreeSet<Txid>,
    counting: BTreeSet<Txid>,
    maturity: u32,
    height: u32,
}

impl<'a> Naive<'a> {
    fn new(
        node: &Node<SimStore>,
        txs: &'a BTreeMap<Txid, Arc<Tx>>,
        waiting: &BTreeMap<Txid, HistoryEntry>,
    ) -> Self {
        let (chain, mut coins) = (node.chain(), BTreeMap::new());
        let each = &mut |at, coin| {
            coins.insert(at, coin);
        };
        chain.store().each_coin(each).expect("readable");
        let mut in_blocks = BTreeSet::new();
        for height in 0..=chain.tip().height {
            let id = chain.tree().active_at(height).expect("below the tip");
            let body = chain.body(&chain.tree().entry(id).hash).expect("readable");
            in_blocks.extend(body.expect("it is kept").txids().iter().copied());
        }
        let pool: BTreeSet<Txid> = node.mempool().iter().map(|entry| entry.txid).collect();
        let mut naive = Self {
            txs,
            coins,
            in_blocks,
            counting: pool.clone(),
            pool,
            maturity: chain.params().maturity,
            height: chain.tip().height,
        };
        let mut left: Vec<&HistoryEntry> = waiting.values().collect();
        left.sort_by_key(|entry| (entry.at, entry.txid));
        left.retain(|entry| !naive.pool.contains(&entry.txid));
        // Who waits for longest first, each after those that it builds on.
        while !left.is_empty() {
            let is_next = |entry: &&HistoryEntry| {
                let made_by = naive.spends(&entry.txid).map(|at| at.txid);
                let mut parents =
                    made_by.filter(|txid| left.iter().any(|other| other.txid == *txid));
                parents.next().is_none()
            };
            let next = left.iter().position(is_next).expect("no circles");
            let txid = left.remove(next).txid;
            let is_free = |at: OutPoint| {
                let is_there = naive.coins.contains_key(&at) || naive.counting.contains(&at.txid);
                is_there && !naive.is_claimed(&at)
            };
            if naive.spends(&txid).all(is_free) {
                naive.counting.insert(txid);
            }
        }
        naive
    }

    fn spends(&self, txid: &Txid) -> impl Iterator<Item = OutPoint> + use<'a> {
        let inputs = &self.txs[txid].inputs;
        inputs.iter().map(|input| input.outpoint)
    }

    fn is_claimed(&self, at: &OutPoint) -> bool {
        let mut counting = self.counting.iter();
        counting.any(|txid| self.spends(txid).any(|spent| spent == *at))
    }

    /// What an output is worth, wherever it is.
    fn value(&self, at: &OutPoint) -> u64 {
        let coin = self.coins.get(at).map(|coin| coin.amount);
        let waiting = || {
            let tx = self.txs.get(&at.txid)?;
            Some(tx.outputs[usize::try_from(at.index).expect("small")].amount)
        };
        coin.or_else(waiting).expect("it is somewhere").units()
    }

    fn compare(&self, info: &WalletInfo, owner: KeyHash) {
        let own = self.coins.values().filter(|coin| coin.owner == owner);
        let is_mature =
            |coin: &&Coin| !coin.coinbase || coin.height + self.maturity <= self.height + 1;
        let confirmed: u64 = own.filter(is_mature).map(|coin| coin.amount.units()).sum();
        let (mut incoming, mut outgoing, mut count) = (0, 0, 0);
        for txid in &self.counting {
            let tx = &self.txs[txid];
            let outputs = tx.outputs.iter().filter(|out| out.owner == owner);
            let made: u64 = outputs.map(|out| out.amount.units()).sum();
            let inputs = tx.inputs.iter().filter(|input| input.key.hash() == owner);
            let spent: u64 = inputs.map(|input| self.value(&input.outpoint)).sum();
            incoming += made.saturating_sub(spent);
            outgoing += spent.saturating_sub(made);
            count += usize::from(made + spent > 0);
        }
        let expected = (units(confirmed), units(incoming), units(outgoing), count);
        let found = (
            info.confirmed,
            info.incoming,
            info.outgoing,
            info.unconfirmed,
        );
        assert_eq!(found, expected, "{}", info.name);
    }
}
