#![no_main]
//! Any bytes as the answer of a node of Bitcoin to each question: read, or refused in words that can be
//! shown. The answers in tests/bitcoin/answers are good seeds.

#[path = "../../tests/common/rpc_answers.rs"]
mod rpc_answers;

use chainlab::node::Time;
use libfuzzer_sys::fuzz_target;
use rpc_answers::{Said, read_all};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let now = Time(1_800_000_000_000_000);
    let status = [200, 401, 404, 500][usize::from(*first) % 4];
    read_all(&Said {
        status,
        body: rest,
        now,
    });
    // Most changes break the envelope: here they meet what is in it.
    let mut body = br#"{"result":"#.to_vec();
    body.extend_from_slice(rest);
    body.extend_from_slice(br#","error":null,"id":"chainlab"}"#);
    read_all(&Said {
        status,
        body: &body,
        now,
    });
});
