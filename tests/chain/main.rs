//! The rules: what a chain takes and refuses, and what it makes of what it took.

#[path = "../common/mod.rs"]
mod common;

mod arithmetic;
mod attack;
mod basics;
mod codec;
mod difficulty;
mod filter;
mod model;
mod rebuild;
mod refusals_block;
mod refusals_branches;
mod refusals_coinbase;
mod refusals_keys;
mod refusals_proofs;
mod refusals_shape;
mod refusals_store;
mod refusals_tx;
mod vectors;
