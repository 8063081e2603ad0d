//! The peers that a node is connected with.

use crate::node::foreign::quoted;
use crate::node::io::Direction;
use crate::node::snapshot::PeerInfo;
use crate::ui::text;
use crate::ui::widgets::list::{Cell, Item, Look, dim, name, plain};
use crate::ui::widgets::opened::page;
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table::{Column, number, words};

/// Characters of a user agent: those of a node of ours with the longest name.
const AGENT_MAX: usize = 52;

pub(super) const COLUMNS: [Column; 13] = [
    words("peer", 0),
    number("height", 1),
    number("round trip", 1),
    words("who dialled", 2),
    words("address", 1),
    number("since", 4),
    number("in", 3),
    number("out", 3),
    number("unsent", 6),
    number("score", 5),
    number("blocks asked", 9),
    words("role", 8),
    words("program", 7),
];

pub(super) fn items(subject: Subject<'_>) -> Vec<Item> {
    let peers = subject.snapshot.iter().flat_map(|snapshot| &snapshot.peers);
    peers.map(|peer| item(subject, peer)).collect()
}

/// Of the peers of a program of others it is known who they are and how far.
fn item(subject: Subject<'_>, peer: &PeerInfo) -> Item {
    let is_own = subject.snapshot.is_some_and(|seen| seen.program.is_none());
    let own = |cell: Cell| if is_own { cell } else { dim("") };
    let direction = match peer.direction {
        Direction::Outbound => "dialled",
        Direction::Inbound => "dialled us",
    };
    let score = match peer.score {
        0 => dim(0),
        score => Cell::Words(score.to_string(), Look::Warn),
    };
    let round_trip = peer.round_trip.map(text::lapse);
    let height = match peer.ready {
        true => plain(peer.height),
        false => dim("greets"),
    };
    // A peer that dialled us has a port for this connection only: where it listens says more.
    let addr = peer.listen.unwrap_or(peer.addr);
    // Its own words, and as many of them as a node of ours has.
    let agent = match peer.user_agent.as_str() {
        "" => String::new(),
        said => quoted(said, AGENT_MAX),
    };
    Item::new(vec![
        name(&peer.name),
        own(height),
        plain(round_trip.unwrap_or_default()),
        plain(direction),
        plain(addr),
        plain(subject.age(peer.since)),
        own(plain(text::size(peer.received_bytes))),
        own(plain(text::size(peer.sent_bytes))),
        own(dim(text::size(peer.unsent_bytes))),
        own(score),
        own(dim(peer.blocks_in_flight)),
        own(dim(page::role(peer.role))),
        dim(agent),
    ])
    .copies(format!("{}'s address", peer.name), addr)
    .about(peer.conn.0)
}
