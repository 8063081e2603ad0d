//! What must hold all along, and what must hold in the end.

use crate::common::sim::{agree, wallets};
use chainlab::chain::{Amount, Txid, Work};
use chainlab::node::check;
use chainlab::node::io::{ConnId, EventKind, Reply};
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::{ChainState, MemStore, Store};
use chainlab::sim::{Answer, NodeIx, Sim};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

pub struct Watch {
    /// The only one who may be banned.
    liar: IpAddr,
    /// The most work that each node's chain ever had.
    works: BTreeMap<NodeIx, Work>,
    /// Addresses of all wallets, by node and name.
    wallets: BTreeMap<(NodeIx, String), String>,
    /// Payments that were acknowledged.
    sent: BTreeSet<Txid>,
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
            wallets: BTreeMap::new(),
            sent: BTreeSet::new(),
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

    pub fn answered(&mut self, answer: Answer) {
        // A payment may be refused, say for want of coins; then nothing was promised.
        if let Ok(Reply::Sent { txid, .. }) = answer {
            self.sent.insert(txid);
        }
    }

    /// Looks at what just happened; returns whether a tip moved.
    pub fn look(&mut self, sim: &mut Sim) -> bool {
        let mut moved = BTreeSet::new();
        for (ix, event) in sim.take_events() {
            match event.kind {
                EventKind::Banned { ip, why } => assert_eq!(ip, self.liar, "{ix:?}: {why}"),
                EventKind::PeerDown { peer, addr, why } => {
                    let is_blamed = NEVER.iter().any(|word| why.starts_with(word));
                    let is_honest = addr.ip() != self.liar;
                    assert!(!is_blamed || !is_honest, "{ix:?} of {addr}: {why}");
                    self.went(sim, ix, peer.conn);
                }
                EventKind::TipChanged { .. } | EventKind::Reorganised { .. } => {
                    moved.insert(ix);
                }
                _ => {}
            }
        }
        for ix in &moved {
            if let Some(node) = sim.node(*ix) {
                self.tip_moved(*ix, node.chain());
            }
        }
        !moved.is_empty()
    }

    /// A connection is gone, and nothing is left of it.
    fn went(&mut self, sim: &Sim, ix: NodeIx, conn: ConnId) {
        if let Some(node) = sim.node(ix) {
            assert!(node.knows_nothing_of(conn), "{ix:?} of {conn:?}");
        }
        if self.gone.len() == GONE_MAX {
            self.gone.pop_front();
        }
        self.gone.push_back((ix, conn));
    }

    fn tip_moved(&mut self, ix: NodeIx, chain: &ChainState<MemStore>) {
        let tip = chain.tree().entry(chain.tree().tip());
        assert!(!tip.failed, "{ix:?} stands on an invalid block");
        let most = self.works.entry(ix).or_insert(Work::ZERO);
        assert!(
            tip.work >= *most,
            "{ix:?} went back from {most} to {}",
            tip.work
        );
        *most = tip.work;
        assert_eq!(supply(chain.store()), minted(chain), "{ix:?}");
    }

    fn confirmed(sim: &Sim, ix: NodeIx) -> BTreeSet<Txid> {
        let chain = sim.node(ix).expect("it runs").chain();
        let blocks = (0..=chain.tip().height).map(|height| {
            let id = chain.tree().active_at(height).expect("up to the tip");
            let hash = chain.tree().entry(id).hash;
            chain.body(&hash).expect("readable").expect("on the chain")
        });
        blocks.flat_map(|block| block.txids().to_vec()).collect()
    }

    pub fn unconfirmed(&self, sim: &Sim, ix: NodeIx) -> Vec<Txid> {
        let confirmed = Self::confirmed(sim, ix);
        self.sent.difference(&confirmed).copied().collect()
    }

    pub fn is_all_confirmed(&self, sim: &Sim, ix: NodeIx) -> bool {
        self.unconfirmed(sim, ix).is_empty()
    }

    /// When all is over: one tip, coins = replay, nothing lost.
    pub fn all_is_well(&self, sim: &mut Sim, nodes: &[NodeIx], replay_all: bool) {
        assert!(agree(sim, nodes));
        for (ix, conn) in &self.gone {
            let node = sim.node(*ix).expect("it runs");
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
        let known = self.wallets.iter().filter(|((of, _), _)| *of == ix);
        let known = known.map(|((_, name), address)| (name.clone(), address.clone()));
        assert_eq!(
            held.collect::<BTreeMap<_, _>>(),
            known.collect::<BTreeMap<_, _>>(),
            "{ix:?}"
        );
    }
}

fn coins(store: &MemStore) -> Vec<String> {
    let mut coins = Vec::new();
    let mut add = |at, coin| coins.push(format!("{at:?} {coin:?}"));
    store.each_coin(&mut add).expect("readable");
    coins
}

fn supply(store: &MemStore) -> Amount {
    let mut amounts = Vec::new();
    store
        .each_coin(&mut |_, coin| amounts.push(coin.amount))
        .expect("readable");
    Amount::checked_sum(amounts).expect("what exists is an amount")
}

/// What should exist: honest miners take all that they may.
fn minted(chain: &ChainState<MemStore>) -> Amount {
    let params = chain.params();
    let subsidies = (1..=chain.tip().height).map(|height| params.subsidy_at(height));
    let allocated = params.genesis.iter().map(|given| given.amount);
    Amount::checked_sum(allocated.chain(subsidies)).expect("validated")
}
