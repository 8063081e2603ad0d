//! chainlab runs a real blockchain network in one terminal and shows it at work.
//!
//! # Floors
//!
//! A floor uses only floors below it; `tests/layering.rs` holds them apart.
//!
//! ```text
//! live    the machine: so far a store on disk; beside it sim, virtual time in memory
//! link    latency, jitter, loss, bandwidth and cuts: a queue for each direction
//! node    one node, without IO: so far its chain and what a store must promise
//! chain   the rules: amounts, keys, transactions, blocks, proof of work, validation. Pure.
//! ```
//!
//! # Driving a chain
//!
//! A [`ChainState`](node::ChainState) never asks for anything: no clock, no socket, no file but
//! through the [`Store`](node::Store) that it is given. Whoever drives it hands in headers and
//! blocks as they come, with the time at which they came, and is told what changed:
//!
//! ```
//! use chainlab::chain::block::{Header, HEADER_VERSION, Midstate};
//! use chainlab::chain::headers::Origin;
//! use chainlab::chain::params::Allocation;
//! use chainlab::chain::{Amount, Block, KeyHash, Params, SigCache, Tx, merkle};
//! use chainlab::chain::tx::TxOut;
//! use chainlab::node::{ChainState, MemStore};
//! use std::sync::Arc;
//!
//! let miner = KeyHash([7; 20]);
//! let params = Arc::new(Params {
//!     genesis: vec![Allocation { owner: miner, amount: "10".parse()? }],
//!     ..Params::default()
//! });
//! let sigs = Arc::new(SigCache::default());
//! let mut chain = ChainState::open(MemStore::new(), Arc::clone(&params), sigs)?;
//!
//! // What a miner does: the rules say what the next header must be, a nonce makes it so.
//! let tip = chain.tree().cursor(chain.tree().tip());
//! let reward = TxOut { amount: params.subsidy_at(1), owner: miner };
//! let txs = vec![Tx::coinbase(1, vec![reward], [0; 64])];
//! let txids: Vec<_> = txs.iter().map(Tx::txid).collect();
//! let mut header = Header {
//!     version: HEADER_VERSION,
//!     previous: tip.hash,
//!     merkle_root: merkle::commitment(&txids),
//!     time: tip.earliest_time(),
//!     bits: tip.next_bits(&params),
//!     nonce: 0,
//! };
//! let target = header.bits.to_target()?;
//! let mut midstate = Midstate::new(&header);
//! header.nonce = (0..).find(|nonce| target.is_met_by(&midstate.hash(*nonce))).expect("soon");
//!
//! // What the node does with it, whoever it came from.
//! let (block, now) = (Arc::new(Block::new(header, txs)), header.time);
//! let accepted = chain.accept_block(Origin::Own, &block, now)?;
//! let change = accepted.change.expect("it extends the tip");
//! assert_eq!(change.connected[0].hash(), chain.tip().hash);
//! assert_eq!(chain.tip().height, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three kinds of failure are told apart by type: a [`RuleError`](chain::RuleError) is the fault
//! of whoever sent the block, a [`StoreFault`](node::StoreFault) is the machine's and halts the
//! node with its data intact, and a panic is a bug.

pub mod chain;
pub mod cli;
pub mod lab;
pub mod link;
pub mod live;
pub mod node;
pub mod sim;
