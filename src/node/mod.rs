//! One node, without IO.
//!
//! ```text
//!            Input                                        Output
//!   messages, ticks, commands ──► Node::handle ──► poll_output: sends, dials, jobs, replies, events
//!                                      │
//!   routes to the managers, which never call each other:
//!
//!   handshake, peers   who is there          chainstate   headers, blocks, coins
//!   addrbook, gossip   whom to dial          mempool      transactions that wait
//!   sync               who has what          wallets      keys, payments, balances
//!   relay              what to pass on       template     the next block
//!   serve              what others ask for   mining       when to look for it
//!   prover, fees       what light nodes ask  private_chain   blocks kept to itself
//!                                           attack          what breaks the rules on purpose
//! ```
//!
//! The driver's loop is in the [crate's documentation](crate). Looking is done beside it, by
//! [`Node::ask`], which takes the node as it is and leaves it so. A node reads no clock and draws only
//! from its own seeded streams, so the same inputs at the same times give the same outputs.
//!
//! A reading order:
//!
//! 1. [`io`]: all that goes in and comes out. [`config`]: how a node is to be. [`message`]: what nodes
//!    say to each other.
//! 2. [`Node`]: the state, which is the managers side by side. [`chainstate`] is the one to begin with;
//!    it keeps what it knows in a [`store`].
//! 3. [`handshake`] and [`peers`], then [`sync`], [`relay`] and [`serve`]: how a block gets here and goes on.
//!    [`prover`] and [`fees`] are for light nodes.
//! 4. [`mempool`], [`wallets`], [`template`], [`mining`]: how a payment gets into a block.
//! 5. `conns`, `route`, `blocks`, `txs`, `commands`: what carries results from one manager to the next.

pub mod addrbook;
pub mod attack;
mod attacking;
mod blocks;
pub mod chainstate;
pub mod check;
mod commands;
pub mod config;
mod conns;
mod families;
pub mod fee;
pub mod fees;
pub mod foreign;
pub mod gossip;
pub mod handshake;
pub mod ids;
pub mod io;
pub mod light;
mod light_peers;
pub mod machine;
pub mod mempool;
pub mod message;
pub mod mining;
mod open;
pub mod outbox;
pub mod peers;
pub mod private_chain;
pub mod prover;
mod queries;
pub mod random;
pub mod raw;
pub mod relay;
mod route;
mod selfish;
pub mod serve;
pub mod snapshot;
mod state;
pub mod store;
pub mod sync;
pub mod template;
pub mod time;
mod txs;
mod undone;
pub mod wallets;

pub use chainstate::{ChainChange, ChainState};
pub use config::{Config, LightWay, NodeKind, Seeds, SyncMethod};
pub use conns::FLUSH_EVERY;
pub use ids::{ConnId, NodeIx, RequestId};
pub use io::{Command, Event, EventKind, Halt, Input, Output, Question, Reply};
pub use light::LightNode;
pub use machine::Machine;
pub use message::Message;
pub use snapshot::NodeSnapshot;
pub use state::{ANNOUNCE_AGAIN, Node};
pub use store::{Batch, BlockId, HeaderRecord, MemStore, Store, StoreFault};
pub use time::{Time, earlier};
