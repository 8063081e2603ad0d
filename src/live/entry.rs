//! What comes to a node's thread, by its inbox.

use super::conn::Conn;
use crate::node::io::{
    Command, CommandError, ConnId, Direction, Input, Question, Reply, RequestId,
};
use std::net::SocketAddr;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Where the answer to a command or a question goes.
pub(super) type Answer = oneshot::Sender<Result<Reply, CommandError>>;

/// What comes to the thread.
pub(super) enum Entry {
    /// A connection stands.
    Opened {
        conn: ConnId,
        direction: Direction,
        addr: SocketAddr,
        handle: Conn,
        /// Held until the node has seen it, of one that was accepted.
        unseen: Option<OwnedSemaphorePermit>,
    },
    /// Anything else for the node.
    Input(Input),
    /// A command.
    Command(RequestId, Command, Answer),
    /// A question.
    Question(Question, Answer),
    /// The snapshots are looked at from now on.
    Watched,
    /// End as one should.
    Stop,
    /// End as a crash would.
    Kill,
    /// One of the node's own threads has a bug, which said this.
    HelperDied(String),
}
