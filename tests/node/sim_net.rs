//! The network in virtual time, between scripts: how connections come about and end, and what cuts
//! and black holes do to them.

use crate::common::sim::{Puppet, latency, ms};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::Time;
use chainlab::node::io::ConnId;
use chainlab::node::message::{FRAME_HEADER_LEN, INV_MAX, Item, Message};
use chainlab::sim::{self, Sim};
use std::time::Duration;

/// Alice and Bob, half a second of round trip apart: 200 ms to Bob, 300 ms back.
struct Scene {
    sim: Sim,
    start: Time,
    alice: Puppet,
    bob: Puppet,
}

impl Scene {
    fn new() -> Self {
        let mut sim = Sim::new(1, sim::params());
        let (alice, bob) = (Puppet::new(&mut sim), Puppet::new(&mut sim));
        sim.set_link(alice.ix, bob.ix, latency(200));
        sim.set_link(bob.ix, alice.ix, latency(300));
        Self {
            start: sim.now(),
            sim,
            alice,
            bob,
        }
    }

    /// The two, with a connection that Alice dialled. The clock starts anew. Returns her end and
    /// his.
    fn connected() -> (Self, ConnId, ConnId) {
        let mut scene = Self::new();
        scene.alice.dials(&mut scene.sim, scene.bob.addr);
        scene.run_for(500);
        let (hers, his) = (scene.alice.connected(), scene.bob.connected());
        scene.start = scene.sim.now();
        (scene, hers, his)
    }

    fn run_for(&mut self, millis: u64) {
        self.sim.run_for(ms(millis));
    }

    fn set_state(&mut self, state: LinkState) {
        self.sim.set_link_state(self.alice.ix, self.bob.ix, state);
    }

    /// Runs for a minute: what each of the two saw by then.
    fn outcome(&mut self) -> [Vec<(u64, String)>; 2] {
        self.run_for(60_000);
        [&self.alice, &self.bob].map(|puppet| puppet.saw(self.start))
    }
}

fn at(ms: u64, what: &str) -> (u64, String) {
    (ms, what.to_owned())
}

const PING_LEN: u64 = FRAME_HEADER_LEN as u64 + 8;

#[test]
fn a_dial_takes_a_round_trip_and_half_of_it_for_the_other_side() {
    let mut scene = Scene::new();
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    let [alice, bob] = scene.outcome();
    assert_eq!(alice, [at(500, "Outbound 10.0.0.2")]);
    assert_eq!(bob, [at(200, "Inbound 10.0.0.1")]);
    assert_eq!(scene.sim.connections(), 1);
}

#[test]
fn two_who_dial_each_other_at_once_have_two_connections() {
    let mut scene = Scene::new();
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    scene.bob.dials(&mut scene.sim, scene.alice.addr);
    let [alice, bob] = scene.outcome();
    assert_eq!(
        alice,
        [at(300, "Inbound 10.0.0.2"), at(500, "Outbound 10.0.0.2")]
    );
    assert_eq!(
        bob,
        [at(200, "Inbound 10.0.0.1"), at(500, "Outbound 10.0.0.1")]
    );
    assert_eq!(scene.sim.connections(), 2);
}

#[test]
fn who_dials_himself_gets_both_ends() {
    let mut scene = Scene::new();
    scene.alice.dials(&mut scene.sim, scene.alice.addr);
    let [alice, bob] = scene.outcome();
    let ends = [at(0, "Inbound 10.0.0.1"), at(0, "Outbound 10.0.0.1")];
    assert_eq!(alice, ends);
    assert_eq!(bob, []);
}

