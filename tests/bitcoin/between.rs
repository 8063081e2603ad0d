//! The proxy between two real nodes.

use crate::node::{Node, bcoin, package};
use crate::proxy::scene::{Bent, takes};
use chainlab::bitcoin::rpc::{Listed, Peer};
use chainlab::link::{Conditions, LinkState};
use std::time::Duration;
use tokio::time::sleep;

fn is_empty(peers: &Listed<Peer>) -> bool {
    peers.items.is_empty()
}

fn has_said_who_it_is(peers: &Listed<Peer>) -> bool {
    peers.items.iter().any(|peer| !peer.agent.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn between_real_nodes_a_ping_takes_what_the_link_is_asked_to() {
    let Some(package) = package() else {
        return;
    };
    let mut alice = Node::start(&package, &[]).await;
    let mut bent = Bent::to(alice.at);
    bent.set(Conditions::latency(Duration::from_millis(40)));
    let mut bob = Node::start(&package, &[bent.proxy.addr]).await;
    let conns = bent
        .until(|all| all.iter().any(|one| one.has_shaken_hands))
        .await;
    // The far end lists the proxy's socket.
    let peers = alice.until(&bcoin().peers(), has_said_who_it_is).await;
    assert_eq!(peers.items[0].socket, conns[0].local);

    let mut pings = async |count: usize| {
        let mut pings = Vec::new();
        while pings.len() < count {
            bob.ask(&bcoin().ping()).await;
            // It is answered by then.
            sleep(Duration::from_millis(400)).await;
            let peers = bob.ask(&bcoin().peers()).await;
            pings.extend(peers.items.first().and_then(|peer| peer.ping));
        }
        pings
    };
    // The first one comes on top of what the nodes say to get to know each other.
    pings(1).await;
    takes(Duration::from_millis(80), async || pings(10).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_nodes_that_were_cut_apart_find_each_other_again_and_agree() {
    let Some(package) = package() else {
        return;
    };
    let mut alice = Node::start(&package, &[]).await;
    let mut bent = Bent::to(alice.at);
    let mut bob = Node::start(&package, &[bent.proxy.addr]).await;
    let (of_alice, of_bob) = (alice.address().await, bob.address().await);
    alice.ask(&bcoin().mine(3, &of_alice)).await;
    bob.until(&bcoin().chain_info(), |info| info.blocks == 3)
        .await;

    bent.set(Conditions::default().in_state(LinkState::Cut));
    alice.until(&bcoin().peers(), is_empty).await;
    bob.until(&bcoin().peers(), is_empty).await;
    // A node of bcoin asks whom it dials for blocks; who is dialled waits for an announcement.
    let mined = alice.ask(&bcoin().mine(2, &of_alice)).await;
    bob.ask(&bcoin().mine(1, &of_bob)).await;
    assert_eq!((alice.height().await, bob.height().await), (5, 4));

    bent.set(Conditions::default());
    bent.until(|all| all.iter().any(|one| one.has_shaken_hands))
        .await;
    let chain = bcoin().chain_info();
    let longer = bob.until(&chain, |info| info.blocks == 5);
    let tip = mined.items.last().copied();
    assert_eq!(Some(longer.await.best), tip);
    assert_eq!(Some(alice.ask(&chain).await.best), tip);

    // The connection carries on, also what the dialling node finds.
    let mined = bob.ask(&bcoin().mine(1, &of_bob)).await;
    let longer = alice.until(&chain, |info| info.blocks == 6);
    assert_eq!(mined.items, [longer.await.best]);
}
