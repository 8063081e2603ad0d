//! Refused, network: whatever comes before the handshake, in its place, twice, or from nobody else
//! but the node itself; and who shows a false name.

use crate::common::peer::{Fake, Manners, Scene};
use crate::common::{coins, owner, params};
use chainlab::chain::BlockHash;
use chainlab::chain::params::Allocation;
use chainlab::node::io::{CloseReason, ConnId, Direction, Input, Output};
use chainlab::node::message::{Locator, Message};
use chainlab::node::{EventKind, Time};
use chainlab::sim::Actor;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MALLORY: u8 = 66;
const VICTIM: u8 = 55;

/// Somebody with a connection who has heard the node's `version` and not said a word.
fn stranger(scene: &mut Scene) -> (Fake, ConnId) {
    let fake = Fake::stranger(&mut scene.sim, scene.node, MALLORY);
    assert!(fake.met().is_some());
    let conn = fake.at_node();
    (fake, conn)
}

fn getheaders() -> Message {
    let (have, stop) = (Vec::new(), BlockHash::ZERO);
    Message::GetHeaders(Locator { have, stop })
}

#[test]
fn a_message_before_the_handshake() {
    let early = [
        Message::Ping(1),
        Message::GetAddr,
        Message::Inv(vec![]),
        getheaders(),
        Message::Headers(vec![]),
    ];
    for message in early {
        let mut scene = Scene::new();
        let (mallory, conn) = stranger(&mut scene);
        let why = format!("{} before the handshake", message.command());
        mallory.says(&mut scene.sim, message);
        scene.threw_out(&mallory, conn, &why);
    }
}

#[test]
fn a_message_between_version_and_verack() {
    let mut scene = Scene::new();
    let (mallory, conn) = stranger(&mut scene);
    let version = Message::Version(Box::new(mallory.version()));
    mallory.says(&mut scene.sim, version);
    mallory.says(&mut scene.sim, getheaders());
    scene.threw_out(&mallory, conn, "getheaders before the handshake");
}

#[test]
fn a_verack_before_the_version() {
    let mut scene = Scene::new();
    let (mallory, conn) = stranger(&mut scene);
    let verack = mallory.verack(&mallory.met().expect("a version"));
    mallory.says(&mut scene.sim, verack);
    scene.threw_out(&mallory, conn, "verack before version");
}

#[test]
fn a_second_version() {
    let mut scene = Scene::new();
    let (mallory, conn) = stranger(&mut scene);
    for _ in 0..2 {
        let version = Message::Version(Box::new(mallory.version()));
        mallory.says(&mut scene.sim, version);
    }
    scene.threw_out(&mallory, conn, "a second version message");

    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = mallory.at_node();
    let version = Message::Version(Box::new(mallory.version()));
    mallory.says(&mut scene.sim, version);
    scene.threw_out(&mallory, conn, "a second version message");
}

#[test]
fn a_second_verack() {
    let mut scene = Scene::new();
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = mallory.at_node();
    let verack = mallory.verack(&mallory.met().expect("a version"));
    mallory.says(&mut scene.sim, verack);
    scene.threw_out(&mallory, conn, "a second verack");
}

#[test]
fn a_verack_that_is_signed_by_another_key() {
    let mut scene = Scene::new();
    let victim = Fake::new(&mut scene.sim, VICTIM, Manners::default());
    let (mallory, conn) = stranger(&mut scene);
    let mut version = mallory.version();
    version.id = victim.version().id;
    mallory.says(&mut scene.sim, Message::Version(Box::new(version)));
    let verack = mallory.verack(&mallory.met().expect("a version"));
    mallory.says(&mut scene.sim, verack);
    scene.threw_out(&mallory, conn, "not signed by the key of the version");
}

#[test]
fn a_verack_that_the_victim_signed_for_somebody_else() {
    let mut scene = Scene::new();
    let victim = Fake::connect(&mut scene.sim, scene.node, VICTIM);
    let seat = victim.at_node();
    let (mallory, conn) = stranger(&mut scene);
    mallory.says(&mut scene.sim, Message::Version(Box::new(victim.version())));
    // What the victim said to the node itself a moment ago: but that was another challenge.
    let borrowed = victim.verack(&victim.met().expect("a version"));
    mallory.says(&mut scene.sim, borrowed);
    scene.threw_out(&mallory, conn, "not signed by the key of the version");
    assert_eq!(
        victim.conn(),
        Some(ConnId(seat.0 ^ 1)),
        "nobody took its place"
    );
}