#[test]
fn an_address_where_nobody_is_has_no_route() {
    let mut scene = Scene::new();
    let nowhere = scene.sim.address(77);
    scene.alice.dials(&mut scene.sim, nowhere);
    assert_eq!(scene.outcome()[0], [at(0, "10.0.0.78: no route to host")]);
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn messages_arrive_in_order_a_latency_later() {
    let (mut scene, hers, his) = Scene::connected();
    for number in 0..3 {
        scene
            .alice
            .sends(&mut scene.sim, hers, Message::Ping(number));
    }
    scene.run_for(250);
    scene.bob.sends(&mut scene.sim, his, Message::GetAddr);
    let [alice, bob] = scene.outcome();
    assert_eq!(
        alice,
        [at(0, &format!("sent {}", 3 * PING_LEN)), at(550, "getaddr")]
    );
    assert_eq!(
        bob,
        [
            at(200, "ping 0"),
            at(200, "ping 1"),
            at(200, "ping 2"),
            at(250, &format!("sent {FRAME_HEADER_LEN}")),
        ]
    );
}

#[test]
fn what_was_sent_before_a_close_still_arrives() {
    let (mut scene, hers, his) = Scene::connected();
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(1));
    scene.alice.closes(&mut scene.sim, hers);
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(2));
    scene.bob.sends(&mut scene.sim, his, Message::Ping(3));
    let [alice, bob] = scene.outcome();
    assert_eq!(alice, [], "she has nothing to do with it any more");
    let sent = format!("sent {PING_LEN}");
    let ended = "disconnected: closed by the other side";
    assert_eq!(bob, [at(0, &sent), at(200, "ping 1"), at(200, ended)]);
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn a_close_waits_a_second_for_a_narrow_link_and_no_longer() {
    let (mut scene, hers, _) = Scene::connected();
    let narrow = Conditions {
        bandwidth: Some(100),
        ..latency(200)
    };
    scene.sim.set_link(scene.alice.ix, scene.bob.ix, narrow);
    for number in 0..10 {
        scene
            .alice
            .sends(&mut scene.sim, hers, Message::Ping(number));
    }
    scene.alice.closes(&mut scene.sim, hers);
    let [_, bob] = scene.outcome();
    // 32 bytes a frame, 100 bytes a second: three have left when the second is over.
    let ended = "disconnected: closed by the other side";
    let expected = [
        at(520, "ping 0"),
        at(840, "ping 1"),
        at(1_160, "ping 2"),
        at(1_200, ended),
    ];
    assert_eq!(bob, expected);
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn long_messages_show_signs_of_life_on_a_narrow_link() {
    let (mut scene, hers, _) = Scene::connected();
    let narrow = Conditions {
        bandwidth: Some(10_000),
        ..latency(200)
    };
    scene.sim.set_link(scene.alice.ix, scene.bob.ix, narrow);
    let items = vec![Item::Block(Default::default()); 1_000];
    scene.alice.sends(&mut scene.sim, hers, Message::Inv(items));
    let [alice, bob] = scene.outcome();
    let sent = |piece: u64| at(1_000 * piece, "sent 10000");
    assert_eq!(alice, [sent(1), sent(2), sent(3), at(3_603, "sent 6032")]);
    let part = |piece: u64| at(1_000 * piece + 200, "part");
    assert_eq!(bob, [part(1), part(2), part(3), at(3_803, "inv")]);
}

#[test]
fn what_has_no_place_on_the_wire_arrives_as_a_bad_frame() {
    let (mut scene, hers, _) = Scene::connected();
    let items = vec![Item::Block(Default::default()); INV_MAX + 1];
    scene.alice.sends(&mut scene.sim, hers, Message::Inv(items));
    let [_, bob] = scene.outcome();
    assert_eq!(bob.len(), 1);
    assert!(bob[0].1.starts_with("bad frame: inv: "), "{bob:?}");
}

#[test]
fn a_cut_ends_connections_at_once_and_refuses_new_ones() {
    let (mut scene, hers, _) = Scene::connected();
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(1));
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    scene.run_for(100);
    scene.set_state(LinkState::Cut);
    scene.run_for(100);
    scene.bob.dials(&mut scene.sim, scene.alice.addr);
    let [alice, bob] = scene.outcome();
    let expected = [
        at(0, &format!("sent {PING_LEN}")),
        at(100, "disconnected: the link was cut"),
        at(100, "10.0.0.2: the link was cut"),
    ];
    assert_eq!(alice, expected);
    let expected = [
        at(100, "disconnected: the link was cut"),
        at(200, "10.0.0.1: the link is cut"),
    ];
    assert_eq!(bob, expected);
    assert_eq!(scene.sim.connections(), 0);

    scene.set_state(LinkState::Open);
    scene.start = scene.sim.now();
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    assert_eq!(scene.outcome()[0], [at(500, "Outbound 10.0.0.2")]);
}

