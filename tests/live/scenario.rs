//! The story that the tutorials tell, over real TCP: a central node, a wallet node and a miner;
//! and the same network without a centre, which any node may leave.

use crate::common::live::{
    Scene, addr, at_tip, balance, import, mine, pay, soon, tip, until, wallet_address, wallets,
    with_peers,
};
use crate::common::{ALICE, coins, owner, params};
use chainlab::chain::Params;
use chainlab::chain::params::Allocation;
use chainlab::live::NodeHandle;
use chainlab::node::config::MiningMode;
use chainlab::node::io::Reply;
use chainlab::node::message::Role;

/// A network whose only coins, 100, are central's.
fn network() -> Params {
    Params {
        maturity: 1,
        genesis: vec![Allocation {
            owner: owner(ALICE),
            amount: coins(100),
        }],
        ..params()
    }
}

async fn pays(node: &NodeHandle, from: &str, to: &str, amount: u64) {
    let paid = pay(node, from, to, coins(amount)).await;
    assert!(matches!(paid, Ok(Reply::Sent { .. })), "{paid:?}");
}

async fn height(node: &NodeHandle) -> u32 {
    tip(node).await.height
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorials_story_ends_with_nine_nine_one_one_and_ten() {
    let scene = Scene::new(network());

    // Central creates the chain, and owns what there is.
    let mut config = scene.config("central");
    config.wallets.clear();
    let central = scene.start(config).await;
    import(&central, "founder", ALICE).await;
    let founder = wallet_address(&central, "founder").await;
    assert_eq!(balance(&central, &founder).await, coins(100));

    // A node with four wallets joins.
    let names = ["alice", "bob", "carol", "dave"];
    let mut config = scene.config("wallet");
    config.role = Role::Wallet;
    config.connect = vec![addr(&central)];
    config.wallets = names.map(str::to_owned).to_vec();
    let wallet = scene.start(config).await;
    with_peers(&wallet, 1).await;
    let mut addresses = Vec::new();
    for name in names {
        addresses.push(wallet_address(&wallet, name).await);
    }
    let [alice, bob, carol, dave] = <[String; 4]>::try_from(addresses).expect("four");

    // Central pays two of them, and puts that into a block.
    pays(&central, "founder", &alice, 10).await;
    pays(&central, "founder", &bob, 10).await;
    let first = mine(&central).await;
    at_tip(&wallet, first).await;
    assert_eq!(balance(&wallet, &alice).await, coins(10));

    // A miner joins, which mines when two payments wait, and downloads the chain.
    let mut config = scene.config("miner");
    config.role = Role::Miner;
    config.connect = vec![addr(&central)];
    config.mining = MiningMode::OnTx(2);
    let miner = scene.start(config).await;
    at_tip(&miner, first).await;

    // One payment is not enough for it; the second is.
    pays(&wallet, "alice", &carol, 1).await;
    for node in [&central, &miner] {
        until(node, |now| now.mempool.count == 1).await;
    }
    pays(&wallet, "bob", &dave, 1).await;
    // On this network a block takes two hashes: for one payment it would have been found long ago.
    let second = until(&miner, |now| now.tip.height == 2).await;
    assert_eq!(second.recent[2].txs, Some(2));
    let second = second.tip;
    let nodes = [&central, &wallet, &miner];
    for node in nodes {
        at_tip(node, second).await;
    }
    // Everybody sees the same.
    let reward = wallets(&miner).await.remove(0).address;
    let accounts = [&alice, &bob, &carol, &dave, &reward, &founder];
    // The founder has what is left, and the reward of the first block.
    let expected = [9, 9, 1, 1, 10, 90].map(coins);
    for node in nodes {
        until(node, |now| now.mempool.count == 0 && now.tip == second).await;
        for (account, expected) in accounts.iter().zip(expected) {
            assert_eq!(balance(node, account).await, expected, "at {}", node.name());
        }
    }
    assert_eq!(height(&miner).await, 2, "with nothing to do it rests");
}

/// How a node leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    Stopped,
    Killed,
}

/// Five nodes, each of which knows one other, and of the rest hears from its peers. One leaves;
/// then the others pay, mine, and agree.
async fn without(leaving: usize, how: Leaves) {
    let scene = Scene::new(network());
    let mut nodes: Vec<NodeHandle> = Vec::new();
    for name in ["nora", "otto", "pia", "quinn", "rosa"] {
        let mut config = scene.config(name);
        config.connect.extend(nodes.last().map(addr));
        config.outbound = 4;
        nodes.push(scene.start(config).await);
    }
    for node in &nodes {
        with_peers(node, 4).await;
    }
    let gone = nodes.remove(leaving);
    match how {
        Leaves::Stopped => soon(gone.stop()).await,
        Leaves::Killed => soon(gone.kill()).await,
    };
    for node in &nodes {
        with_peers(node, 3).await;
    }
    let (payer, payee) = (&nodes[0], &nodes[3]);
    import(payer, "founder", ALICE).await;
    let to = wallet_address(payee, payee.name()).await;
    pays(payer, "founder", &to, 7).await;
    for node in &nodes {
        until(node, |now| now.mempool.count == 1).await;
    }
    let tip = mine(&nodes[1]).await;
    for node in &nodes {
        at_tip(node, tip).await;
        assert_eq!(balance(node, &to).await, coins(7), "{leaving} {how:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_centre_any_node_may_leave_and_the_rest_go_on() {
    for leaving in 0..5 {
        let how = [Leaves::Stopped, Leaves::Killed][leaving % 2];
        without(leaving, how).await;
    }
}
