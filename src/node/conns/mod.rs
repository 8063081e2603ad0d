//! Connections, and all that is done on them which has nothing to do with blocks or payments: handshakes,
//! the address book, gossip, pings, what is sent, and who is let go. A full node and a light one have the
//! same, so it is here once: [`Conns`] is the state, [`HasConns`] what the node around it does, and the
//! rest are methods that every such node has.
//!
//! | file | what a node gets |
//! |---|---|
//! | `has` | [`HasConns`]: what the node around them does |
//! | `state` | [`Conns`]: what is known of connections |
//! | `life` | how a connection begins, and how it ends |
//! | `talk` | inputs and messages on their way in and out |
//! | `commands` | peers that people add, drop and ban |

mod commands;
mod has;
mod life;
mod state;
mod talk;

pub(super) use self::commands::ConnCommands;
pub(super) use self::has::{HasConns, Hello, NewPeer};
pub(super) use self::life::ConnLife;
pub(super) use self::state::Conns;
pub use self::state::FLUSH_EVERY;
pub(super) use self::talk::ConnTalk;
