//! 64 nodes in one process: how long until all are connected, what they take of memory after 100
//! blocks, and of the processor when nothing happens.

use crate::common::params;
use crate::ratio::Harness;
use crate::scene::Scene;
use chainlab::live::NodeHandle;
use chainlab::node::Command;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const BLOCKS: u32 = 100;

pub fn crowd(harness: &mut Harness) {
    let count = harness.size(64, 4);
    let scene = Scene::new(&params());
    let before = resident_bytes();
    let start = Instant::now();
    let nodes = start_all(&scene, count);
    for node in &nodes {
        scene.wait_until(node, |snapshot| {
            let ready = snapshot.peers.iter().filter(|peer| peer.ready);
            ready.count() >= 3.min(count - 1)
        });
    }
    let up = start.elapsed();
    for _ in 0..BLOCKS {
        let mined = nodes[0].command_blocking(Command::MineNow);
        mined.expect("mined");
    }
    for node in &nodes {
        scene.wait_until(node, |snapshot| snapshot.tip.height >= BLOCKS);
    }
    let idle = Duration::from_secs(if harness.quick { 1 } else { 20 });
    // What the blocks set off settles, and is written.
    thread::sleep(Duration::from_secs(3));
    let each = (resident_bytes() - before) / count as u64;
    let (busy, at) = (processor_time(), Instant::now());
    thread::sleep(idle);
    let share = (processor_time() - busy).as_secs_f64() / at.elapsed().as_secs_f64();
    let verdict = |holds: bool| match (harness.quick, holds) {
        (true, _) => "not judged: a quick run",
        (false, true) => "holds",
        (false, false) => "MISSED",
    };
    println!(
        "{count} live nodes up, each with three peers or more: {:.2} s | under 6 s | {}",
        up.as_secs_f64(),
        verdict(up < Duration::from_secs(6)),
    );
    println!(
        "resident memory of each after {BLOCKS} blocks: {:.2} MB | under 6 MB | {}",
        each as f64 / 1e6,
        verdict(each < 6_000_000),
    );
    println!(
        "processor time of all {count}, idle for {} s: {:.2} % of a core | under 5 % | {}",
        idle.as_secs(),
        share * 100.0,
        verdict(share < 0.05),
    );
    for node in &nodes {
        scene.runtime.block_on(node.stop());
    }
}

/// Each knows the two before it and learns of the others.
fn start_all(scene: &Scene, count: usize) -> Vec<NodeHandle> {
    let mut nodes: Vec<NodeHandle> = Vec::new();
    for at in 0..count {
        let mut config = scene.config(&format!("n{at}"));
        let known = nodes.iter().rev().take(2).filter_map(NodeHandle::addr);
        config.connect = known.collect();
        config.outbound = 4;
        nodes.push(scene.spawn(config));
    }
    nodes
}

/// What the process has in memory, in bytes.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    kilobytes
        .and_then(|n| n.parse::<u64>().ok())
        .expect("a number")
        * 1_024
}

/// Time that all threads of the process have run, now.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/schedstat");
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let mut nanos = 0;
    for task in tasks.flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let ran = text
            .split_whitespace()
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        nanos += ran.unwrap_or(0);
    }
    drop(stat);
    Duration::from_nanos(nanos)
}
