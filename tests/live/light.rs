//! A light node as it runs, beside full ones: sockets, a disk, and a process that ends at any moment.

use crate::common::live::{Scene, at_tip, import, mine, pay, until, wallets, with_peers};
use crate::common::{ALICE, BOB, coins, params};
use chainlab::node::snapshot::{NodeSnapshot, WalletInfo};
use chainlab::node::{LightWay, NodeKind};

fn of_name(wallets: &[WalletInfo], name: &str) -> WalletInfo {
    let wallet = wallets.iter().find(|wallet| wallet.name == name);
    wallet.expect("a wallet of this name").clone()
}

fn is_level(now: &NodeSnapshot) -> bool {
    let light = now.light.as_ref();
    light.is_some_and(|info| match info.way {
        LightWay::Filter => info.filters == info.headers,
        LightWay::Address => info.searched.0 == info.headers,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_receives_pays_and_starts_again_also_after_it_was_killed() {
    for way in [LightWay::Filter, LightWay::Address] {
        it_receives_and_pays(way).await;
    }
}

async fn it_receives_and_pays(way: LightWay) {
    let scene = Scene::new(params());
    let central = scene.join("central", &[]).await;
    let miner = scene.join("miner", &[&central]).await;
    mine(&miner).await;
    let config = |known: &[&chainlab::live::NodeHandle]| {
        let mut config = scene.config("light");
        config.kind = NodeKind::Light(way);
        config.connect = known.iter().filter_map(|node| node.addr()).collect();
        config
    };
    let known = [&central, &miner];
    let light = scene.start(config(&known)).await;
    with_peers(&light, 2).await;
    for node in [&light, &central] {
        import(node, "alice", ALICE).await;
        import(node, "bob", BOB).await;
    }
    let has = |now: &NodeSnapshot, name: &str, whole: u64| {
        // A snapshot may be older than the wallet.
        let wallet = now.wallets.iter().find(|wallet| wallet.name == name);
        wallet.is_some_and(|wallet| wallet.confirmed == coins(whole))
    };
    until(&light, |now| has(now, "alice", 10)).await;
    pay(&light, "alice", "bob", coins(4))
        .await
        .expect("she has it");
    until(&miner, |now| now.mempool.count == 1).await;
    let tip = mine(&miner).await;
    until(&light, |now| {
        now.tip == tip && is_level(now) && has(now, "bob", 14)
    })
    .await;
    at_tip(&central, tip).await;
    for name in ["alice", "bob"] {
        let full = of_name(&wallets(&central).await, name);
        assert_eq!(of_name(&wallets(&light).await, name), full);
    }
    light.kill().await;
    let tip = mine(&miner).await;
    let light = scene.start(config(&known)).await;
    let now = until(&light, |now| now.tip == tip && is_level(now)).await;
    assert!(has(&now, "alice", 6) && has(&now, "bob", 14));
    light.stop().await;
    let light = scene.start(config(&[])).await;
    let now = until(&light, |_| true).await;
    assert!(now.tip == tip && has(&now, "alice", 6) && has(&now, "bob", 14));
}
