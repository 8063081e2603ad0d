//! Nodes of Bitcoin: what is asked of them, and a real one.
//!
//! The tests over a real node run where `CHAINLAB_BCOIN` names the folder in which the package.json
//! beside this file was installed (`npm ci`); elsewhere each says that it was skipped.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/rpc_answers.rs"]
mod rpc_answers;

mod answers;
mod between;
mod filter;
mod find;
mod guard;
mod http;
mod lab;
mod mangled;
mod node;
mod processes;
mod proxy;
mod real;
mod stand_in;
mod start;
mod watch;
