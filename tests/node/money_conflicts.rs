//! Of payments that claim one coin one counts at most: in balances, in what can be spent, in the
//! history, and of what builds on the others nothing does. The losers are kept.

use crate::common::sim::{history, import, latency, pay, until, wallets};
use crate::common::{ALICE, BOB, coins, owner};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params, Txid};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Reply};
use chainlab::node::snapshot::{HistoryEntry, WalletInfo};
use chainlab::sim::{self, Sim};
use std::time::Duration;

/// Until peers are connected again and have heard of what waits.
const SOON: Duration = Duration::from_secs(90);

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn wallet(sim: &mut Sim, node: NodeIx, name: &str) -> WalletInfo {
    let all = wallets(sim, node).into_iter();
    all.into_iter()
        .find(|wallet| wallet.name == name)
        .expect("a wallet")
}

/// Confirmed, incoming, outgoing, spendable, and how many wait.
fn shows(sim: &mut Sim, node: NodeIx, name: &str) -> String {
    let WalletInfo {
        confirmed,
        incoming,
        outgoing,
        spendable,
        unconfirmed,
        ..
    } = wallet(sim, node, name);
    format!("{confirmed} +{incoming} -{outgoing} ={spendable} {unconfirmed}")
}

fn sends(sim: &mut Sim, node: NodeIx, from: &str, to: &str, what: &str, fee: &str) -> Txid {
    match pay(sim, node, from, to, amount(what), amount(fee)) {
        Ok(Reply::Sent { txid, .. }) => txid,
        other => panic!("{other:?}"),
    }
}

fn waits(sim: &Sim, node: NodeIx, txid: &Txid) -> bool {
    sim.node(node).expect("it runs").mempool().contains(txid)
}

fn entry_of<'a>(history: &'a [HistoryEntry], txid: &Txid) -> &'a HistoryEntry {
    let mut entries = history.iter();
    entries
        .find(|entry| entry.txid == *txid)
        .expect("it is kept")
}

/// Alice's key is on two nodes, a and b; c is a peer of a. She has one coin of 10, and pays on both
/// sides of a cut: Bob, and from the change Bob again; and Carol, for a higher fee.
struct Scene {
    sim: Sim,
    a: NodeIx,
    b: NodeIx,
    c: NodeIx,
    /// To Bob, at a; c has heard of both.
    first: Txid,
    above: Txid,
    /// To Carol, at b.
    second: Txid,
}

impl Scene {
    fn new() -> Self {
        let coin = Allocation {
            owner: owner(ALICE),
            amount: coins(10),
        };
        let params = Params {
            genesis: vec![coin],
            ..sim::params()
        };
        let mut sim = Sim::new(1, params);
        sim.set_default_link(latency(50));
        let mut nodes: Vec<NodeIx> = Vec::new();
        for name in ["a", "b", "c"] {
            let mut config = sim.config(name);
            config.outbound = 0;
            let a = nodes.first().map(|a| sim.address(a.0));
            config.connect = a.into_iter().collect();
            nodes.push(sim.add_node(config).expect("sound parameters"));
        }
        let [a, b, c] = nodes[..] else { unreachable!() };
        for node in [a, b] {
            import(&mut sim, node, "alice", ALICE);
        }
        import(&mut sim, a, "bob", BOB);
        let name = "carol".to_owned();
        sim.call(b, Command::CreateWallet { name }).expect("a name");
        sim.run_for(Duration::from_secs(20));
        sim.set_link_state(a, b, LinkState::Cut);
        let first = sends(&mut sim, a, "alice", "bob", "6", "0.1");
        let above = sends(&mut sim, a, "alice", "bob", "1", "0.1");
        let second = sends(&mut sim, b, "alice", "carol", "9", "0.5");
        until(&mut sim, SOON, "c has heard", |sim| waits(sim, c, &above));
        sim.set_link_state(a, c, LinkState::Cut);
        Self {
            sim,
            a,
            b,
            c,
            first,
            above,
            second,
        }
    }

