//! Nodes of several processes, each with a clock of its own: what becomes of one that was stopped for a
//! while, and what is said where clocks differ.

use crate::common::live::{LATER, Scene, addr, at_tip, event, mine, until};
use crate::common::*;
use chainlab::chain::Params;
use chainlab::live::LabClock;
use chainlab::node::io::{Event, EventKind, Question};
use chainlab::node::snapshot::NodeSnapshot;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(40);

/// The blocks of the default network, but cheap; a block may be 10 s ahead.
fn network() -> Params {
    Params {
        block_interval_ms: 5_000,
        future_drift_ms: 10_000,
        ..params()
    }
}

/// A clock that begins at a time, and by how much, in ms, the process was stopped so far.
fn stoppable(start: chainlab::node::Time) -> (LabClock, Arc<AtomicU64>) {
    let (origin, stopped) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let ms = Arc::clone(&stopped);
    let raw = move || origin.elapsed() + Duration::from_millis(ms.load(Ordering::SeqCst));
    (LabClock::over(start, raw), stopped)
}

fn skew_of<'a>(name: &'a str) -> impl Fn(&Event) -> Option<i64> + 'a {
    move |event| match &event.kind {
        EventKind::ClockSkew { peer, ahead_ms } if &*peer.name == name => Some(*ahead_ms),
        _ => None,
    }
}

fn shown(seen: &NodeSnapshot, name: &str) -> Option<i64> {
    let peer = seen.peers.iter().find(|peer| peer.name == name)?;
    peer.clock_ahead_ms
}

/// Alice was stopped for 40 s; bob's process went on meanwhile, so his clock is 40 s ahead of where
/// hers was stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_stopped_goes_on_from_the_wall_clock_takes_blocks_at_once_and_loses_no_peer()
 {
    let (clock, stopped) = stoppable(LATER);
    let hers = Scene::at(network(), clock);
    let his = Scene::at(network(), LabClock::starting_at(LATER + PAUSE));
    let bob = his.start(his.config("bob")).await;
    let mut config = hers.config("alice");
    config.connect = vec![addr(&bob)];
    let alice = hers.start(config).await;
    let mut events = alice.events();
    let mut lost = alice.events();

    let ahead = event(&mut events, skew_of("bob")).await;
    assert!((39_000..=40_000).contains(&ahead), "{ahead} ms");
    let seen = until(&alice, |seen| shown(seen, "bob").is_some()).await;
    assert_eq!(seen.peers.len(), 1);

    stopped.store(40_000, Ordering::SeqCst);
    // She compares the clocks again as soon as she wakes, and they agree.
    assert_eq!(event(&mut events, skew_of("bob")).await, 0);
    until(&alice, |seen| shown(seen, "bob").is_none()).await;
    for _ in 0..3 {
        let block = mine(&bob).await;
        at_tip(&alice, block).await;
    }
    while let Ok(event) = lost.try_recv() {
        let is_bad = matches!(
            event.kind,
            EventKind::PeerDown { .. } | EventKind::BlockRefused { .. }
        );
        assert!(!is_bad, "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_of_two_nodes_whose_clocks_differ_say_so_by_the_others_name() {
    let late = Scene::at(network(), LabClock::starting_at(LATER));
    let right = Scene::at(network(), LabClock::starting_at(LATER + PAUSE));
    let bob = right.start(right.config("bob")).await;
    let mut said = bob.events();
    let mut config = late.config("alice");
    config.connect = vec![addr(&bob)];
    let alice = late.start(config).await;
    let behind = event(&mut said, skew_of("alice")).await;
    assert!((-40_000..=-39_000).contains(&behind), "{behind} ms");
    until(&alice, |seen| shown(seen, "bob") > Some(39_000)).await;
    // Less than half of what is allowed is nobody's business.
    let near = Scene::at(
        network(),
        LabClock::starting_at(LATER + PAUSE + Duration::from_secs(3)),
    );
    let mut config = near.config("nora");
    config.connect = vec![addr(&bob)];
    let nora = near.start(config).await;
    let met = |seen: &NodeSnapshot| seen.peers.iter().any(|peer| peer.round_trip.is_some());
    let seen = until(&nora, |seen| met(seen)).await;
    assert_eq!(shown(&seen, "bob"), None);
    nora.ask(Question::Snapshot).await.expect("it runs");
}
