//! Attacks on the seats of a node: whatever opens connections, however many and however they behave, does
//! not keep an honest node out, nor does it drive out one that has brought blocks.

use crate::common::hostile::virtually::Attacker;
use crate::common::hostile::{Attack, Behaviour};
use crate::common::peer::Scene;
use crate::common::sim::latency;
use chainlab::node::config::ADDRESS_MAX;
use chainlab::node::io::{Event, StrangerSums};
use chainlab::node::peers::seats::HANDSHAKING_MAX;
use chainlab::node::{EventKind, NodeIx};
use std::time::Duration;

/// In which an honest node has to be in, and level.
const WITHIN: Duration = Duration::from_secs(10);

/// Hosts of an attack: as each has so many seats at most, they could fill all of them.
const HOSTS: usize = 8;

/// Connections of each.
const EACH: usize = ADDRESS_MAX;

/// A scene whose honest peer has just brought blocks, with a crowd that attacks it.
fn under_attack(attack: Attack, hosts: usize) -> (Scene, Vec<Attacker>) {
    let mut scene = Scene::with_blocks(3);
    scene.honest_brings(1);
    let node = scene.node;
    let crowd = (0..hosts).map(|_| Attacker::new(&mut scene.sim, node, attack));
    let crowd = crowd.collect();
    scene.run_for(2_000);
    (scene, crowd)
}

/// An honest node that knows the one that is attacked, 40 ms away from it.
fn newcomer(scene: &mut Scene) -> NodeIx {
    let ix = scene.add_node("newcomer");
    let node = scene.node;
    scene.sim.set_link(ix, node, latency(20));
    scene.sim.set_link(node, ix, latency(20));
    ix
}

fn is_in(scene: &Scene, ix: NodeIx) -> bool {
    let addr = scene.sim.address(ix.0).ip();
    let mut ready = scene.node().peers().ready();
    ready.any(|(_, peer)| peer.addr.ip() == addr)
}

fn gets_in(scene: &mut Scene, what: &str) {
    let ix = newcomer(scene);
    let start = scene.sim.now();
    while !(is_in(scene, ix) && scene.is_synced(ix)) {
        assert!(scene.sim.now() - start < WITHIN, "{what}: not in time");
        scene.run_for(50);
    }
}

#[test]
fn an_honest_node_gets_in_within_ten_seconds_under_each_attack_and_who_brought_blocks_stays() {
    for (name, attack) in Attack::on_seats(EACH) {
        let (mut scene, crowd) = under_attack(attack, HOSTS);
        let opened: usize = crowd.iter().map(|host| host.score().opened).sum();
        assert!(opened >= HOSTS * EACH, "{name}: {opened} came");
        gets_in(&mut scene, name);
        // The one that was there before, too: it answers and is answered.
        scene.serves();
        for host in &crowd {
            host.leaves(&mut scene.sim);
        }
        scene.run_for(30_000);
        let left = scene.node().peers().iter().count();
        assert_eq!(left, 2, "{name}: the honest ones");
    }
}

#[test]
fn a_hundred_and_seventeen_connections_from_one_address_take_the_seats_of_a_few() {
    for behaviour in [Behaviour::Silent, Behaviour::Complete] {
        let attack = Attack::of(behaviour, 117);
        let (mut scene, crowd) = under_attack(attack, 1);
        assert_eq!(crowd[0].connections(), ADDRESS_MAX);
        let refusals = crowd[0].score().refusals;
        let why = "16 connections from that address are open already";
        assert_eq!(
            refusals.get(why),
            Some(&(117 - ADDRESS_MAX)),
            "{refusals:?}"
        );
        gets_in(&mut scene, "one address");
        scene.serves();
    }
}

#[test]
fn connections_that_have_not_shaken_hands_have_few_seats() {
    let (scene, _crowd) = under_attack(Attack::of(Behaviour::Silent, EACH), HOSTS);
    let waiting = scene.node().peers().iter();
    let waiting = waiting.filter(|(_, peer)| !peer.is_ready()).count();
    assert_eq!(waiting, HANDSHAKING_MAX);
}

/// What a node told that is not a message.
fn told(scene: &mut Scene) -> Vec<Event> {
    let node = scene.node;
    let mut events = scene.events_of(node);
    let is_message = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::MessageSent { .. } | EventKind::MessageReceived { .. }
        )
    };
    events.retain(|event| !is_message(&event.kind));
    events
}

fn sums(events: &[Event]) -> Vec<(&Event, &StrangerSums)> {
    let sums = events.iter().filter_map(|event| match &event.kind {
        EventKind::Strangers(sums) => Some((event, sums)),
        _ => None,
    });
    sums.collect()
}

