//! Whatever a run's file says, it is read or refused in words, and what is read can be played: see
//! tests/common/run_files.rs. The bytes are the file, or they say of which lines it is made.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use common::run_files::{judge_run, mangled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((0, file)) => judge_run(&String::from_utf8_lossy(file)),
        Some((_, choices)) => judge_run(&mangled(choices)),
        None => {}
    }
});
