//! The story that the tutorials tell, in virtual time: a central node, a wallet node and a miner.

use crate::common::sim::{
    agree, balance, import, latency, pay, tip, until, wallet_address, wallets,
};
use crate::common::{ALICE, coins, owner};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Reply};
use chainlab::node::message::Role;
use chainlab::sim::{self, Sim};
use std::time::Duration;

/// Longer than anything between nodes 80 ms apart takes, other than a block.
const SOON: Duration = Duration::from_secs(5);

/// Two nodes that mine for two waiting transactions find a block in 5 s on average.
const A_BLOCK_LATER: Duration = Duration::from_secs(120);

fn network() -> Params {
    Params {
        maturity: 1,
        genesis: vec![Allocation {
            owner: owner(ALICE),
            amount: coins(100),
        }],
        ..sim::params()
    }
}

fn pays(sim: &mut Sim, node: NodeIx, from: &str, to: &str, amount: u64) {
    let paid = pay(sim, node, from, to, coins(amount), Amount::ZERO);
    assert!(matches!(paid, Ok(Reply::Sent { .. })), "{paid:?}");
}

fn waiting(sim: &Sim, node: NodeIx) -> usize {
    let node = sim.node(node).expect("it runs");
    node.snapshot(sim.now()).mempool.count
}

fn height(sim: &Sim, node: NodeIx) -> u32 {
    sim.node(node).expect("it runs").chain().tip().height
}

/// The story; returns the hash of all that happened.
fn story(seed: u64, encoded: bool) -> [u8; 32] {
    let mut sim = Sim::new(seed, network());
    sim.encode_messages(encoded);
    sim.set_default_link(latency(80));

    // Central creates the chain, and owns what there is.
    let central = sim
        .add_node(sim.config("central"))
        .expect("sound parameters");
    import(&mut sim, central, "founder", ALICE);
    let founder = wallet_address(&mut sim, central, "founder");
    assert_eq!(balance(&mut sim, central, &founder), coins(100));

    // A node with four wallets joins.
    let mut config = sim.config("wallet");
    config.role = Role::Wallet;
    config.connect = vec![sim.address(central.0)];
    config.wallets = ["alice", "bob", "carol", "dave"]
        .map(str::to_owned)
        .to_vec();
    let wallet = sim.add_node(config).expect("sound parameters");
    let names = ["alice", "bob", "carol", "dave"];
    let [alice, bob, carol, dave] = names.map(|name| wallet_address(&mut sim, wallet, name));

    // Central pays two of them, and puts that into a block.
    pays(&mut sim, central, "founder", &alice, 10);
    pays(&mut sim, central, "founder", &bob, 10);
    let mined = sim.call(central, Command::MineNow);
    assert!(matches!(mined, Ok(Reply::Mined { .. })), "{mined:?}");
    until(&mut sim, SOON, "the wallet node has the block", |sim| {
        height(sim, wallet) == 1
    });
    assert_eq!(balance(&mut sim, wallet, &alice), coins(10));

    // A miner joins, which mines when two payments wait, and downloads the chain.
    let mut config = sim.config("miner");
    config.role = Role::Miner;
    config.connect = vec![sim.address(central.0)];
    config.mining = MiningMode::OnTx(2);
    let miner = sim.add_node(config).expect("sound parameters");
    until(&mut sim, SOON, "the miner has the block", |sim| {
        height(sim, miner) == 1
    });

    // One payment is not enough for it; the second is.
    pays(&mut sim, wallet, "alice", &carol, 1);
    until(&mut sim, SOON, "the payment is everywhere", |sim| {
        [central, miner].iter().all(|node| waiting(sim, *node) == 1)
    });
    sim.run_for(A_BLOCK_LATER);
    assert_eq!(height(&sim, miner), 1);
    pays(&mut sim, wallet, "bob", &dave, 1);
    let nodes = [central, wallet, miner];
    until(&mut sim, A_BLOCK_LATER, "a block everywhere", |sim| {
        height(sim, miner) == 2 && agree(sim, &nodes)
    });
    sim.run_for(A_BLOCK_LATER);
    assert_eq!(height(&sim, miner), 2, "with nothing to do it rests");

    // Everybody sees the same.
    let reward = wallets(&mut sim, miner).remove(0).address;
    for node in nodes {
        assert_eq!(tip(&sim, node), tip(&sim, central));
        assert_eq!(waiting(&sim, node), 0);
        let accounts = [&alice, &bob, &carol, &dave, &reward, &founder];
        let balances = accounts.map(|account| balance(&mut sim, node, account));
        // The founder has what is left, and the reward of the first block.
        assert_eq!(balances, [9, 9, 1, 1, 10, 90].map(coins));
    }
    sim.log_hash()
}

#[test]
fn the_tutorials_story_ends_with_nine_nine_one_one_and_ten() {
    story(1, false);
}

#[test]
fn it_ends_so_with_messages_as_bytes_and_with_every_seed() {
    for seed in 2..10 {
        story(seed, true);
    }
}

#[test]
fn it_happens_again_in_every_detail_and_bytes_make_no_difference() {
    let first = story(1, false);
    assert_eq!(story(1, false), first);
    assert_eq!(story(1, true), first);
    assert_ne!(story(2, false), first);
}
