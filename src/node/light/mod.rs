//! A light node: it keeps headers, and of blocks what concerns its wallets. By section 8 of the Bitcoin
//! paper, with the filters of BIPs 157 and 158.
//!
//! 1. Headers are got and judged as a full node does, with all their limits: the chain is that with
//!    most work.
//! 2. For each block one peer says what its filter hashes to, and a second one whether it has heard the
//!    same (`words`). Where they differ the block is fetched, the filter computed, and who lied is
//!    let go.
//! 3. With wallets, by *filter*, filters are read (`scan`) and blocks that match fetched whole, each from a peer drawn at
//!    random (`bodies`). By *address* two full nodes are told the addresses and prove what they find
//!    (`watchers`), also what waits (`incoming`). What it does for the wallets is in [`wallets`](super::wallets).
//! 4. Payments are announced, and handed to who asks (`payments`), until a block has them.
//!
//! What it can check: work, target, times and links of headers, that a block is what its header commits
//! to, signatures of its own coins' spending. What it cannot: that what others spend exists and is unspent.
//! And of what a peer leaves out it knows only by others.
//!
//! A peer that never answers costs the time until another one is asked. What a peer owes is remembered until
//! it comes, or the connection ends, so that a late answer is no offence.

mod apply;
mod ask;
mod bodies;
mod command;
mod ends;
mod fees;
mod incoming;
mod open;
mod payments;
mod proofs;
mod proven;
mod route;
mod scan;
mod show;
mod state;
mod stored;
mod watchers;
mod words;

pub use self::state::LightNode;
