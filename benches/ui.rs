//! What the screen costs: a frame, a key, a start, a lab that rests, a lab that goes on for long.
//! Each figure stands beside its limit or its rival, measured in turns in the same run: see
//! `docs/performance.md`.
//!
//! ```sh
//! cargo bench --bench ui                 # all of it
//! cargo bench --bench ui -- frame        # one group: frame, views, lock, tree,
//!                                        # keys, start, idle, virtual, max, back, watch, memory
//! CHAINLAB_BENCH_MINUTES=60 cargo bench --bench ui -- memory
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark drives the machine"
)]

#[path = "ui/bent.rs"]
mod bent;
#[allow(dead_code, reason = "the tests' own, of which one figure needs a part")]
#[path = "../tests/common/blocks_desk.rs"]
mod blocks_desk;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "ui/frame.rs"]
mod frame;
#[path = "ui/idle.rs"]
mod idle;
#[path = "ui/keys.rs"]
mod keys;
#[path = "ui/labs.rs"]
mod labs;
#[path = "ui/lock.rs"]
mod lock;
#[path = "ui/memory.rs"]
mod memory;
#[path = "../tests/common/picture.rs"]
mod picture;
#[path = "ui/process.rs"]
mod process;
#[allow(dead_code, reason = "not every kind of target is needed here")]
#[path = "chain/ratio.rs"]
mod ratio;
#[path = "ui/start.rs"]
mod start;
#[path = "ui/tail.rs"]
mod tail;
#[path = "../tests/common/terminal.rs"]
mod terminal;
#[path = "ui/time.rs"]
mod time;
#[path = "ui/tree.rs"]
mod tree;
#[path = "ui/watch.rs"]
mod watch;

fn main() {
    ratio::Harness::from_args().measure(&[
        ("frame", frame::frame),
        ("views", bent::views),
        ("lock", lock::lock),
        ("tree", tree::tree),
        ("keys", keys::keys),
        ("start", start::start),
        ("idle", idle::idle),
        ("virtual", idle::virtual_time),
        ("max", time::fastest),
        ("back", time::back),
        ("watch", watch::watch),
        ("memory", memory::memory),
    ]);
}
