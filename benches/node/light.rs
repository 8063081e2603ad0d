//! A light node downloads a chain of empty blocks by filter, beside a full node that downloads the same.

use crate::common::*;
use crate::ratio::{Harness, Target, timed};
use crate::scene::Scene;
use crate::sync::validate;
use chainlab::chain::codec;
use chainlab::live::NodeHandle;
use chainlab::node::{LightWay, NodeKind, NodeSnapshot};
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

const BLOCKS: usize = 10_000;

/// Bytes that a light node may take for each: a header, what its filter hashes to, the filter.
const EACH_MAX: u64 = 140;

pub fn light(harness: &mut Harness) {
    let (scene, count) = (Scene::new(&params()), harness.size(BLOCKS, 40));
    let servers = serving(&scene, count);
    let known: Vec<SocketAddr> = servers.iter().filter_map(NodeHandle::addr).collect();
    let top = u32::try_from(count).expect("few");
    let (round, of_light, of_full) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let sync = |kind, bytes: &Cell<u64>| {
        round.set(round.get() + 1);
        let name = format!("fresh-{}", round.get());
        let (time, taken) = synced(&scene, (&name, kind), &known, top);
        bytes.set(taken.max(bytes.get()));
        time
    };
    let by_filter = NodeKind::Light(LightWay::Filter);
    let (mut light, mut full) = (
        || sync(by_filter, &of_light),
        || sync(NodeKind::Full, &of_full),
    );
    let [ours, beside] = harness.interleave(5, [&mut light, &mut full]);
    let name = format!("a light node follows {count} empty blocks by filter");
    let target = Target::TimesAtMost(1.0);
    harness.report(&name, &ours, ("a full node", &beside), target);
    bytes(
        harness,
        &name,
        u64::from(top),
        (of_light.get(), of_full.get()),
    );
    for server in servers {
        scene.runtime.block_on(server.stop());
    }
}

fn bytes(harness: &mut Harness, name: &str, blocks: u64, (light, full): (u64, u64)) {
    let (most, share) = (EACH_MAX * blocks, light as f64 / full as f64);
    let verdict = harness.judge(name, light <= most);
    println!(
        "{name}: {light} bytes | a full node: {full} bytes | {share:.2} times | at most {most} bytes | {verdict}"
    );
}

/// Two nodes with the same chain: the word of one about filters is not enough.
fn serving(scene: &Scene, count: usize) -> [NodeHandle; 2] {
    let blocks = Miner::new(&scene.params).mine_empty(count);
    let encoded: Vec<Vec<u8>> = blocks.iter().map(codec::encode).collect();
    ["one", "other"].map(|name| {
        let dir = scene.dir.path().join(name);
        validate(&dir, &scene.params, &encoded);
        scene.spawn_at(scene.config(name), &dir)
    })
}

/// How long it takes a fresh node to have all that it keeps, and how many bytes came in for that.
fn synced(
    scene: &Scene,
    (name, kind): (&str, NodeKind),
    known: &[SocketAddr],
    top: u32,
) -> (Duration, u64) {
    let mut config = scene.config(name);
    config.connect = known.to_vec();
    config.kind = kind;
    let (time, node) = timed(|| {
        let node = scene.spawn(config);
        scene.wait_until(&node, |snapshot| has_all(snapshot, top));
        node
    });
    let peers = node.snapshots().borrow().peers.clone();
    scene.runtime.block_on(node.stop());
    (time, peers.iter().map(|peer| peer.received_bytes).sum())
}

fn has_all(snapshot: &NodeSnapshot, top: u32) -> bool {
    let light = snapshot.light.as_ref();
    let has_filters = light.is_none_or(|light| (light.filters, light.compared) == (top, top));
    snapshot.tip.height == top && has_filters
}
