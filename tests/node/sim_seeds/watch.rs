//! What must hold all along, and what must hold in the end.

use crate::common::sim::{agree, wallets};
use chainlab::chain::{Amount, Txid, Work};
use chainlab::node::io::{ConnId, EventKind, Reply};
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::{BlockId, ChainState, FLUSH_EVERY, NodeIx, Store, Time, check};
use chainlab::sim::{Answer, Sim};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

pub struct Watch {
    /// The only one who may be banned.
    liar: IpAddr,
    /// The most work that each node's chain ever had, and that it cannot lose.
    works: BTreeMap<NodeIx, Work>,
    /// What a power loss may take of that: work of the last second, with its times.
    young: BTreeMap<NodeIx, VecDeque<(Time, Work)>>,
    /// When nodes that are down ended: since then nothing was synced.
    ended: BTreeMap<NodeIx, Time>,
    /// Addresses of all wallets, by node and name.
    wallets: BTreeMap<(NodeIx, String), String>,
    /// Wallets that were asked for, and may have been made without an answer.
    asked: BTreeSet<(NodeIx, String)>,
    /// Payments that were acknowledged, with who made them.
    sent: BTreeMap<Txid, NodeIx>,
    /// Connections that are gone, the last of them.
    gone: VecDeque<(NodeIx, ConnId)>,
}

/// Connections that are remembered after their end.
const GONE_MAX: usize = 1_000;

/// How the reasons begin for which an honest peer is never left.
const NEVER: [&str; 3] = ["misbehaved", "bad frame", "handshake"];

impl Watch {
    pub fn new(liar: IpAddr) -> Self {
        Self {
            liar,
            works: BTreeMap::new(),
            young: BTreeMap::new(),
            ended: BTreeMap::new(),
            wallets: BTreeMap::new(),
            asked: BTreeSet::new(),
            sent: BTreeMap::new(),
            gone: VecDeque::new(),
        }
    }

    pub fn remember_keys(&mut self, ix: NodeIx, held: &[WalletInfo]) {
        for wallet in held {
            let key = (ix, wallet.name.clone());
            self.wallets.insert(key, wallet.address.clone());
        }
    }

    pub fn address(&self, ix: NodeIx, name: &str) -> &str {
        &self.wallets[&(ix, name.to_owned())]
    }

    /// A node was asked for a wallet.
    pub fn asked_for(&mut self, ix: NodeIx, name: &str) {
        self.asked.insert((ix, name.to_owned()));
    }

    pub fn answered(&mut self, ix: NodeIx, answer: Answer) {
        match answer {
            Ok(Reply::Sent { txid, .. }) => drop(self.sent.insert(txid, ix)),
            Ok(Reply::Wallet(wallet)) => self.remember_keys(ix, &[wallet]),
            // A payment may be refused, say for want of coins; then nothing was promised.
            _ => {}
        }
    }

    /// A node is down, of itself or not. What it left can be opened without repair, and is sound.
    /// Returns the work of its chain.
    fn left(&self, sim: &Sim, ix: NodeIx) -> Option<Work> {
        let store = sim.store(ix).expect("it is down");
        // One that never got as far as a first commit.
        store.tip().expect("readable")?;
        let report = check::check(store, sim.params()).expect("readable");
        assert!(report.is_sound(), "{ix:?}: {:?}", report.problems);
        let chain = ChainState::open(store.clone(), Arc::clone(sim.params()), Arc::default());
        let chain = chain.expect("no repair is needed");
        let tip = chain.tree().entry(chain.tree().tip());
        assert_eq!(supply(chain.store()), minted(&chain), "{ix:?}");
        self.promises_are_kept(ix, &chain);
        Some(tip.work)
    }

    /// Each key whose address it has told is there, and each payment that it has told of: as one that
    /// waits, or in a block.
    fn promises_are_kept(&self, ix: NodeIx, chain: &ChainState<impl Store>) {
        let has_row = |row: String| chain.store().meta(&row).expect("readable").is_some();
        let wallets = self.wallets.keys().filter(|(of, _)| *of == ix);
        for (_, name) in wallets {
            assert!(has_row(format!("wallet/key/{name}")), "{ix:?} lost {name}");
        }
        let sent = self.sent.iter().filter(|(_, by)| **by == ix);
        let mut waits = sent.filter(|(txid, _)| !has_row(format!("wallet/sent/{txid}")));
        // Nearly all are in blocks: which ones those are is looked up only if any is not waiting.
        let Some(first) = waits.next() else {
            return;
        };
        let confirmed = confirmed(chain);
        for (txid, _) in std::iter::once(first).chain(waits) {
            assert!(confirmed.contains(txid), "{ix:?} lost {txid}");
        }
    }

