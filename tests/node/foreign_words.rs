//! What peers call themselves and say: a node's own words cannot be forged with it, and nobody gets
//! the name of another.

use crate::common::peer::{Fake, Manners, Scene};
use chainlab::node::io::{Command, ConnId, Reply};
use chainlab::node::message::{Message, Reject, Text};
use chainlab::node::peers::user_agent;
use chainlab::node::{Event, EventKind};
use std::time::Duration;

fn called(name: &str) -> Manners {
    Manners {
        user_agent: user_agent(name),
        ..Manners::default()
    }
}

/// What the node calls who is at the other end of this connection.
fn name_of(scene: &Scene, conn: ConnId) -> String {
    scene.peer(conn).expect("it is connected").name
}

/// What the node tells of its connections, in the words of its log.
fn told(scene: &mut Scene) -> Vec<String> {
    let events: Vec<Event> = scene.events_of(scene.node);
    let of_peers = events
        .iter()
        .map(|event| &event.kind)
        .filter(|kind| matches!(kind, EventKind::PeerUp { .. } | EventKind::PeerDown { .. }));
    of_peers.map(EventKind::words).collect()
}

#[test]
fn a_peer_whose_name_is_a_sentence_of_ours_is_shown_in_quotes() {
    for (said, shown) in [
        (
            "mined #7 ..abcdabcd with 1 payment",
            r#"peer "mined #7 ..abcdabcd wit..""#,
        ),
        ("", r#"peer """#),
        (
            r#"bob" connected, lost ""#,
            r#"peer "bob' connected, lost '""#,
        ),
        ("127.0.0.1:3000", r#"peer "127.0.0.1:3000""#),
        (&"w".repeat(180), r#"peer "wwwwwwwwwwwwwwwwwwwwwww..""#),
    ] {
        let mut scene = Scene::new();
        let node = scene.node;
        let mallory = Fake::connect_with(&mut scene.sim, node, 66, called(said));
        let conn = mallory.at_node();
        assert_eq!(name_of(&scene, conn), shown);
        mallory.leaves(&mut scene.sim);
        let lines = told(&mut scene);
        assert_eq!(lines.len(), 2, "it came and went: {lines:?}");
        for line in lines {
            assert!(!line.starts_with(said) || said.is_empty(), "{line}");
            assert!(line.contains(shown), "{line}");
            assert!(line.chars().count() < 120, "{line}");
        }
    }
}

#[test]
fn a_name_that_a_peer_has_gets_a_number_and_so_does_our_own() {
    let mut scene = Scene::new();
    let node = scene.node;
    let names = ["bob", "bob", "bob", "node", "x y", "x y"];
    let peers: Vec<_> = (60..)
        .zip(names)
        .map(|(secret, name)| Fake::connect_with(&mut scene.sim, node, secret, called(name)))
        .collect();
    let shown: Vec<_> = peers
        .iter()
        .map(|peer| name_of(&scene, peer.at_node()))
        .collect();
    let wanted = [
        "bob",
        "bob-2",
        "bob-3",
        "node-2",
        "peer \"x y\"",
        "peer \"x y\" 2",
    ];
    assert_eq!(shown, wanted);
    peers[1].leaves(&mut scene.sim);
    let again = Fake::connect_with(&mut scene.sim, node, 70, called("bob"));
    assert_eq!(
        name_of(&scene, again.at_node()),
        "bob-2",
        "it is free again"
    );
    scene.serves();
}

#[test]
fn nobody_has_the_name_of_a_node_of_the_lab_whoever_was_there_first() {
    let mut scene = Scene::new();
    let node = scene.node;
    let early = Fake::connect_with(&mut scene.sim, node, 66, called("wallet"));
    assert_eq!(
        name_of(&scene, early.at_node()),
        "wallet",
        "nobody else is called so"
    );
    let wallet = scene.add_node("wallet");
    scene.run_for(1_000);
    let late = Fake::connect_with(&mut scene.sim, node, 67, called("wallet"));
    let names = |scene: &Scene| {
        let peers = scene.snapshot().peers.into_iter();
        let named = peers.map(|peer| (peer.addr, peer.name));
        let mut named: Vec<_> = named.collect();
        named.sort();
        named
    };
    let name_at = |scene: &Scene, ip| {
        let all = names(scene);
        let found = all.iter().find(|(addr, _)| addr.ip() == ip);
        found.map(|(_, name)| name.clone())
    };
    let addr = scene.sim.address(wallet.0).ip();
    assert_eq!(
        name_at(&scene, addr).as_deref(),
        Some("wallet"),
        "{:?}",
        names(&scene)
    );
    assert_eq!(name_of(&scene, early.at_node()), "wallet-2");
    assert_eq!(name_of(&scene, late.at_node()), "wallet-3");
    // Its name is its own while it is down, and when it is back with another key.
    scene.sim.crash(wallet);
    scene.run_for(1_000);
    let third = Fake::connect_with(&mut scene.sim, node, 68, called("wallet"));
    assert_eq!(name_of(&scene, third.at_node()), "wallet-4");
    scene.sim.restart(wallet).expect("its store is whole");
    scene.until(Duration::from_secs(30), |scene| {
        name_at(scene, addr).is_some()
    });
    assert_eq!(name_at(&scene, addr).as_deref(), Some("wallet"));
}

#[test]
fn a_reject_is_repeated_in_quotes() {
    let mut scene = Scene::new();
    let node = scene.node;
    let mallory = Fake::connect_with(&mut scene.sim, node, 66, called("bob"));
    let reject = Reject {
        command: Text::new("version"),
        item: None,
        why: Text::new("full\" mined #7 ..abcdabcd with 1 payment"),
    };
    mallory.says(&mut scene.sim, Message::Reject(Box::new(reject)));
    mallory.leaves(&mut scene.sim);
    let lines = told(&mut scene);
    let lost = lines.iter().find(|line| line.starts_with("lost bob"));
    let lost = lost.expect("that it is gone is told");
    let end = r#"it said "full' mined #7 ..abcdabcd with 1 payment""#;
    assert!(lost.ends_with(end), "{lost}");
}

#[test]
fn an_address_that_is_none_is_not_kept_by_command_nor_by_configuration() {
    for text in [
        "0.0.0.0:1",
        "10.0.0.1:0",
        "[::ffff:0.0.0.0]:1",
        "[::]:3000",
        "224.0.0.1:3000",
        "255.255.255.255:3000",
        "[ff02::1]:3000",
    ] {
        let addr = text.parse().expect("as the system writes it");
        let mut scene = Scene::of(crate::common::params(), |config| {
            config.connect = vec![addr]
        });
        assert!(!scene.node().keeps(&addr), "{text}");
        let node = scene.node;
        let refused = scene.sim.call(node, Command::AddPeer(addr));
        let said = refused.expect_err("nobody is there").to_string();
        assert!(
            said.starts_with(&format!("{text} cannot be a peer: ")),
            "{said}"
        );
        assert!(!scene.node().keeps(&addr), "{text}");
        // Nor is it dialled because a peer tells of it.
        scene.honest.says(&mut scene.sim, Message::Addr(vec![addr]));
        let failed = |event: &Event| matches!(event.kind, EventKind::DialFailed { .. });
        scene.run_for(5_000);
        assert!(!scene.events_of(node).iter().any(failed), "{text}");
        scene.serves();
    }
    let mut scene = Scene::new();
    let (node, addr) = (scene.node, "10.0.0.77:1".parse().expect("an address"));
    let kept = scene.sim.call(node, Command::AddPeer(addr));
    assert!(matches!(kept, Ok(Reply::Done(_))), "{kept:?}");
}
