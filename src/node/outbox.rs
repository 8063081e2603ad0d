//! Where managers leave what they want said. The router takes it from there: it knows who is still
//! connected, counts bytes, and adds up misbehaviour.

use super::ids::ConnId;
use super::message::Message;
use std::collections::VecDeque;

/// What a manager wants said, and about whom it complains.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// Messages, in order.
    pub sends: VecDeque<(ConnId, Message)>,
    /// Complaints.
    pub blames: Vec<Blame>,
}

/// A complaint about a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// Whom.
    pub conn: ConnId,
    /// How bad: at [`SCORE_MAX`](super::peers::SCORE_MAX) the connection ends.
    pub points: u32,
    /// What it did.
    pub why: String,
}

/// Points for what no honest node does: the connection ends.
pub const MALICE: u32 = 100;

/// Points for what an honest node may do by accident now and then.
pub const NUISANCE: u32 = 10;

impl Outbox {
    /// Leaves a message.
    pub fn send(&mut self, conn: ConnId, message: Message) {
        self.sends.push_back((conn, message));
    }

    /// Leaves a complaint.
    pub fn blame(&mut self, conn: ConnId, points: u32, why: impl Into<String>) {
        let why = why.into();
        self.blames.push(Blame { conn, points, why });
    }
}