    /// A node was killed, or ended of itself.
    pub fn ended(&mut self, ix: NodeIx, now: Time) {
        self.ended.entry(ix).or_insert(now);
    }

    /// A node on a disk was killed: it has all that it had said it had.
    pub fn killed(&mut self, sim: &Sim, ix: NodeIx) {
        self.ended(ix, sim.now());
        let had = self.works.get(&ix).copied().unwrap_or(Work::ZERO);
        let left = self.left(sim, ix).unwrap_or(Work::ZERO);
        assert!(left >= had, "{ix:?} lost blocks: {left} of {had}");
    }

    pub fn restarted(&mut self, ix: NodeIx) {
        self.ended.remove(&ix);
        // Opening makes all that there is safe.
        self.young.remove(&ix);
    }

    /// A node's disk failed it: it has said so in words, and has all that it had.
    pub fn halted(&mut self, sim: &Sim, ix: NodeIx) {
        let words = sim.halted(ix).expect("it has halted").to_string();
        let start = format!("the node has stopped: the disk of node{}: ", ix.0);
        assert!(words.starts_with(&start), "{words}");
        assert!(words.contains("os error"), "{words}");
        self.killed(sim, ix);
    }

    /// A node's power was cut. `is_prompt`: its disk takes no time, so what it had a second before it
    /// ended is there.
    pub fn power_cut(&mut self, sim: &Sim, ix: NodeIx, is_prompt: bool) {
        self.ended(ix, sim.now());
        let young = self.young.remove(&ix).unwrap_or_default();
        let is_synced = |(at, _): &&(Time, Work)| *at + FLUSH_EVERY < self.ended[&ix];
        let synced = young.iter().rev().find(is_synced).map(|(_, work)| *work);
        let left = self.left(sim, ix);
        if is_prompt && let Some(synced) = synced {
            assert!(
                left.is_some_and(|left| left >= synced),
                "{ix:?}: {left:?} of {synced}"
            );
        }
        self.works.insert(ix, left.unwrap_or(Work::ZERO));
    }

    /// Looks at what just happened; returns whether a tip moved.
    pub fn look(&mut self, sim: &mut Sim) -> bool {
        let mut moved = BTreeMap::new();
        for (ix, event) in sim.take_events() {
            match event.kind {
                EventKind::Banned { ip, why } => assert_eq!(ip, self.liar, "{ix:?}: {why}"),
                EventKind::PeerDown { peer, addr, why } => {
                    let is_blamed = NEVER.iter().any(|word| why.starts_with(word));
                    let is_honest = addr.ip() != self.liar;
                    assert!(!is_blamed || !is_honest, "{ix:?} of {addr}: {why}");
                    self.went(sim, ix, peer.conn);
                }
                EventKind::TipChanged { tip: new, .. } | EventKind::Reorganised { new, .. } => {
                    moved.insert(ix, new);
                }
                _ => {}
            }
        }
        for (ix, tip) in &moved {
            if let Some(node) = sim.node(*ix) {
                self.tip_moved(*ix, node.chain(), *tip, sim.now());
            }
        }
        !moved.is_empty()
    }

    /// A connection is gone, and nothing is left of it.
    fn went(&mut self, sim: &Sim, ix: NodeIx, conn: ConnId) {
        if let Some(node) = sim.machine(ix) {
            assert!(node.knows_nothing_of(conn), "{ix:?} of {conn:?}");
        }
        if self.gone.len() == GONE_MAX {
            self.gone.pop_front();
        }
        self.gone.push_back((ix, conn));
    }

