//! All blocks of all nodes, as a tree, and how they came to where they are.
//!
//! ```text
//! ╭ blocks ───────────────────────────────────────────────────────────────────────────────────╮
//! │  Tree   On their way   Transactions                                                       │
//! │ reorganisation 3 deep at +01:42: #13 [a9], mined by miner, won over #12 [17] at wallet     │
//! │       height  block  nodes at this tip  mined by  txs   age  hash                         │
//! │ ●         13  [a9]   wallet central     miner       1   3 s  ..31f07ca9                   │
//! │ │ ○       12  [17]   lost               relay       0   9 s  ..99ab0017                   │
//! │ ●─┘       11  [5e]                      miner       0  14 s  ..00c1d25e                   │
//! ╰──────────────────────────────────────────────────────────────────────────────── 1 of 14 ──╯
//! ```
//!
//! The tree goes down to the first block: what was not seen is asked of a node. What is
//! opened is shown as zoom shows it, of a node that has it.

mod areas;
mod draw;
mod path;
mod shown;
mod spread;
mod state;
mod tab;
mod ways;

pub use state::BlocksView;
