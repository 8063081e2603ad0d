//! Whatever a kept lab's file says, it is read or refused in words, and what is read is sound: see
//! tests/common/lab_json.rs. The bytes are the file, or they say how a good one is mangled: else most
//! would end at the first bracket.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use common::lab_json::{judge_lab, mangled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((0, file)) => judge_lab(file),
        Some((_, choices)) => {
            judge_lab(&serde_json::to_vec(&mangled(choices)).expect("plain data"));
        }
        None => {}
    }
});