    /// A node says that its chain ends here. It may go on already, on a slow disk, and not have said
    /// so yet.
    fn tip_moved(&mut self, ix: NodeIx, chain: &ChainState<impl Store>, tip: BlockId, now: Time) {
        let is_last = tip == chain.tip();
        let tip = chain.tree().find(&tip.hash).expect("it was the tip");
        let tip = chain.tree().entry(tip);
        assert!(!tip.failed, "{ix:?} stands on an invalid block");
        let most = self.works.entry(ix).or_insert(Work::ZERO);
        assert!(
            tip.work >= *most,
            "{ix:?} went back from {most} to {}",
            tip.work
        );
        *most = tip.work;
        let young = self.young.entry(ix).or_default();
        // The last one before the second is what cannot be lost.
        while young.get(1).is_some_and(|(at, _)| *at + FLUSH_EVERY < now) {
            young.pop_front();
        }
        young.push_back((now, tip.work));
        if is_last {
            assert_eq!(supply(chain.store()), minted(chain), "{ix:?}");
        }
    }

    pub fn unconfirmed(&self, sim: &Sim, ix: NodeIx) -> Vec<Txid> {
        let confirmed = confirmed(sim.node(ix).expect("it runs").chain());
        let is_missing = |txid: &&Txid| !confirmed.contains(*txid);
        self.sent.keys().filter(is_missing).copied().collect()
    }

    pub fn is_all_confirmed(&self, sim: &Sim, ix: NodeIx) -> bool {
        self.unconfirmed(sim, ix).is_empty()
    }

    /// When all is over: one tip, coins = replay, nothing lost.
    pub fn all_is_well(&self, sim: &mut Sim, nodes: &[NodeIx], replay_all: bool) {
        assert!(agree(sim, nodes));
        for (ix, conn) in &self.gone {
            let node = sim.machine(*ix).expect("it runs");
            assert!(node.knows_nothing_of(*conn), "{ix:?} of {conn:?}");
        }
        for (number, ix) in nodes.iter().enumerate() {
            let chain = sim.node(*ix).expect("it runs").chain();
            // One chain has one set of coins: who has the same as one that was replayed is right.
            if number == 0 || replay_all {
                let report = check::check(chain.store(), chain.params()).expect("readable");
                assert!(report.is_sound(), "{ix:?}: {:?}", report.problems);
            }
            let first = sim.node(nodes[0]).expect("it runs").chain();
            assert_eq!(coins(chain.store()), coins(first.store()), "{ix:?}");
            assert_eq!(self.unconfirmed(sim, *ix), [], "{ix:?}");
            self.keys_are_there(sim, *ix);
        }
    }

    fn keys_are_there(&self, sim: &mut Sim, ix: NodeIx) {
        let held = wallets(sim, ix).into_iter().map(|w| (w.name, w.address));
        let held: BTreeMap<_, _> = held.collect();
        let known = self.wallets.iter().filter(|((of, _), _)| *of == ix);
        for ((_, name), address) in known {
            assert_eq!(held.get(name), Some(address), "{name} of {ix:?}");
        }
        for name in held.into_keys() {
            let wallet = (ix, name);
            let is_known = self.wallets.contains_key(&wallet) || self.asked.contains(&wallet);
            assert!(is_known, "{wallet:?}");
        }
    }
}

/// All transactions on a chain.
fn confirmed(chain: &ChainState<impl Store>) -> BTreeSet<Txid> {
    let blocks = (0..=chain.tip().height).map(|height| {
        let id = chain.tree().active_at(height).expect("up to the tip");
        let hash = chain.tree().entry(id).hash;
        chain.body(&hash).expect("readable").expect("on the chain")
    });
    blocks.flat_map(|block| block.txids().to_vec()).collect()
}

fn coins(store: &impl Store) -> Vec<String> {
    let mut coins = Vec::new();
    let mut add = |at, coin| coins.push(format!("{at:?} {coin:?}"));
    store.each_coin(&mut add).expect("readable");
    coins
}

fn supply(store: &impl Store) -> Amount {
    let mut amounts = Vec::new();
    store
        .each_coin(&mut |_, coin| amounts.push(coin.amount))
        .expect("readable");
    Amount::checked_sum(amounts).expect("what exists is an amount")
}

/// What should exist: honest miners take all that they may.
fn minted(chain: &ChainState<impl Store>) -> Amount {
    let params = chain.params();
    let subsidies = (1..=chain.tip().height).map(|height| params.subsidy_at(height));
    let allocated = params.genesis.iter().map(|given| given.amount);
    Amount::checked_sum(allocated.chain(subsidies)).expect("validated")
}
