//! What nodes say to each other: the last messages of a lab, each as both of its ends saw it, and
//! how many of each kind went over each link.
//!
//! The hard case is that both ends tell of a message, each in its own time: nodes are watched one
//! by one, so that a message may be received before it is heard of that it was sent. The next
//! message of a kind from one node to another that is received is the first that was sent and has
//! not been received yet, as a connection keeps the order; what waits for its other end is looked
//! up by that, whichever end was heard of first. And who dials is known by the port that it dials
//! from until it has said who it is: what it said before is put down again as its own then.
//!
//! Messages are kept in chunks, which all who look at them share: a look at [`Transcript`] copies a few
//! pointers, however much is said. What strangers say, and is said to them, has chunks of its own: they may
//! say as much as they like, and the last words of the lab's nodes stay.

mod chunks;
mod counts;
mod spoken;

pub use self::chunks::TRANSCRIPT_MAX;
pub use self::counts::{Count, Counts, KINDS};
pub use self::spoken::{Party, Spoken};

use self::chunks::Chunks;
use self::counts::slot;
use self::spoken::parts;
use crate::node::io::{ConnId, Event, EventKind};
use crate::node::message::Kind;
use crate::node::{NodeIx, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Messages between two nodes, of one kind, of which only one end has been heard; the oldest go.
/// What a connection swallows that ends never has another.
const WAITING_MAX: usize = 1_024;

/// Connections of strangers who may still say who they are, and what is remembered of each: nobody
/// honest says more than a `version` before. Of more than that, of the oldest it will not be known.
const STRANGERS_MAX: (usize, usize) = (1_024, 4);

/// How long after the end of a connection it may still turn out that something came in before: each
/// end notices in its own time.
const LATE: Duration = Duration::from_secs(2);

/// What nodes have said to each other, and each look at it has it as it was then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    between_nodes: Chunks,
    with_strangers: Chunks,
    /// Number of the next message.
    next: u64,
    counts: Arc<Counts>,
}

/// Listens to all nodes of a lab.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    transcript: Transcript,
    /// Messages of which one end has been heard, by who says it to whom.
    waiting: BTreeMap<(NodeIx, NodeIx), VecDeque<OneEnd>>,
    /// What a peer said on a connection before it said who it is.
    strangers: BTreeMap<(NodeIx, ConnId), Vec<u64>>,
}

/// A message of which one end has been heard.
#[derive(Clone, Debug)]
struct OneEnd {
    number: u64,
    /// It was sent; otherwise received.
    was_sent: bool,
    /// By whom that was told, and on which of its connections.
    conn: (NodeIx, ConnId),
    kind: Option<Kind>,
    event: Arc<Event>,
    /// When its connection ended.
    lost: Option<Time>,
}

