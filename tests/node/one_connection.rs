//! Two connections that became one are no loss, and what is lost is told.

use crate::common::peer::{Fake, Manners, Scene};
use chainlab::link::Conditions;
use chainlab::node::io::{ConnId, EventKind};
use chainlab::node::{Message, NodeIx};
use chainlab::sim::{self, Sim};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Comings and goings of peers at a node, in order.
fn told(events: impl IntoIterator<Item = EventKind>) -> Vec<String> {
    let lines = events.into_iter().filter_map(|kind| match kind {
        EventKind::PeerUp { .. } => Some("up".to_owned()),
        EventKind::PeerDown { why, .. } => Some(format!("down: {why}")),
        _ => None,
    });
    lines.collect()
}

#[test]
fn two_nodes_that_dial_each_other_tell_of_one_peer_and_of_no_loss() {
    for seed in 0..40 {
        let mut sim = Sim::new(seed, sim::params());
        sim.record_events();
        sim.set_default_link(Conditions {
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(15),
            ..Conditions::default()
        });
        let addrs = [0, 1].map(|ix| sim.address(ix));
        for (name, other) in [("first", addrs[1]), ("second", addrs[0])] {
            let mut config = sim.config(name);
            (config.connect, config.outbound) = (vec![other], 0);
            sim.add_node(config).expect("a network");
            // A second after the other's dial has failed once, mostly.
            sim.run_for(Duration::from_millis(20 * seed));
        }
        sim.run_for(MINUTE);
        let events = sim.take_events();
        for node in [NodeIx(0), NodeIx(1)] {
            let own = events.iter().filter(|(ix, _)| *ix == node);
            let lines = told(own.map(|(_, event)| event.kind.clone()));
            assert_eq!(lines, ["up"], "seed {seed}, {node:?}");
        }
    }
}

/// A peer that is connected, and has said who it is on a second connection; the first is told.
fn between_two(scene: &mut Scene) -> (Fake, ConnId) {
    let friend = Fake::connect(&mut scene.sim, scene.node, 50);
    let first = friend.at_node();
    friend.change(|manners| manners.handshakes = false);
    friend.dials(&mut scene.sim, scene.node);
    let version = Message::Version(Box::new(friend.version()));
    friend.says_last(&mut scene.sim, version);
    scene.events_of(scene.node);
    (friend, first)
}

fn told_by(scene: &mut Scene) -> Vec<String> {
    let events = scene.events_of(scene.node);
    told(events.into_iter().map(|event| event.kind))
}

/// The connections that were told as lost.
fn lost(scene: &mut Scene) -> Vec<ConnId> {
    let reasons = scene.reasons();
    reasons.into_iter().map(|(conn, _)| conn).collect()
}

#[test]
fn a_connection_that_ends_when_the_next_with_the_same_node_is_almost_there_is_no_loss() {
    let mut scene = Scene::with_blocks(1);
    let (friend, first) = between_two(&mut scene);
    friend.closes_first(&mut scene.sim);
    assert_eq!(told_by(&mut scene), [""; 0]);
    let verack = friend.verack(&friend.met().expect("it has met the node"));
    friend.says_last(&mut scene.sim, verack);
    assert_eq!(told_by(&mut scene), [""; 0]);
    let second = friend.at_node();
    assert!(scene.peer(second).is_some_and(|peer| peer.ready));
    assert!(scene.node().knows_nothing_of(first));
    // From then on it is a peer like any other.
    friend.leaves(&mut scene.sim);
    assert_eq!(lost(&mut scene), [second]);
}

#[test]
fn a_loss_is_told_when_the_connection_that_was_to_follow_comes_to_nothing() {
    let mut scene = Scene::with_blocks(1);
    let (friend, first) = between_two(&mut scene);
    friend.closes_first(&mut scene.sim);
    assert_eq!(told_by(&mut scene), [""; 0]);
    let second = friend.at_node();
    friend.leaves(&mut scene.sim);
    assert_eq!(lost(&mut scene), [first, second]);
    assert!(scene.node().knows_nothing_of(first));
}

#[test]
fn a_second_connection_that_its_other_end_gives_up_is_no_loss() {
    let mut scene = Scene::with_blocks(1);
    let (friend, first) = between_two(&mut scene);
    let conn = friend.conn();
    friend.closes_last(&mut scene.sim);
    assert_eq!(told_by(&mut scene), [""; 0]);
    assert_eq!(friend.conn(), conn);
    assert!(scene.peer(first).is_some_and(|peer| peer.ready));
}

#[test]
fn who_only_claims_to_be_a_peer_does_not_hide_that_it_is_lost() {
    let mut scene = Scene::with_blocks(1);
    let friend = Fake::connect(&mut scene.sim, scene.node, 50);
    let first = friend.at_node();
    let second = Fake::new(
        &mut scene.sim,
        51,
        Manners {
            handshakes: false,
            ..Manners::default()
        },
    );
    second.dials(&mut scene.sim, scene.node);
    // It shows the key of the other, which it cannot prove to have.
    let version = friend.version();
    second.says(&mut scene.sim, Message::Version(Box::new(version)));
    scene.reasons();
    friend.leaves(&mut scene.sim);
    assert_eq!(lost(&mut scene), [first; 0], "not yet");
    let conn = second.at_node();
    second.leaves(&mut scene.sim);
    assert_eq!(lost(&mut scene), [first, conn]);
}
