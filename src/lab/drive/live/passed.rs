//! What passes between two programs of others, as events of both.

use super::proxies::Way;
use super::round::Round;
use crate::bitcoin::passing;
use crate::live::NOWHERE;
use crate::live::proxy::{ProxyEvent, ProxyEventKind, ProxyNews};
use crate::node::io::{Direction, Event, EventKind, PeerLabel};
use crate::node::{ConnId, Time};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

/// The link from one program to another, which it dials.
struct Between {
    round: Arc<Round>,
    way: Way,
    /// Connections over which both know each other.
    known: BTreeSet<u64>,
}

impl Round {
    /// Tells it, until the round is over.
    pub(super) fn hear_proxies(self: &Arc<Self>) {
        for (way, mut events) in self.proxies().take_events() {
            let mut between = Between {
                round: Arc::clone(self),
                way,
                known: BTreeSet::new(),
            };
            let round = Arc::clone(self);
            self.runtime.spawn(async move {
                let hearing = async {
                    while let Some(news) = events.recv().await {
                        between.passed(&news);
                    }
                };
                tokio::select! {
                    () = hearing => {}
                    () = round.over() => {}
                }
            });
        }
    }

    fn listens_at(&self, name: &str) -> SocketAddr {
        let core = self.core();
        let node = core.position(name).and_then(|ix| core.nodes()[ix.0].addr());
        node.unwrap_or(NOWHERE)
    }

    /// Something happened to a program, in the life that it has.
    fn happened_to(self: &Arc<Self>, name: &str, at: Time, kind: EventKind) {
        let found = {
            let core = self.core();
            let ix = core.position(name);
            ix.map(|ix| (ix, core.nodes()[ix.0].life()))
        };
        if let Some((ix, life)) = found {
            self.happened(ix, life, Some(name), Event { at, kind });
        }
    }
}

impl Between {
    fn passed(&mut self, news: &ProxyNews) {
        match news {
            ProxyNews::Event(event) => self.happened(event),
            ProxyNews::Missed(count) => {
                let (from, to) = &self.way;
                tracing::debug!("{from} to {to}: {count} events were not taken in time");
            }
        }
    }

    fn happened(&mut self, event: &ProxyEvent) {
        match &event.kind {
            ProxyEventKind::Message { .. } => self.message(event),
            ProxyEventKind::Handshake => {
                self.known.insert(event.conn);
                self.tell_both(event, |label, addr, direction| EventKind::PeerUp {
                    peer: label,
                    addr,
                    direction,
                });
            }
            ProxyEventKind::Ended { why } if self.known.remove(&event.conn) => {
                self.tell_both(event, |label, addr, _| EventKind::PeerDown {
                    peer: label,
                    addr,
                    why: why.to_string(),
                });
            }
            kind => tracing::debug!("{} to {}: {}", self.way.0, self.way.1, kind.words()),
        }
    }

    /// Each is told of the other.
    fn tell_both(
        &self,
        event: &ProxyEvent,
        kind: impl Fn(PeerLabel, SocketAddr, Direction) -> EventKind,
    ) {
        let (dials, dialled) = (&self.way.0, &self.way.1);
        let ends = [
            (dials, dialled, Direction::Outbound),
            (dialled, dials, Direction::Inbound),
        ];
        for (of, other, direction) in ends {
            let addr = self.round.listens_at(other);
            let told = kind(label(event, other), addr, direction);
            self.round.happened_to(of, event.at, told);
        }
    }

    fn message(&self, event: &ProxyEvent) {
        let ProxyEventKind::Message {
            way,
            command,
            bytes,
            sent,
            item,
            summary,
        } = &event.kind
        else {
            return;
        };
        let (dials, dialled) = (&self.way.0, &self.way.1);
        let (from, to) = match way {
            passing::Way::There => (dials, dialled),
            passing::Way::Back => (dialled, dials),
        };
        let (command, bytes) = (command.to_string(), *bytes);
        let told = EventKind::MessageSent {
            peer: label(event, to),
            command: command.clone(),
            bytes,
            item: *item,
            summary: summary.clone(),
        };
        self.round.happened_to(from, *sent, told);
        let told = EventKind::MessageReceived {
            peer: label(event, from),
            command,
            bytes,
            item: *item,
            summary: summary.clone(),
        };
        self.round.happened_to(to, event.at, told);
    }
}

fn label(event: &ProxyEvent, name: &str) -> PeerLabel {
    PeerLabel {
        conn: ConnId(event.conn),
        name: name.into(),
    }
}
