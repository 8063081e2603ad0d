//! What is on its way at this moment.

use crate::node::message::Message;
use crate::node::{NodeIx, Time};
use crate::sim::ends::{Frame, State, partner};
use crate::sim::world::Sim;

/// A message on its way from one host to another.
#[derive(Clone, Copy, Debug)]
pub struct InFlight<'a> {
    /// From whom.
    pub from: NodeIx,
    /// To whom.
    pub to: NodeIx,
    /// What.
    pub message: &'a Message,
    /// When it left and when it arrives, as links are now; `None`: it waits until those before it have left, or a
    /// black hole holds it.
    pub way: Option<(Time, Time)>,
}

impl Sim {
    /// The messages that are on their way, of each connection in the order in which they will arrive. What
    /// nothing takes in any more, because its connection is gone over there, is not among them; nor is what
    /// [travels as bytes](Sim::encode_messages).
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'_>> {
        let ends = self.net.ends.iter();
        ends.flat_map(|(conn, end)| {
            let other = self.net.ends.get(&partner(*conn));
            let other = other.filter(|other| other.state != State::Gone);
            other.into_iter().flat_map(|other| {
                end.out.queued().filter_map(|(frame, way)| match frame {
                    Frame::Message(message) => Some(InFlight {
                        from: end.owner,
                        to: other.owner,
                        message,
                        way,
                    }),
                    _ => None,
                })
            })
        })
    }
}
