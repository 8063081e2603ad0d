//! Attacks that cost nothing: a peer that wants a node silent, or busy, and addresses that were
//! given up and come back.

use crate::common::peer::{Fake, Manners, Scene, nothing};
use chainlab::chain::BlockHash;
use chainlab::node::io::{Command, ConnId, Direction, Input, RequestId};
use chainlab::node::message::{Item, Message};
use chainlab::node::{MemStore, Node, Time};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const NOW: Time = Time(1_800_000_000_000_000);
const MALLORY: u8 = 66;
const CAROL: u8 = 67;

fn invented(number: u32) -> Item {
    Item::Block(BlockHash(nothing(number)))
}

/// She announces blocks that do not exist, one at a time, and just before she would be late with
/// them she says that she has none of them.
fn keeps_asking(scene: &mut Scene, mallory: &Fake, round: u32) {
    let numbers = round * 100..round * 100 + 60;
    for number in numbers.clone() {
        let inv = Message::Inv(vec![invented(number)]);
        mallory.sends(&mut scene.sim, inv);
    }
    scene.run_for(500);
    let all = numbers.map(invented).collect();
    let then = Message::NotFound(all);
    let tip = scene.node().chain().tip().height;
    let mined = scene.sim.call(scene.node, Command::MineNow);
    mined.expect("it mines");
    assert_eq!(scene.node().chain().tip().height, tip + 1);
    scene.run_for(3_000);
    mallory.says(&mut scene.sim, then);
    mallory.says(&mut scene.sim, Message::Headers(Vec::new()));
}

#[test]
fn who_announces_blocks_that_do_not_exist_does_not_silence_the_node() {
    let mut scene = Scene::with_blocks(3);
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    mallory.says(&mut scene.sim, Message::Headers(Vec::new()));
    for round in 0..5 {
        scene.honest.is_told();
        keeps_asking(&mut scene, &mallory, round);
        let tip = Item::Block(scene.node().chain().tip().hash);
        let told = scene.honest.is_told();
        let announces =
            |message: &Message| matches!(message, Message::Inv(items) if items.contains(&tip));
        assert!(told.iter().any(announces), "round {round}: {told:?}");
    }
}

#[test]
fn a_peer_that_is_dropped_while_it_is_dialled_is_not_connected() {
    let mut scene = Scene::with_blocks(1);
    let carol = Fake::new(&mut scene.sim, CAROL, Manners::default());
    let slow = chainlab::link::Conditions::latency(Duration::from_secs(1));
    scene.sim.set_link(scene.node, carol.ix, slow);
    scene.sim.set_link(carol.ix, scene.node, slow);
    let added = scene.sim.call(scene.node, Command::AddPeer(carol.addr));
    added.expect("an address like any other");
    scene.run_for(500);
    let dropped = scene.sim.call(scene.node, Command::DropPeer(carol.addr));
    dropped.expect("it was to be dialled");
    scene.run_for(20_000);
    assert!(!carol.is_connected());
    scene.serves();
}

#[test]
fn a_peer_that_was_dropped_is_not_dialled_again_because_others_speak_of_it() {
    let mut scene = Scene::with_blocks(1);
    let carol = Fake::new(&mut scene.sim, CAROL, Manners::default());
    let gossip = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let add = Command::AddPeer(carol.addr);
    scene.sim.call(scene.node, add.clone()).expect("an address");
    scene.run_for(1_000);
    assert!(carol.is_connected());
    let dropped = scene.sim.call(scene.node, Command::DropPeer(carol.addr));
    dropped.expect("it was connected");
    gossip.says(&mut scene.sim, Message::Addr(vec![carol.addr]));
    scene.run_for(60_000);
    assert!(!carol.is_connected());
    assert_eq!(carol.connections(), 1);
    // Whoever dropped it can want it back.
    scene.sim.call(scene.node, add).expect("an address");
    scene.run_for(1_000);
    assert!(carol.is_connected());
    scene.serves();
}

#[test]
fn who_takes_a_kept_address_for_a_while_and_poses_as_the_node_itself_does_not_have_it_forgotten() {
    let mut scene = Scene::with_blocks(1);
    let poses = Manners {
        handshakes: false,
        ..Manners::default()
    };
    let carol = Fake::new(&mut scene.sim, CAROL, poses);
    let add = Command::AddPeer(carol.addr);
    scene.sim.call(scene.node, add).expect("an address");
    scene.run_for(100);
    let own = carol.met().expect("the node dialled");
    carol.says(&mut scene.sim, Message::Version(Box::new(own)));
    let reasons = scene.reasons();
    let itself = |(_, why): &(_, String)| why == "that is this node itself";
    assert!(reasons.iter().any(itself), "{reasons:?}");
    // The right one is back.
    carol.change(|manners| manners.handshakes = true);
    scene.run_for(15_000);
    let is_up = carol.conn().is_some_and(|conn| {
        let peer = scene.node().peers().get(ConnId(conn.0 ^ 1));
        peer.is_some_and(|peer| peer.is_ready())
    });
    assert!(is_up);
    scene.serves();
}

#[test]
fn a_ban_ends_a_connection_whose_address_is_written_in_the_other_way() {
    let params = crate::common::params();
    let sim = chainlab::sim::Sim::new(1, params);
    let config = sim.config("nora");
    let mut node = Node::open(config, MemStore::default(), NOW).expect("a new store");
    let (conn, ip) = (ConnId(1), IpAddr::from([10, 0, 0, 9]));
    let mapped = Ipv4Addr::new(10, 0, 0, 9).to_ipv6_mapped();
    let connected = Input::Connected {
        conn,
        direction: Direction::Inbound,
        addr: SocketAddr::from((mapped, 3000)),
    };
    let ban = Command::Ban {
        ip,
        for_: Duration::from_secs(60),
    };
    for input in [connected, Input::Command(RequestId(1), ban)] {
        node.handle(NOW, input).expect("it runs");
    }
    assert!(node.peers().get(conn).is_none());
}