    fn heals(&mut self) {
        let (a, second) = (self.a, self.second);
        self.sim.set_link_state(a, self.b, LinkState::Open);
        until(&mut self.sim, SOON, "it is replaced", |sim| {
            waits(sim, a, &second)
        });
    }
}

#[test]
fn a_payment_that_was_replaced_counts_nowhere_and_says_what_it_conflicts_with() {
    let mut scene = Scene::new();
    let (a, second) = (scene.a, scene.second);
    assert_eq!(shows(&mut scene.sim, a, "alice"), "10 +0 -7.2 =2.8 2");
    assert_eq!(shows(&mut scene.sim, a, "bob"), "0 +7 -0 =0 2");
    scene.heals();
    // The second time after a crash.
    for _ in 0..2 {
        let sim = &mut scene.sim;
        assert_eq!(shows(sim, a, "alice"), "10 +0 -9.5 =0 1");
        assert_eq!(shows(sim, a, "bob"), "0 +0 -0 =0 0");
        for name in ["alice", "bob"] {
            let history = history(sim, a, name);
            for loser in [scene.first, scene.above] {
                let entry = entry_of(&history, &loser);
                assert_eq!(entry.conflicts_with, Some(second));
                assert!(!entry.conflicted, "it can still win");
                let why = format!("conflicts with {}", second.short());
                assert_eq!(entry.why, Some(why));
            }
        }
        let winner = history(sim, a, "alice");
        let winner = entry_of(&winner, &second);
        assert_eq!((winner.conflicts_with, &winner.why), (None, &None));
        let refused = pay(sim, a, "alice", "bob", coins(1), Amount::ZERO);
        refused.expect_err("all is claimed");
        // What is unwritten is written, and what waits is offered again.
        sim.run_for(SOON);
        sim.crash(a);
        sim.restart(a).expect("a sound store");
        sim.run_for(SOON);
        assert!(waits(sim, a, &second));
    }
}

#[test]
fn a_payment_that_lost_counts_again_if_it_wins_after_all() {
    let mut scene = Scene::new();
    scene.heals();
    let Scene {
        mut sim,
        a,
        b,
        c,
        first,
        above,
        second,
    } = scene;
    // c has never heard of the second one.
    sim.call(c, Command::MineNow).expect("a block");
    sim.set_link_state(a, c, LinkState::Open);
    until(&mut sim, SOON, "the block is everywhere", |sim| {
        [a, b].into_iter().all(|ix| {
            let node = sim.node(ix).expect("it runs");
            node.chain().tip().height == 1
        })
    });
    assert_eq!(shows(&mut sim, a, "alice"), "2.8 +0 -0 =2.8 0");
    assert_eq!(shows(&mut sim, a, "bob"), "7 +0 -0 =7 0");
    let won = history(&mut sim, a, "alice");
    for txid in [first, above] {
        let entry = entry_of(&won, &txid);
        assert_eq!((entry.block.is_some(), entry.conflicts_with), (true, None));
    }
    // Where it was sent, the other one can never be in a block, and says why.
    assert_eq!(shows(&mut sim, b, "alice"), "2.8 +0 -0 =2.8 0");
    assert_eq!(shows(&mut sim, b, "carol"), "0 +0 -0 =0 0");
    let lost = history(&mut sim, b, "carol");
    let entry = entry_of(&lost, &second);
    assert!(entry.conflicted);
    assert_eq!(entry.conflicts_with, Some(first));
}

#[test]
fn a_payment_that_the_winner_leaves_alone_again_counts_without_a_block() {
    let mut scene = Scene::new();
    scene.heals();
    let Scene {
        mut sim, a, first, ..
    } = scene;
    // The winner is forgotten by all but its sender, who is gone.
    sim.crash(scene.b);
    sim.run_for(Duration::from_secs(73 * 3_600));
    assert!(!waits(&sim, a, &scene.second), "it has expired");
    assert!(waits(&sim, a, &first));
    assert_eq!(shows(&mut sim, a, "alice"), "10 +0 -7.2 =2.8 2");
    assert_eq!(shows(&mut sim, a, "bob"), "0 +7 -0 =0 2");
}