#[test]
fn a_handshake_that_never_comes_to_an_end() {
    let mut scene = Scene::new();
    let (silent, silent_conn) = stranger(&mut scene);
    let half = Fake::stranger(&mut scene.sim, scene.node, VICTIM);
    let half_conn = half.at_node();
    let version = Message::Version(Box::new(half.version()));
    half.says(&mut scene.sim, version);
    scene.run_for(21_000);
    assert!(!silent.is_connected() && !half.is_connected());
    let reasons = scene.reasons();
    for conn in [silent_conn, half_conn] {
        let why = reasons.iter().find(|(of, _)| *of == conn);
        assert!(why.expect("ended").1.contains("timed out"), "{reasons:?}");
        assert!(scene.node().knows_nothing_of(conn));
    }
    scene.serves();
}

#[test]
fn a_node_that_is_told_to_dial_its_own_address_does_not() {
    let mut own = None;
    let mut scene = Scene::of(params(), |config| {
        config.connect = config.listen.into_iter().collect();
        own = config.listen;
    });
    scene.run_for(60_000);
    let own = own.expect("it listens");
    assert!(
        scene
            .node()
            .peers()
            .iter()
            .all(|(_, peer)| peer.addr != own)
    );
    scene.serves();
}

/// A forwarded port: who dials it talks to the node behind it, which may be himself.
#[derive(Clone)]
struct Forward {
    to: SocketAddr,
    callers: Arc<AtomicUsize>,
    waiting: Option<ConnId>,
    other: BTreeMap<ConnId, ConnId>,
    early: Vec<Message>,
}

