//! Attacks on the seats of a node that really runs. All are on loopback here, the honest ones and those
//! that attack, so that no address tells them apart.

use crate::common::hostile::really::Attackers;
use crate::common::hostile::{Attack, Behaviour};
use crate::common::live::{Scene, addr, ask, at_tip, mine, soon, with_peers};
use crate::common::raw::Stage;
use crate::common::{ALICE, params};
use chainlab::live::NodeHandle;
use chainlab::node::io::{EventKind, Question, Reply};
use chainlab::node::snapshot::PeerInfo;
use std::time::{Duration, Instant};

/// In which an honest node has to be in, and level.
const WITHIN: Duration = Duration::from_secs(10);

/// Connections of an attack: more than there are seats of all kinds.
const CONNECTIONS: usize = 200;

async fn peers(node: &NodeHandle) -> Vec<PeerInfo> {
    match ask(node, Question::Peers).await {
        Reply::Peers(peers) => peers,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_node_gets_in_within_ten_seconds_under_each_attack_and_who_brought_blocks_stays()
{
    for (name, attack) in Attack::on_seats(CONNECTIONS) {
        let scene = Scene::new(params());
        let victim = scene.start(scene.config("victim")).await;
        let friend = scene.join("friend", &[&victim]).await;
        with_peers(&victim, 1).await;
        // The friend brings what it finds.
        mine(&friend).await;
        let tip = mine(&friend).await;
        at_tip(&victim, tip).await;
        let port = peers(&victim).await[0].addr;
        let crowd = Attackers::new(addr(&victim), &scene.params, attack);
        tokio::task::block_in_place(|| crowd.until_opened(CONNECTIONS));
        let begun = Instant::now();
        let late = scene.join("late", &[&victim]).await;
        at_tip(&late, tip).await;
        let took = begun.elapsed();
        assert!(took < WITHIN, "{name}: {took:?}");
        let still = peers(&victim).await;
        let is_still_there = still.iter().any(|peer| peer.addr == port && peer.ready);
        assert!(is_still_there, "{name}: the friend was driven out");
        drop(crowd);
        for node in [late, friend, victim] {
            soon(node.stop()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_out_or_away_hears_why_and_the_node_says_how_many_those_were() {
    let scene = Scene::new(params());
    let victim = scene.start(scene.config("victim")).await;
    let mut events = victim.events();
    let attack = Attack::of(Behaviour::Silent, CONNECTIONS);
    let crowd = Attackers::new(addr(&victim), &scene.params, attack);
    tokio::task::block_in_place(|| crowd.until_opened(CONNECTIONS));
    let first = soon(async {
        loop {
            if let EventKind::Strangers(sums) = events.recv().await.expect("few").kind {
                return sums;
            }
        }
    });
    let first = first.await;
    assert_eq!(
        (first.turned_out, first.over_s),
        (1, 0),
        "the first at once"
    );
    let told = soon(async {
        while crowd.refusals().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        crowd.refusals()
    });
    let told = told.await;
    assert!(
        told.contains_key("made room for another connection"),
        "{told:?}"
    );
    drop(crowd);
    soon(victim.stop()).await;
}

/// Whoever floods the sockets of a node does not keep it from those that it goes to itself.
#[test]
fn a_node_under_attack_serves_who_was_there_before() {
    let stage = Stage::new(params());
    let mut honest = stage.meet(ALICE);
    let attack = Attack::of(Behaviour::Junk, CONNECTIONS).renewed();
    let crowd = Attackers::new(stage.addr, &stage.params, attack);
    crowd.until_opened(10 * CONNECTIONS);
    for number in 0..50 {
        honest.is_served(number);
    }
}
