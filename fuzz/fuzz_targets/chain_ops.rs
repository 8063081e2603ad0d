//! Sequences of operations on a chain, held against the model of tests/common/model.rs.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use chainlab::node::MemStore;
use common::model::{Op, World};
use libfuzzer_sys::fuzz_target;

/// The model recomputes everything after each operation, so long runs get slow.
const MOST: usize = 80;

fuzz_target!(|bytes: &[u8]| {
    let ops = bytes.chunks_exact(4).take(MOST);
    let ops: Vec<Op> = ops.map(|op| op.try_into().expect("four bytes")).collect();
    World::new(MemStore::new(), |store| store).run(&ops);
});