#[test]
fn a_cut_in_one_direction_ends_both() {
    let (mut scene, ..) = Scene::connected();
    let cut = latency(300).in_state(LinkState::Cut);
    scene.sim.set_link(scene.bob.ix, scene.alice.ix, cut);
    let ended = [at(0, "disconnected: the link was cut")];
    assert_eq!(scene.outcome(), [ended.to_vec(), ended.to_vec()]);
}

#[test]
fn a_dial_into_a_black_hole_times_out() {
    let mut scene = Scene::new();
    scene.set_state(LinkState::BlackHole);
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    let [alice, bob] = scene.outcome();
    assert_eq!(alice, [at(5_000, "10.0.0.2: timed out")]);
    assert_eq!(bob, []);
    // Bob never hears of the dial, also not when the hole closes.
    scene.set_state(LinkState::Open);
    assert_eq!(scene.outcome(), [vec![], vec![]]);
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn a_dial_that_is_answered_into_a_black_hole_times_out() {
    let mut scene = Scene::new();
    let hole = latency(300).in_state(LinkState::BlackHole);
    scene.sim.set_link(scene.bob.ix, scene.alice.ix, hole);
    scene.alice.dials(&mut scene.sim, scene.bob.addr);
    let [alice, bob] = scene.outcome();
    assert_eq!(alice, [at(5_000, "10.0.0.2: timed out")]);
    let ended = at(5_200, "disconnected: closed by the other side");
    assert_eq!(bob, [at(200, "Inbound 10.0.0.1"), ended]);
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn a_black_hole_keeps_a_connection_and_what_was_sent_on_it() {
    let (mut scene, hers, his) = Scene::connected();
    scene.set_state(LinkState::BlackHole);
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(1));
    scene.run_for(10_000);
    scene.set_state(LinkState::Open);
    let [alice, bob] = scene.outcome();
    assert_eq!(alice, [at(10_000, &format!("sent {PING_LEN}"))]);
    assert_eq!(bob, [at(10_200, "ping 1")]);
    scene.start = scene.sim.now();
    scene.bob.sends(&mut scene.sim, his, Message::Ping(2));
    assert_eq!(scene.outcome()[0], [at(300, "ping 2")]);
}

#[test]
fn a_crash_behind_a_black_hole_is_not_noticed_before_it_closes() {
    let (mut scene, hers, his) = Scene::connected();
    scene.set_state(LinkState::BlackHole);
    scene.bob.sends(&mut scene.sim, his, Message::Ping(1));
    scene.sim.crash(scene.bob.ix);
    let [alice, _] = scene.outcome();
    assert_eq!(alice, []);
    scene.start = scene.sim.now();
    scene.set_state(LinkState::Open);
    let [alice, _] = scene.outcome();
    let ended = at(300, "disconnected: closed by the other side");
    assert_eq!(alice, [ended], "what had not left is lost");
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(1));
    assert_eq!(scene.sim.connections(), 0);
}

#[test]
fn what_is_due_while_the_machine_sleeps_is_done_late() {
    let (mut scene, hers, _) = Scene::connected();
    scene.alice.sends(&mut scene.sim, hers, Message::Ping(1));
    scene.run_for(100);
    scene.sim.leap(Duration::from_secs(3_600));
    let [_, bob] = scene.outcome();
    assert_eq!(bob, [at(3_600_100, "ping 1")]);
}
