//! How connections begin and end: see the drawing in [`net`](super).

use crate::link::{Conditions, Link, LinkState};
use crate::node::NodeIx;
use crate::node::io::{ConnId, Direction, Input};
use crate::sim::agenda::Due;
use crate::sim::ends::{DIAL_TIMEOUT, EPHEMERAL_PORTS, End, Frame, LINGER, State, partner};
use crate::sim::world::Sim;
use rand_core::Rng;
use std::net::SocketAddr;

impl Sim {
    pub(in crate::sim) fn dial(&mut self, ix: NodeIx, addr: SocketAddr) {
        let failed = |why: &str| Input::DialFailed {
            addr,
            why: why.to_owned(),
        };
        let Some(&to) = self.net.by_addr.get(&addr) else {
            return self.give_soon(ix, failed("no route to host"));
        };
        let (out, back) = (self.net.conditions(ix, to), self.net.conditions(to, ix));
        if [out, back].iter().any(|c| c.state == LinkState::Cut) {
            return self.give_soon(ix, failed("the link is cut"));
        }
        let number = self.net.connections;
        self.net.connections += 1;
        let (first, ports) = EPHEMERAL_PORTS;
        let port = u16::try_from(first + number % ports).expect("below 2^16");
        let from = SocketAddr::new(self.hosts[ix.0].addr.ip(), port);
        let conn = ConnId(2 * number);
        self.add_end(conn, ix, State::Dialling, addr, out);
        self.add_end(partner(conn), to, State::Dialled, from, back);
        let give_up = self
            .agenda
            .enter(self.now() + DIAL_TIMEOUT, Due::GiveUp(conn));
        self.end(conn).timeout = Some(give_up);
        self.put(conn, 0, Frame::Open);
    }

    fn add_end(
        &mut self,
        conn: ConnId,
        owner: NodeIx,
        state: State,
        other: SocketAddr,
        conditions: Conditions,
    ) {
        let out = Link::new(conditions, self.draws.next_u64());
        let end = End {
            owner,
            state,
            other,
            out,
            due: None,
            timeout: None,
        };
        self.net.ends.insert(conn, end);
    }

    /// A host dials the owner of this end.
    pub(super) fn opened(&mut self, conn: ConnId) {
        let owner = self.end(conn).owner;
        if self.net.ends[&partner(conn)].state == State::Gone {
            self.leave(conn);
        } else if self.hosts[owner.0].listens() {
            self.put(conn, 0, Frame::Accept);
            self.connected(conn, Direction::Inbound);
        } else {
            self.put(conn, 0, Frame::Refuse);
            self.leave(conn);
        }
    }

    pub(super) fn connected(&mut self, conn: ConnId, direction: Direction) {
        let end = self.net.ends.get_mut(&conn).expect("its frames arrive");
        end.state = State::Up;
        if let Some(slot) = end.timeout.take() {
            self.agenda.cancel(slot);
        }
        let (owner, addr) = (end.owner, end.other);
        let input = Input::Connected {
            conn,
            direction,
            addr,
        };
        self.give(owner, input);
    }

    /// The dialled address has not answered.
    pub(in crate::sim) fn give_up(&mut self, conn: ConnId) {
        let end = self.end(conn);
        let (owner, addr) = (end.owner, end.other);
        end.timeout = None;
        self.reset(conn);
        let why = "timed out".to_owned();
        self.give(owner, Input::DialFailed { addr, why });
    }

    /// Ends a connection for the host that asks: after what it has sent, or a second later.
    pub(in crate::sim) fn close(&mut self, ix: NodeIx, conn: ConnId) {
        let own = |end: &&mut End| end.owner == ix && end.state == State::Up;
        if self.net.ends.get_mut(&conn).filter(own).is_none() {
            return;
        }
        let linger = self.now() + LINGER;
        self.put(conn, 0, Frame::End);
        self.leave(conn);
        if let Some(end) = self
            .net
            .ends
            .get_mut(&conn)
            .filter(|end| end.out.has_unsent())
        {
            end.timeout = Some(self.agenda.enter(linger, Due::Linger(conn)));
        }
    }

    /// What a closed connection has not sent by now it never will.
    pub(in crate::sim) fn linger(&mut self, conn: ConnId) {
        let end = self.end(conn);
        end.timeout = None;
        if end.out.has_unsent() {
            self.reset(conn);
        }
    }

    /// Ends all connections of a host without another byte of its.
    pub(in crate::sim) fn reset_all(&mut self, ix: NodeIx) {
        for conn in self.net.ends_of(ix) {
            // A host that dials it just now is refused when the dial arrives.
            if self.end(conn).state != State::Dialled {
                self.reset(conn);
            }
        }
    }

    fn reset(&mut self, conn: ConnId) {
        let now = self.now();
        self.end(conn).out.drop_unsent(now);
        self.put(conn, 0, Frame::End);
        self.leave(conn);
    }

    /// The connection was cut: this end knows at once.
    pub(super) fn severed(&mut self, conn: ConnId) {
        let Some(end) = self.net.ends.get(&conn) else {
            return;
        };
        let (owner, state, addr) = (end.owner, end.state, end.other);
        let why = "the link was cut".to_owned();
        self.leave(conn);
        match state {
            State::Up => self.give_soon(owner, Input::Disconnected(conn, why)),
            State::Dialling => self.give_soon(owner, Input::DialFailed { addr, why }),
            State::Dialled | State::Gone => {}
        }
    }

    /// An end has nothing to do with the connection any more.
    pub(super) fn leave(&mut self, conn: ConnId) {
        let Some(end) = self.net.ends.get_mut(&conn) else {
            return;
        };
        end.state = State::Gone;
        if let Some(slot) = end.timeout.take() {
            self.agenda.cancel(slot);
        }
        if self.net.ends[&partner(conn)].state == State::Gone {
            for conn in [conn, partner(conn)] {
                let end = self
                    .net
                    .ends
                    .remove(&conn)
                    .expect("both ends stay till then");
                let slots = [end.due, end.timeout].into_iter().flatten();
                slots.for_each(|slot| self.agenda.cancel(slot));
            }
        }
    }
}
