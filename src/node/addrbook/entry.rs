//! One address.

use crate::node::ids::ConnId;
use crate::node::time::Time;

/// What is known of an address.
#[derive(Clone, Debug)]
pub(super) struct KnownAddr {
    /// We were told to stay connected to it.
    pub(super) is_kept: bool,
    /// Dials that failed, and connections that did not last, since one that did.
    pub(super) failures: u32,
    pub(super) reached_at: Time,
    /// Not before.
    pub(super) next_try: Time,
    pub(super) state: State,
    /// A handshake was completed there once.
    pub(super) was_reached: bool,
}

/// Whether there is a connection with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    Dialling,
    /// The node there is connected, by this connection, dialled by either side.
    Connected(ConnId),
}
