//! Arbitrary sequences of inputs to one node: see tests/common/node_ops.rs.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use chainlab::node::SyncMethod;
use common::node_ops::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((method, ops)) = bytes.split_first() else {
        return;
    };
    let method = match method % 3 {
        0 => SyncMethod::BlocksFirst,
        _ => SyncMethod::HeadersFirst,
    };
    let _reached = Scene::new(method).run(ops);
});
