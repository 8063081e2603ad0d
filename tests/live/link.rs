//! Links between nodes as they run, measured: what was asked for is what arrives, a cut is noticed
//! at both ends at once and heals, and a black hole only by its silence.

use crate::common::live::{
    LATER, Scene, addr, ask, at_tip, call, event, is_about, mine, tip, until, with_peers,
};
use crate::common::params;
use chainlab::link::{Conditions, LinkState};
use chainlab::live::{LabClock, NodeHandle};
use chainlab::node::Time;
use chainlab::node::io::{Command, Event, EventKind, Question};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::Receiver;
use tokio::time::sleep;

const STRAIGHT: Conditions = Conditions {
    latency: Duration::ZERO,
    jitter: Duration::ZERO,
    bandwidth: None,
    loss: 0.0,
    state: LinkState::Open,
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Alice, and Bob who dials her.
async fn two(scene: &Scene) -> (NodeHandle, NodeHandle) {
    let alice = scene.join("alice", &[]).await;
    let bob = scene.join("bob", &[&alice]).await;
    with_peers(&alice, 1).await;
    with_peers(&bob, 1).await;
    (alice, bob)
}

/// Bends what is between two nodes.
fn bend(scene: &Scene, (from, to): (&NodeHandle, &NodeHandle), conditions: Conditions) {
    let set = scene.links.set(addr(from), addr(to), conditions);
    set.expect("in range");
}

fn inv(event: &Event, wanted_sent: bool) -> Option<Time> {
    let is_it = match &event.kind {
        EventKind::MessageSent { command, .. } => wanted_sent && command == "inv",
        EventKind::MessageReceived { command, .. } => !wanted_sent && command == "inv",
        _ => false,
    };
    is_it.then_some(event.at)
}

/// The times that announcements of new blocks take from one node to another, sorted.
async fn one_way(from: &NodeHandle, to: &NodeHandle) -> Vec<Duration> {
    let (mut sent, mut received) = (from.events(), to.events());
    let mut times = Vec::new();
    for _ in 0..7 {
        let tip = mine(from).await;
        let left = event(&mut sent, |event| inv(event, true)).await;
        let came = event(&mut received, |event| inv(event, false)).await;
        times.push(came.since(left));
        at_tip(to, tip).await;
    }
    times.sort();
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_is_what_was_asked_for_each_way_its_own_and_changes_at_once() {
    let scene = Scene::new(params());
    let (alice, bob) = two(&scene).await;
    bend(&scene, (&alice, &bob), Conditions::latency(ms(120)));
    bend(&scene, (&bob, &alice), Conditions::latency(ms(40)));
    is_about(&one_way(&alice, &bob).await, ms(120));
    is_about(&one_way(&bob, &alice).await, ms(40));
    bob.set_link(addr(&alice), Conditions::latency(ms(15)), STRAIGHT)
        .expect("in range");
    is_about(&one_way(&bob, &alice).await, ms(15));
    is_about(&one_way(&alice, &bob).await, ms(0));
}

/// Bytes of messages that came in, with the times of the first and the last, until a tip.
async fn received(events: &mut Receiver<Event>, height: u32) -> (Time, Time, usize) {
    let (mut first, mut sum) = (None, 0);
    loop {
        let event = event(events, |event| Some(event.clone())).await;
        match event.kind {
            EventKind::MessageReceived { bytes, .. } => {
                // The first has come when the count begins.
                sum += first.map_or(0, |_| bytes);
                first.get_or_insert(event.at);
            }
            EventKind::TipChanged { tip, .. } if tip.height == height => {
                return (first.expect("a block came"), event.at, sum);
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_comes_over_a_narrow_link_at_its_bandwidth() {
    const BANDWIDTH: u64 = 30_000;
    const BLOCKS: u32 = 200;
    let scene = Scene::new(params());
    let alice = scene.join("alice", &[]).await;
    for _ in 0..BLOCKS {
        mine(&alice).await;
    }
    let narrow = Conditions {
        bandwidth: Some(BANDWIDTH),
        ..STRAIGHT
    };
    scene.links.set_default(narrow).expect("in range");
    let bob = scene.join("bob", &[]).await;
    let mut events = bob.events();
    call(&bob, Command::AddPeer(addr(&alice))).await;
    let (begun, ended, bytes) = received(&mut events, BLOCKS).await;
    let rate = bytes as f64 / ended.since(begun).as_secs_f64();
    let off = rate / BANDWIDTH as f64 - 1.0;
    assert!(
        off.abs() < 0.1,
        "{rate:.0} bytes a second instead of {BANDWIDTH}"
    );
    // What is set straight is so at once, whatever waits.
    bend(&scene, (&alice, &bob), STRAIGHT);
    bend(&scene, (&bob, &alice), STRAIGHT);
    is_about(&one_way(&alice, &bob).await, ms(0));
}

fn down(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::PeerDown { why, .. } => Some(why.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_ends_the_connection_at_both_ends_refuses_new_ones_and_heals() {
    let scene = Scene::new(params());
    let (alice, bob) = two(&scene).await;
    let (mut at_alice, mut at_bob) = (alice.events(), bob.events());
    let begun = Instant::now();
    // One direction is enough: a connection takes both.
    bend(&scene, (&alice, &bob), STRAIGHT.in_state(LinkState::Cut));
    event(&mut at_alice, down).await;
    event(&mut at_bob, down).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "not at once");
    let refused = event(&mut at_bob, |event| match &event.kind {
        EventKind::DialFailed { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert_eq!(refused.await, "the link is cut");
    let (on_one_side, on_the_other) = (mine(&alice).await, mine(&bob).await);
    assert_eq!(tip(&alice).await, on_one_side);
    assert_eq!(tip(&bob).await, on_the_other);
    for events in [&mut at_alice, &mut at_bob] {
        while let Ok(event) = events.try_recv() {
            let is_said = matches!(event.kind, EventKind::MessageSent { .. });
            assert!(!is_said, "{event:?}");
        }
    }

    bend(&scene, (&alice, &bob), STRAIGHT);
    with_peers(&alice, 1).await;
    with_peers(&bob, 1).await;
    let tip = mine(&alice).await;
    at_tip(&bob, tip).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_only_at_the_other_end_is_refused_when_it_says_who_it_is() {
    let scene = Scene::new(params());
    let alice = scene.join("alice", &[]).await;
    // Bob's table is another: as if he ran in a process of his own.
    let elsewhere = Scene::at(params(), scene.clock.clone());
    let bob = elsewhere.join("bob", &[&alice]).await;
    with_peers(&alice, 1).await;
    let mut at_alice = alice.events();
    let cut = STRAIGHT.in_state(LinkState::Cut);
    alice.set_link(addr(&bob), cut, cut).expect("in range");
    assert_eq!(event(&mut at_alice, down).await, "the link was cut");
    // He dials again, and again, and does not come in.
    for _ in 0..2 {
        assert_eq!(event(&mut at_alice, down).await, "the link was cut");
    }
    let mined = mine(&alice).await;
    assert_eq!(tip(&bob).await.height, 0);
    alice
        .set_link(addr(&bob), STRAIGHT, STRAIGHT)
        .expect("in range");
    at_tip(&bob, mined).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_one_way_lets_the_other_way_through_and_what_it_held_arrives() {
    let scene = Scene::new(params());
    let (alice, bob) = two(&scene).await;
    let hole = STRAIGHT.in_state(LinkState::BlackHole);
    bend(&scene, (&alice, &bob), hole);
    let (mut at_alice, mut at_bob) = (alice.events(), bob.events());
    // Bob's news reach Alice, who asks for the block; the question does not reach him.
    mine(&bob).await;
    event(&mut at_alice, |event| inv(event, false)).await;
    // By now the question would be there.
    mine(&bob).await;
    event(&mut at_alice, |event| inv(event, false)).await;
    assert_eq!(tip(&alice).await.height, 0);
    while let Ok(event) = at_bob.try_recv() {
        assert!(
            !matches!(event.kind, EventKind::MessageReceived { .. }),
            "{event:?}"
        );
    }
    bend(&scene, (&alice, &bob), STRAIGHT);
    until(&alice, |now| now.tip.height == 2).await;
}

/// A clock that runs ten times as fast as it should.
fn hasty_clock() -> LabClock {
    let origin = Instant::now();
    let clock = LabClock::over(LATER, move || 10 * origin.elapsed());
    let read = clock.clone();
    // A tenth of the time that nobody may be silent for.
    thread::spawn(move || {
        while origin.elapsed() < Duration::from_secs(60) {
            read.now();
            thread::sleep(ms(20));
        }
    });
    clock
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_black_hole_connections_time_out_and_afterwards_they_come_back() {
    let scene = Scene::at(params(), hasty_clock());
    // The last byte before the hole comes after this.
    let begun = scene.clock.now();
    let (alice, bob) = two(&scene).await;
    let mut at_bob = bob.events();
    let hole = STRAIGHT.in_state(LinkState::BlackHole);
    scene.links.set_default(hole).expect("in range");
    let mined = mine(&alice).await;
    let why = loop {
        // Nodes sleep by the real clock: a question makes them look at the hasty one.
        ask(&bob, Question::Peers).await;
        ask(&alice, Question::Peers).await;
        if let Some(why) = at_bob.try_recv().ok().and_then(|event| down(&event)) {
            break why;
        }
        sleep(ms(5)).await;
    };
    assert_eq!(why, "timed out: no byte moved for 20 s");
    // The last byte may have moved a ping's interval before the hole opened.
    assert!(scene.clock.now().since(begun) >= Duration::from_secs(10));
    assert_eq!(tip(&bob).await.height, 0);
    scene.links.set_default(STRAIGHT).expect("in range");
    while tip(&bob).await != mined {
        assert!(scene.clock.now().since(begun) < Duration::from_secs(120));
        sleep(ms(5)).await;
    }
}
