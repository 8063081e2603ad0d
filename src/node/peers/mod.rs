//! Who is connected: handshakes, round trips, bytes, misbehaviour and bans.
//!
//! A peer is pinged when it is new and then every [`PING_INTERVAL`], so a line that works always
//! moves some bytes. When none moved for [`IDLE_MAX`], in either direction, the connection is given
//! up. That is the only thing held against a slow line: a peer that takes minutes for a block is
//! served at its pace. What is held against the peer itself is counted in points
//! ([`Outbox::blame`](super::outbox::Outbox::blame)); at [`SCORE_MAX`] the connection ends and its IP
//! is banned for [`BAN`]. Loopback is never banned: everybody in a lab is there.
//!
//! A pong carries the time of who sent it; where the clocks differ that is told: see [`Skew`].
//!
//! How many there may be, and who goes for another one: [`seats`] and [`evict`]. What becomes of those who
//! never shake hands is counted: [`strangers`].

mod bans;
pub mod evict;
mod names;
mod naming;
mod peer;
mod predecessor;
pub mod seats;
mod skew;
pub mod strangers;
mod table;

pub use self::bans::{BAN, BANS_MAX};
pub use self::names::{Neighbours, user_agent};
pub use self::peer::{HANDSHAKE_MAX, IDLE_MAX, PING_INTERVAL, PONG_MAX, Peer, Predecessor};
pub use self::skew::Skew;
pub use self::table::{Due, Peers, SCORE_MAX};

#[cfg(test)]
mod tests;