impl Actor for Forward {
    fn handle(&mut self, _: Time, input: Input) -> Vec<Output> {
        match input {
            Input::Connected {
                conn,
                direction: Direction::Inbound,
                ..
            } => {
                self.callers.fetch_add(1, Ordering::Relaxed);
                self.waiting = Some(conn);
                vec![Output::Dial(self.to)]
            }
            Input::Connected { conn, .. } => {
                let caller = self.waiting.take().expect("somebody called");
                self.other.extend([(conn, caller), (caller, conn)]);
                let early = std::mem::take(&mut self.early).into_iter();
                early.map(|message| Output::Send(conn, message)).collect()
            }
            Input::Received(conn, message) => match self.other.get(&conn) {
                Some(other) => vec![Output::Send(*other, message)],
                None => {
                    self.early.push(message);
                    Vec::new()
                }
            },
            Input::Disconnected(conn, _) => {
                let other = self.other.remove(&conn).into_iter();
                let close = |conn| Output::Close(conn, CloseReason::Asked);
                other.map(close).collect()
            }
            _ => Vec::new(),
        }
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

/// Nobody told the node that this address leads to itself.
#[test]
fn a_node_that_meets_itself_behind_a_forwarded_port_never_dials_it_again() {
    let mut scene = Scene::new();
    let callers = Arc::<AtomicUsize>::default();
    let ix = scene.sim.add_actor(Box::new(Forward {
        to: scene.sim.address(scene.node.0),
        callers: Arc::clone(&callers),
        waiting: None,
        other: BTreeMap::new(),
        early: Vec::new(),
    }));
    let gossip = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let addr = scene.sim.address(ix.0);
    gossip.says(&mut scene.sim, Message::Addr(vec![addr]));
    scene.run_for(5_000);
    let reasons = scene.reasons();
    let itself = |(_, why): &(ConnId, String)| why == "that is this node itself";
    assert!(reasons.iter().any(itself), "{reasons:?}");
    for (conn, _) in &reasons {
        assert!(scene.node().knows_nothing_of(*conn));
    }
    // Told again, it knows better.
    gossip.says(&mut scene.sim, Message::Addr(vec![addr]));
    scene.run_for(120_000);
    assert_eq!(callers.load(Ordering::Relaxed), 1);
    scene.serves();
}

#[test]
fn a_peer_of_another_genesis_is_refused_in_words_on_both_sides() {
    let mut scene = Scene::new();
    let mut config = scene.sim.config("foreigner");
    let mut elsewhere = params();
    elsewhere.genesis.push(Allocation {
        owner: owner(MALLORY),
        amount: coins(1),
    });
    config.params = Arc::new(elsewhere);
    config.connect = vec![scene.sim.address(scene.node.0)];
    let foreigner = scene.sim.add_node(config).expect("a network of its own");
    scene.run_for(1_000);
    let events = scene.sim.take_events();
    for side in [scene.node, foreigner] {
        let reason = events.iter().find_map(|(ix, event)| match &event.kind {
            EventKind::PeerDown { why, .. } if *ix == side => Some(why.clone()),
            _ => None,
        });
        let why = reason.expect("it ended");
        assert!(why.contains("another network: genesis block .."), "{why}");
    }
    // And is dialled ever more slowly.
    scene.run_for(60_000);
    let dials = |scene: &mut Scene| {
        let events = scene.events_of(foreigner).into_iter();
        let ended = events.filter(|event| matches!(event.kind, EventKind::PeerDown { .. }));
        ended.count()
    };
    let first_minute = dials(&mut scene);
    assert!((5..=12).contains(&first_minute), "{first_minute}");
    scene.run_for(60_000);
    let second_minute = dials(&mut scene);
    assert!((4..=6).contains(&second_minute), "{second_minute}");
    scene.serves();
}

#[test]
fn a_peer_of_another_protocol() {
    for protocol in [2, 9] {
        let mut scene = Scene::new();
        let (mallory, conn) = stranger(&mut scene);
        let mut version = mallory.version();
        version.protocol = protocol;
        mallory.says(&mut scene.sim, Message::Version(Box::new(version)));
        let words = format!("protocol {protocol}, this node speaks 3");
        let told = mallory.is_told();
        let said = told.iter().find_map(|message| match message {
            Message::Reject(reject) => Some(reject.why.to_string()),
            _ => None,
        });
        assert_eq!(said.as_ref(), Some(&words));
        scene.threw_out(&mallory, conn, &words);
    }
}

#[test]
fn simultaneous_dials_keep_one_connection() {
    for seed in 0..8 {
        let mut scene = Scene::new();
        let (one, other) = (scene.sim.address(2), scene.sim.address(3));
        let pair = [other, one].map(|to| {
            let mut config = scene.sim.config("twin");
            config.seeds.run = [seed; 32];
            config.connect = vec![to];
            scene.sim.add_node(config).expect("a network")
        });
        let millis = Duration::from_millis(40);
        for (from, to) in [(pair[0], pair[1]), (pair[1], pair[0])] {
            let latency = chainlab::link::Conditions::latency(millis);
            scene.sim.set_link(from, to, latency);
        }
        scene.run_for(30_000);
        let seats = pair.map(|ix| {
            let node = scene.sim.node(ix).expect("it runs");
            let peers: Vec<_> = node.peers().iter().collect();
            assert_eq!(peers.len(), 1, "one connection");
            (peers[0].0, peers[0].1.direction)
        });
        assert_eq!(seats[0].0.0 ^ 1, seats[1].0.0, "two ends of the same one");
        let outbound = |seat: &&(ConnId, Direction)| seat.1 == Direction::Outbound;
        assert_eq!(seats.iter().filter(outbound).count(), 1);
        let ended = scene.sim.take_events();
        let noise = ended
            .iter()
            .filter(|(_, event)| matches!(event.kind, EventKind::PeerDown { .. }));
        assert_eq!(noise.count(), 0, "nobody hears of the second one");
    }
}

#[test]
fn one_node_cannot_hold_two_seats() {
    let mut scene = Scene::new();
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    for _ in 0..20 {
        mallory.dials(&mut scene.sim, scene.node);
    }
    let seats = scene.node().peers().ready().count();
    assert_eq!(seats, 2, "the honest one's, and one");
    scene.run_for(30_000);
    assert_eq!(scene.node().peers().iter().count(), 2);
    scene.serves();
}
