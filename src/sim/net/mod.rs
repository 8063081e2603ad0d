//! Connections between hosts: two links each, one for either direction.
//!
//! A connection has two ends with numbers of their own, 2n for who dialled and 2n + 1. What TCP
//! does with packets of its own travels on the links as well, in order with the messages:
//!
//! ```text
//! dialler                      acceptor
//!    │── Open ──────────────────▶│  Connected, or Refuse if no host listens
//!    │◀───────────────── Accept ─│
//! Connected                      │
//!    │◀════════ messages ═══════▶│
//!    │── End ───────────────────▶│  Disconnected
//! ```
//!
//! So a dial takes a round trip, an acceptor knows half of one earlier than the dialler, and in a
//! black hole no end learns anything until it closes. An end that has nothing to do with the
//! connection any more, because it closed it or heard of its end, is *gone*; when both are,
//! nothing is left of the connection.

mod conns;
mod flight;
mod frames;

pub use flight::InFlight;
