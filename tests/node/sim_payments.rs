//! Payments that a part of the network has lost, or could not take when it heard of them: everybody
//! hears of them again.

use crate::common::sim::{agree, import, latency, pay, until, wallet_address};
use crate::common::{ALICE, coins, owner};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params, Txid};
use chainlab::link::LinkState;
use chainlab::node::io::{Command, EventKind, Reply};
use chainlab::node::{Config, NodeIx, SyncMethod};
use chainlab::sim::{self, Sim};
use std::time::Duration;

/// Longer than it takes until a peer is dialled again and has all that there is.
const SOON: Duration = Duration::from_secs(20);

/// Longer than it takes until what waits is announced again, by every node on the way.
const LATER: Duration = Duration::from_secs(300);

/// Alice owns two coins, so that two payments of hers need not wait for each other.
fn network() -> Params {
    let coin = Allocation {
        owner: owner(ALICE),
        amount: coins(100),
    };
    Params {
        genesis: vec![coin, coin],
        ..sim::params()
    }
}

/// Nodes in a line, the first of which has Alice's wallet.
fn line(names: &[&str], change: impl Fn(&mut Config)) -> (Sim, Vec<NodeIx>) {
    let mut sim = Sim::new(1, network());
    sim.set_default_link(latency(50));
    let mut nodes: Vec<NodeIx> = Vec::new();
    for name in names {
        let mut config = sim.config(name);
        config.outbound = 0;
        config.connect = nodes
            .last()
            .map(|ix| sim.address(ix.0))
            .into_iter()
            .collect();
        change(&mut config);
        nodes.push(sim.add_node(config).expect("sound parameters"));
    }
    import(&mut sim, nodes[0], "alice", ALICE);
    sim.run_for(SOON);
    (sim, nodes)
}

fn pays(sim: &mut Sim, node: NodeIx, amount: u64, fee: u64) -> Txid {
    let own = wallet_address(sim, node, "alice");
    match pay(sim, node, "alice", &own, coins(amount), coins(fee)) {
        Ok(Reply::Sent { txid, .. }) => txid,
        other => panic!("{other:?}"),
    }
}

fn mines(sim: &mut Sim, node: NodeIx) {
    sim.call(node, Command::MineNow).expect("it mines");
}

fn waits(sim: &Sim, node: NodeIx, txid: &Txid) -> bool {
    sim.node(node).expect("it runs").mempool().contains(txid)
}

#[test]
fn what_a_reorganisation_brings_back_reaches_those_who_never_heard_of_it() {
    let (mut sim, nodes) = line(&["alice", "bob", "carol"], |_| ());
    let [alice, bob, carol] = nodes[..] else {
        unreachable!()
    };
    sim.set_link_state(bob, carol, LinkState::Cut);
    let txid = pays(&mut sim, alice, 1, 0);
    sim.run_for(SOON);
    mines(&mut sim, alice);
    (0..3).for_each(|_| mines(&mut sim, carol));
    sim.run_for(SOON);
    assert!(!waits(&sim, alice, &txid), "it is in a block");
    sim.set_link_state(bob, carol, LinkState::Open);
    until(&mut sim, SOON, "it waits everywhere", |sim| {
        agree(sim, &nodes) && nodes.iter().all(|ix| waits(sim, *ix, &txid))
    });
}

#[test]
fn a_node_that_asks_for_blocks_first_hears_of_payments_once_it_is_level() {
    for blocks in [1, 2, 30] {
        let (mut sim, nodes) = line(&["alice", "bob"], |config| {
            config.sync = SyncMethod::BlocksFirst;
        });
        let [alice, bob] = nodes[..] else {
            unreachable!()
        };
        sim.crash(bob);
        (0..blocks).for_each(|_| mines(&mut sim, alice));
        sim.restart(bob).expect("a sound store");
        sim.run_for(SOON);
        assert!(agree(&sim, &nodes));
        let txid = pays(&mut sim, alice, 1, 0);
        until(&mut sim, SOON, "bob has it", |sim| waits(sim, bob, &txid));
    }
}

#[test]
fn what_builds_on_a_block_that_is_missing_is_taken_as_soon_as_the_block_is_there() {
    let (mut sim, nodes) = line(&["alice", "bob", "dave"], |_| ());
    let [alice, bob, dave] = nodes[..] else {
        unreachable!()
    };
    // Bob has another block than the two others, with as much work.
    let address = sim.address(dave.0);
    sim.call(alice, Command::AddPeer(address)).expect("a peer");
    sim.run_for(SOON);
    for other in [alice, dave] {
        sim.set_link_state(bob, other, LinkState::Cut);
    }
    pays(&mut sim, alice, 150, 0);
    mines(&mut sim, alice);
    mines(&mut sim, bob);
    sim.run_for(SOON);
    assert!(agree(&sim, &[alice, dave]) && !agree(&sim, &[alice, bob]));
    // All that Alice has comes out of that block now, and so does her next payment.
    sim.set_link_state(alice, dave, LinkState::Cut);
    sim.set_link_state(alice, bob, LinkState::Open);
    sim.run_for(SOON);
    let child = pays(&mut sim, alice, 10, 0);
    sim.run_for(Duration::from_secs(1));
    let snapshot = sim.node(bob).expect("it runs").snapshot(sim.now());
    assert_eq!(
        (snapshot.mempool.orphans, waits(&sim, bob, &child)),
        (1, false)
    );
    // Dave, who has not heard of it, breaks the tie.
    mines(&mut sim, dave);
    sim.record_events();
    sim.set_link_state(bob, dave, LinkState::Open);
    until(&mut sim, SOON, "one chain", |sim| agree(sim, &nodes));
    let of_bob = sim.take_events().into_iter().filter(|(ix, _)| *ix == bob);
    let (mut moved, mut taken) = (None, None);
    for (_, event) in of_bob {
        match event.kind {
            EventKind::TipChanged { .. } => moved = Some(event.at),
            EventKind::TxAccepted { txid, .. } if txid == child => taken = Some(event.at),
            _ => {}
        }
    }
    assert!(moved.is_some());
    assert_eq!(taken, moved, "with the block");
}

#[test]
fn what_a_neighbour_had_no_room_for_is_announced_to_it_again() {
    let (mut sim, nodes) = line(&["alice", "bob", "carol"], |config| {
        if config.name == "carol" {
            config.mempool.bytes_max = 400;
        }
    });
    let [alice, bob, carol] = nodes[..] else {
        unreachable!()
    };
    let cheap = pays(&mut sim, alice, 1, 0);
    sim.run_for(Duration::from_secs(5));
    assert!(waits(&sim, carol, &cheap));
    let dear = pays(&mut sim, alice, 1, 2);
    sim.run_for(Duration::from_secs(5));
    assert!(waits(&sim, carol, &dear) && !waits(&sim, carol, &cheap));
    mines(&mut sim, carol);
    sim.run_for(Duration::from_secs(5));
    assert!(agree(&sim, &nodes) && waits(&sim, bob, &cheap));
    until(&mut sim, LATER, "carol hears of it again", |sim| {
        waits(sim, carol, &cheap)
    });
    assert_eq!(
        Amount::ZERO,
        sim.node(carol)
            .expect("it runs")
            .mempool()
            .get(&cheap)
            .expect("it waits")
            .fee
    );
}
