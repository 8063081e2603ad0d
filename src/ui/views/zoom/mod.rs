//! One node alone: tabs for its chain, mempool, peers, wallets and log, down to the detail of blocks
//! and transactions.
//!
//! ```text
//! ╭ central :3000  full node ──────────────────────────────────────────────────────────────── UP ╮
//! │ height  12 [a9]  ..31f07ca9  3 s  work 917504                                                │
//! │ mempool 1 tx  0.2 kB   peers 2   wallets 1                                                   │
//! │  Chain   Mempool   Peers   Wallets   Log                                                     │
//! │ height  block  hash        age  txs  miner    interval                                       │
//! │     12  [a9]   ..31f07ca9  3 s    1  rewards  4.8 s                                          │
//! ╰──────────────────────────────────────────────────────────────────────────────────── 1 of 13 ─╯
//! ```
//!
//! What a snapshot does not hold is asked of the node and shown when it comes. Of a node that is
//! down nothing is asked: what was last known of it stays.

mod body;
mod draw;
mod head;
mod log;
mod mempool;
mod peers;
mod program;
mod rates;
mod shown;
mod state;
mod tab;
mod wallets;

pub use state::ZoomView;
