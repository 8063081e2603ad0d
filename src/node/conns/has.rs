//! What a node does around its connections.

use super::state::Conns;
use crate::node::io::{ConnId, Input};
use crate::node::message::{Message, Services};
use crate::node::store::StoreFault;
use crate::node::time::Time;

pub(super) type Done = Result<(), StoreFault>;

/// What a node says of itself to whom it meets, beside who it is.
pub(in crate::node) struct Hello {
    /// Height of the tip that it shows.
    pub height: u32,
    /// What it does for others.
    pub services: Services,
    /// Whether it wants to hear of transactions.
    pub wants_txs: bool,
}

/// A peer that has shaken hands.
pub(in crate::node) struct NewPeer {
    /// Its connection.
    pub conn: ConnId,
    /// The height that it claims.
    pub claimed: u32,
    /// What it does for others.
    pub services: Services,
    /// Whether it wants to hear of transactions.
    pub wants_txs: bool,
}

/// A node around its connections.
pub(in crate::node) trait HasConns: Sized {
    /// Its connections.
    fn conns(&self) -> &Conns;

    /// Its connections, to be changed.
    fn conns_mut(&mut self) -> &mut Conns;

    /// What it says of itself just now.
    fn hello(&self) -> Hello;

    /// A peer has shaken hands, and stays.
    ///
    /// # Errors
    /// [`StoreFault`].
    fn met(&mut self, peer: &NewPeer, now: Time) -> Done;

    /// A connection is gone: nothing of it is to be left.
    fn lost(&mut self, conn: ConnId, now: Time);

    /// A message that is not about connections, from a peer that has shaken hands.
    ///
    /// # Errors
    /// [`StoreFault`].
    fn received_more(&mut self, conn: ConnId, message: Message, now: Time) -> Done;

    /// An input that is not about connections, or more than that. Only [`Input::Sent`],
    /// [`Input::StoodStill`], [`Input::Tick`], [`Input::Command`] and [`Input::Solved`] come here.
    ///
    /// # Errors
    /// [`StoreFault`].
    fn handle_more(&mut self, input: Input, now: Time) -> Done;

    /// After every input: sends what is to be sent, and lets go whom it complained about.
    ///
    /// # Errors
    /// [`StoreFault`].
    fn settle(&mut self, now: Time) -> Done;

    /// Height of the best block that a peer is known to have, and the blocks that it owes.
    fn of_peer(&self, conn: ConnId) -> (Option<u32>, usize);
}
