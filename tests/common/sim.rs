//! Actors for the simulation: one that only notes what happens to it.

use chainlab::link::Conditions;
use chainlab::node::Time;
use chainlab::node::io::{CloseReason, ConnId, Input, Output};
use chainlab::node::message::Message;
use chainlab::sim::{Actor, NodeIx, Sim};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn latency(millis: u64) -> Conditions {
    Conditions::latency(ms(millis))
}

/// Somebody who does nothing by himself and notes what happens to him.
#[derive(Clone)]
pub struct Puppet {
    pub ix: NodeIx,
    pub addr: SocketAddr,
    seen: Seen,
}

/// What happened, each with its time.
type Seen = Rc<RefCell<Vec<(Time, Input)>>>;

struct Notes(Seen);

impl Actor for Notes {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        self.0.borrow_mut().push((now, input));
        Vec::new()
    }
}

impl Puppet {
    pub fn new(sim: &mut Sim) -> Self {
        let seen = Seen::default();
        let ix = sim.add_actor(Box::new(Notes(Rc::clone(&seen))));
        let addr = sim.address(ix.0);
        Self { ix, addr, seen }
    }

    pub fn dials(&self, sim: &mut Sim, addr: SocketAddr) {
        sim.act(self.ix, Output::Dial(addr));
    }

    pub fn sends(&self, sim: &mut Sim, conn: ConnId, message: Message) {
        sim.act(self.ix, Output::Send(conn, message));
    }

    pub fn closes(&self, sim: &mut Sim, conn: ConnId) {
        sim.act(self.ix, Output::Close(conn, CloseReason::Asked));
    }

    /// What happened since this was last called, in words, with the time since `start` in ms.
    pub fn saw(&self, start: Time) -> Vec<(u64, String)> {
        let seen = std::mem::take(&mut *self.seen.borrow_mut());
        let told = |(at, input): (Time, Input)| {
            let since = u64::try_from((at - start).as_millis()).expect("soon");
            (since, words(&input))
        };
        seen.into_iter().map(told).collect()
    }

    /// The connection that came about since this was last called.
    pub fn connected(&self) -> ConnId {
        let seen = std::mem::take(&mut *self.seen.borrow_mut());
        let conn = seen.into_iter().find_map(|(_, input)| match input {
            Input::Connected { conn, .. } => Some(conn),
            _ => None,
        });
        conn.expect("a connection")
    }
}

fn words(input: &Input) -> String {
    match input {
        Input::Connected {
            direction, addr, ..
        } => format!("{direction:?} {}", addr.ip()),
        Input::DialFailed { addr, why } => format!("{}: {why}", addr.ip()),
        Input::Received(_, Message::Ping(number)) => format!("ping {number}"),
        Input::Received(_, message) => message.command().to_owned(),
        Input::Progress(_) => "part".to_owned(),
        Input::BadFrame(_, why) => format!("bad frame: {why}"),
        Input::Sent(_, bytes) => format!("sent {bytes}"),
        Input::Disconnected(_, why) => format!("disconnected: {why}"),
        other => format!("{other:?}"),
    }
}