#[test]
fn how_many_were_turned_away_is_told_at_once_and_then_once_a_minute() {
    let attack = Attack::of(Behaviour::Silent, ADDRESS_MAX + 3).renewed();
    let (mut scene, crowd) = under_attack(attack, 1);
    scene.run_for(178_000);
    let events = told(&mut scene);
    let sums = sums(&events);
    assert_eq!(sums.len(), 3, "{sums:?}");
    assert_eq!((sums[0].1.turned_away, sums[0].1.over_s), (1, 0));
    for pair in sums.windows(2) {
        assert_eq!(pair[1].0.at - pair[0].0.at, Duration::from_secs(60));
    }
    let away: u64 = sums.iter().map(|(_, sums)| sums.turned_away).sum();
    let refused: usize = crowd[0].score().refusals.values().sum();
    assert!(
        away > 1_000 && away <= refused as u64,
        "{away} of {refused}"
    );
    // Each is told of in one of these, and in nothing else.
    let noise = events.iter().filter(|event| event.kind.is_of_peers());
    assert!(noise.count() < 40, "{events:?}");
}

#[test]
fn junk_of_three_attackers_is_told_of_in_a_few_words_and_then_in_sums() {
    let attack = Attack::of(Behaviour::Junk, 1).renewed();
    let (mut scene, crowd) = under_attack(attack, 3);
    scene.run_for(178_000);
    let events = told(&mut scene);
    let opened: usize = crowd.iter().map(|host| host.score().opened).sum();
    assert!(opened > 5_000, "{opened}");
    assert!(events.len() < 50, "{} events", events.len());
    let in_words = events.iter().filter_map(|event| match &event.kind {
        EventKind::PeerDown { why, .. } => Some(why),
        _ => None,
    });
    let in_words: Vec<_> = in_words.collect();
    assert_eq!(in_words.len(), 30, "ten a minute");
    assert!(in_words.iter().all(|why| why.starts_with("bad frame: ")));
    let counted: u64 = sums(&events)
        .iter()
        .map(|(_, sums)| sums.no_handshake)
        .sum();
    assert!(counted > 3_000, "{counted}");
    scene.serves();
}

#[test]
fn peers_that_come_and_go_without_end_are_counted_and_not_told_of_one_by_one() {
    let attack = Attack::of(Behaviour::Complete, EACH).renewed();
    let (mut scene, crowd) = under_attack(attack, HOSTS);
    scene.run_for(15_000);
    let taken: usize = crowd.iter().map(|host| host.score().taken).sum();
    assert!(taken > 500, "{taken}");
    let events = told(&mut scene);
    let ups = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::PeerUp { .. }));
    let ups = ups.count();
    assert!(ups <= 200, "{ups}");
    let is_down = |event: &&Event| matches!(event.kind, EventKind::PeerDown { .. });
    let downs = events.iter().filter(is_down).count();
    assert!(downs <= ups, "{downs} of {ups}");
    let text = format!("{events:?}");
    assert!(text.len() < 200_000, "{}", text.len());
}

#[test]
fn an_honest_node_that_is_refused_is_told_why_and_comes_back_ever_more_slowly() {
    let mut scene = Scene::of(crate::common::params(), |config| config.inbound_max = 3);
    // With the honest one that makes three, all of whom are protected.
    let friends: Vec<NodeIx> = (0..2).map(|_| scene.add_node("friend")).collect();
    scene.run_for(1_000);
    assert!(friends.iter().all(|ix| is_in(&scene, *ix)));
    scene.sim.take_events();
    let late = newcomer(&mut scene);
    scene.run_for(60_000);
    let events = scene.sim.take_events();
    let whys = events.iter().filter_map(|(ix, event)| match &event.kind {
        EventKind::PeerDown { why, .. } if *ix == late => Some((event.at, why.clone())),
        _ => None,
    });
    let whys: Vec<_> = whys.collect();
    let words = "it said \"no more inbound connections are taken\"";
    assert!(whys.iter().all(|(_, why)| why.ends_with(words)), "{whys:?}");
    // Half a second, then twice as much, and ten seconds in the end.
    assert!((6..=12).contains(&whys.len()), "{}", whys.len());
    let last = whys.windows(2).last().expect("several");
    assert!(last[1].0 - last[0].0 >= Duration::from_secs(10));
    // It is in as soon as there is a seat.
    scene.sim.crash(friends[0]);
    let in_time = Duration::from_secs(40);
    scene.until(in_time, |scene| is_in(scene, late));
    scene.serves();
}
