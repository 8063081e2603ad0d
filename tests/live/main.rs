//! Nodes on the machine: sockets, threads, disk, clocks, processes that are killed.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/other_user.rs"]
mod other_user;

mod chaos;
mod clocks;
mod crash;
mod damage;
mod full;
mod light;
mod link;
mod node_log;
mod nodes;
mod private_files;
mod process;
mod program;
mod refusals_bytes;
mod refusals_files;
mod refusals_wallet;
mod scenario;
mod seats;
mod stale;
mod store_system;
mod unread;
mod wire;

#[test]
#[ignore = "is a child of the tests that start it"]
fn a_node_in_a_process_of_its_own() {
    common::child::live();
}