impl Transcript {
    /// Messages, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Spoken> {
        let lanes = [&self.between_nodes, &self.with_strangers];
        let [mut one, mut other] = lanes.map(|chunks| chunks.newest().peekable());
        let all = std::iter::from_fn(move || {
            let number = |next: Option<&&Spoken>| next.map(|spoken| spoken.number);
            let is_first = number(one.peek()) > number(other.peek());
            if is_first { one.next() } else { other.next() }
        });
        all.filter(|spoken| !spoken.is_double)
    }

    /// The message of this number, as long as it is remembered.
    pub fn get(&self, number: u64) -> Option<&Spoken> {
        let found = self.between_nodes.get(number);
        found.or_else(|| self.with_strangers.get(number))
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.between_nodes.len() + self.with_strangers.len()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much was said in all, also what is not remembered any more.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn push(&mut self, spoken: Spoken) {
        self.next = spoken.number + 1;
        let is_within = spoken.from.node().is_some() && spoken.to.node().is_some();
        match is_within {
            true => self.between_nodes.push(spoken),
            false => self.with_strangers.push(spoken),
        }
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Spoken> {
        let found = self.between_nodes.get_mut(number);
        found.or_else(|| self.with_strangers.get_mut(number))
    }
}

impl Listener {
    /// What was said so far.
    pub fn transcript(&self) -> Transcript {
        self.transcript.clone()
    }

    /// A node of the lab tells something. `party` is the other end of a message, by
    /// the name that the node has for it.
    pub fn hear(
        &mut self,
        node: NodeIx,
        event: &Arc<Event>,
        party: impl FnOnce(&Arc<str>) -> Party,
    ) {
        let (peer, was_sent) = match &event.kind {
            EventKind::MessageSent { peer, .. } => (peer, Some(true)),
            EventKind::MessageReceived { peer, .. } => (peer, Some(false)),
            EventKind::PeerDown { peer, .. } => (peer, None),
            _ => return,
        };
        let (conn, other) = (peer.conn, party(&peer.name));
        if let Party::Node(other) = other {
            self.met(node, conn, other);
        }
        match was_sent {
            Some(was_sent) => self.message(node, conn, other, was_sent, event),
            None => {
                self.strangers.remove(&(node, conn));
                if let Party::Node(other) = other {
                    let ended = |waiting: &OneEnd| waiting.conn == (node, conn);
                    self.lose((node, other), event.at, ended);
                }
            }
        }
    }

    /// All connections of a node have ended with it, and its next ones have the same numbers.
    pub fn left(&mut self, node: NodeIx, at: Time) {
        for pair in self.pairs_of(node) {
            self.lose(pair, at, |_| true);
            self.waiting.remove(&pair);
        }
        self.strangers.retain(|(told, _), _| *told != node);
    }

    /// Something that a node told was not heard: what belongs together is not known.
    pub fn missed(&mut self, node: NodeIx) {
        for pair in self.pairs_of(node) {
            self.waiting.remove(&pair);
        }
    }

    fn pairs_of(&self, node: NodeIx) -> Vec<(NodeIx, NodeIx)> {
        let pairs = self.waiting.keys().copied();
        pairs.filter(|(a, b)| [*a, *b].contains(&node)).collect()
    }

    /// It is known who is at the other end of a connection: so are those who said something there.
    fn met(&mut self, node: NodeIx, conn: ConnId, other: NodeIx) {
        for number in self.strangers.remove(&(node, conn)).unwrap_or_default() {
            let Some(spoken) = self.transcript.get_mut(number) else {
                continue;
            };
            let was_sent = spoken.sent.is_some();
            let stranger = match was_sent {
                true => &mut spoken.to,
                false => &mut spoken.from,
            };
            *stranger = Party::Node(other);
            let event = Arc::clone(&spoken.event);
            let pair = match was_sent {
                true => (node, other),
                false => (other, node),
            };
            let end = OneEnd::new(number, was_sent, (node, conn), &event);
            let is_double = end.is_some_and(|end| self.file(pair, end));
            if let Some(spoken) = self.transcript.get_mut(number) {
                spoken.is_double = is_double;
            }
        }
    }

    /// What was sent from one to another and is on its way is lost, as far as it is meant.
    fn lose(&mut self, pair: (NodeIx, NodeIx), at: Time, is_meant: impl Fn(&OneEnd) -> bool) {
        let Some(queue) = self.waiting.get_mut(&pair) else {
            return;
        };
        let on_its_way = |waiting: &&mut OneEnd| waiting.was_sent && waiting.lost.is_none();
        for waiting in queue.iter_mut().filter(on_its_way) {
            if is_meant(waiting) {
                waiting.lost = Some(at);
                if let Some(spoken) = self.transcript.get_mut(waiting.number) {
                    spoken.is_lost = true;
                }
            }
        }
    }

    fn message(
        &mut self,
        node: NodeIx,
        conn: ConnId,
        other: Party,
        was_sent: bool,
        event: &Arc<Event>,
    ) {
        let number = self.transcript.next;
        let Some(end) = OneEnd::new(number, was_sent, (node, conn), event) else {
            return;
        };
        let kind = end.kind;
        let (from, to) = match was_sent {
            true => (Party::Node(node), other),
            false => (other, Party::Node(node)),
        };
        match (from.node(), to.node()) {
            (Some(from), Some(to)) => {
                if self.file((from, to), end) {
                    return;
                }
            }
            _ => self.strange((node, conn), number),
        }
        self.transcript.push(Spoken {
            number,
            from,
            to,
            sent: was_sent.then_some(event.at),
            received: (!was_sent).then_some(event.at),
            is_lost: false,
            is_double: false,
            kind,
            event: Arc::clone(event),
        });
    }

    /// Whether this is the other end of something that was heard of before; then that is noted
    /// there. Otherwise it waits for its other end itself.
    fn file(&mut self, pair: (NodeIx, NodeIx), end: OneEnd) -> bool {
        let at = end.event.at;
        if end.was_sent {
            let counts = Arc::make_mut(&mut self.transcript.counts);
            let bytes = parts(&end.event.kind).map_or(0, |(_, bytes, ..)| bytes);
            counts.entry(pair).or_default()[slot(end.kind)].add(bytes);
        }
        let queue = self.waiting.entry(pair).or_default();
        queue.retain(|waiting| waiting.lost.is_none_or(|lost| at < lost + LATE));
        let other = queue.iter().position(|other| other.is_other_end_of(&end));
        let Some(other) = other.and_then(|at| queue.remove(at)) else {
            if queue.len() >= WAITING_MAX {
                queue.pop_front();
            }
            queue.push_back(end);
            return false;
        };
        if let Some(spoken) = self.transcript.get_mut(other.number) {
            let time = match end.was_sent {
                true => &mut spoken.sent,
                false => &mut spoken.received,
            };
            *time = Some(at);
            spoken.is_lost = false;
        }
        true
    }

    /// A peer of which it is not known yet who it is says something.
    fn strange(&mut self, conn: (NodeIx, ConnId), number: u64) {
        let (conns, each) = STRANGERS_MAX;
        if self.strangers.len() >= conns && !self.strangers.contains_key(&conn) {
            // Numbers of connections go up.
            let mut of_node = self.strangers.keys().filter(|(node, _)| *node == conn.0);
            let Some(oldest) = of_node.next().copied() else {
                return;
            };
            self.strangers.remove(&oldest);
        }
        let said = self.strangers.entry(conn).or_default();
        if said.len() < each {
            said.push(number);
        }
    }
}

impl OneEnd {
    fn new(
        number: u64,
        was_sent: bool,
        conn: (NodeIx, ConnId),
        event: &Arc<Event>,
    ) -> Option<Self> {
        let (command, ..) = parts(&event.kind)?;
        Some(Self {
            number,
            was_sent,
            conn,
            kind: Kind::from_name(command),
            event: Arc::clone(event),
            lost: None,
        })
    }

    /// Whether both are of one message, as far as can be told: pings differ by their numbers.
    fn is_other_end_of(&self, end: &Self) -> bool {
        self.was_sent != end.was_sent
            && self.kind == end.kind
            && parts(&self.event.kind) == parts(&end.event.kind)
    }
}

#[cfg(test)]
mod tests;
