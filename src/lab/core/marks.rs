//! What stands out in a run, and what there is to be said of what happens.

use super::io::{Level, Moment, Sight};
use super::node::Node;
use super::state::Core;
use super::work::Asker;
use crate::lab::ask::{Access, Request};
use crate::lab::observe::chips::Chips;
use crate::lab::observe::marks::{Mark, MarkKind, Marks};
use crate::lab::view::Told;
use crate::link::LinkState;
use crate::node::io::{Event, EventKind, PeerLabel};
use crate::node::message::{Item, MessageSummary};
use crate::node::{BlockId, NodeIx, Time};
use std::net::SocketAddr;

impl Core {
    /// What stood out so far; nothing where it is not observed.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    pub(super) fn mark(
        &mut self,
        at: Time,
        kind: MarkKind,
        block: Option<BlockId>,
        node: Option<NodeIx>,
    ) {
        // Where nodes show themselves time never stops, and times are theirs.
        if self.level == Level::All && self.sight == Sight::Asked {
            let at = at.since(self.since);
            self.marks.add(Mark {
                at,
                kind,
                block,
                node,
            });
        }
    }

    /// Whether all nodes are on one branch is looked at, and was so before or not.
    pub(super) fn mark_fork(&mut self, at: Time, was_fork: bool) {
        match (was_fork, self.headline.is_fork()) {
            (false, true) => self.mark(at, MarkKind::Fork, None, None),
            (true, false) => self.mark(at, MarkKind::Joined, None, None),
            _ => {}
        }
    }

    /// Something is asked of the lab.
    pub(super) fn mark_request(&mut self, now: Moment, asker: Asker, request: &Request) {
        let kind = match request {
            Request::Kill(_) => Some(MarkKind::Kill),
            Request::Restart(_) => Some(MarkKind::Restart),
            Request::Partition(_) => Some(MarkKind::Cut),
            Request::Unite | Request::HealAll => Some(MarkKind::Heal),
            Request::Link(bend) => match bend.change.state {
                Some(LinkState::Cut | LinkState::BlackHole) => Some(MarkKind::Cut),
                Some(LinkState::Open) => Some(MarkKind::Heal),
                None => None,
            },
            Request::Note(Some(_)) => Some(MarkKind::Caption),
            _ => None,
        };
        if let Some(kind) = kind {
            self.mark(now.at, kind, None, request.node());
        }
        if matches!(asker, Asker::Ticket(_)) && request.access() == Access::Write {
            self.mark(now.at, MarkKind::Hand, None, request.node());
        }
    }

    /// What there is to be said of something that happened to a node, if it is worth a stop: messages but
    /// those that only keep a connection alive, blocks that are found, connections that come and go.
    pub fn tells(&self, ix: NodeIx, event: &Event) -> Option<Told> {
        let own = self.name(ix);
        let (words, other) = match &event.kind {
            EventKind::MessageSent {
                peer,
                command,
                item,
                summary,
                ..
            }
            | EventKind::MessageReceived {
                peer,
                command,
                item,
                summary,
                ..
            } => {
                if matches!(command.as_str(), "ping" | "pong") {
                    return None;
                }
                let (name, other) = self.party(ix, peer);
                let about = about(&self.chips, *item, summary);
                let words = match event.kind {
                    EventKind::MessageSent { .. } => {
                        format!("{own} -> {name} {command}{about} sent")
                    }
                    _ => format!("{name} -> {own} {command}{about}"),
                };
                (words, other)
            }
            EventKind::Mined { block, .. } => {
                let words = format!("{own} found block{}", shown(&self.chips, *block));
                (words, None)
            }
            EventKind::PeerUp { peer, .. } => {
                let (name, other) = self.party(ix, peer);
                (format!("{own} - {name} connected"), other)
            }
            EventKind::PeerDown { peer, why, .. } => {
                let (name, other) = self.party(ix, peer);
                (format!("{own} - {name} disconnected: {why}"), other)
            }
            _ => return None,
        };
        Some(Told {
            node: Some(ix),
            other,
            ..Told::new(words)
        })
    }

    /// What a peer is called, and which node it is. Before it has said who it is, it is known by where it comes
    /// from: each node has an address of its own in virtual time.
    fn party<'a>(&'a self, ix: NodeIx, peer: &'a PeerLabel) -> (&'a str, Option<NodeIx>) {
        let from = || {
            let from: SocketAddr = peer.name.parse().ok()?;
            let comes_from = |node: &Node| node.addr().is_some_and(|addr| addr.ip() == from.ip());
            self.nodes.iter().position(comes_from).map(NodeIx)
        };
        let other = self.nodes.who(ix, &peer.name).or_else(from);
        (other.map_or(&peer.name, |other| self.name(other)), other)
    }

    /// What a mark is, in words.
    pub fn mark_words(&self, mark: &Mark) -> String {
        let node = mark.node.map(|ix| format!(" {}", self.name(ix)));
        let node = node.unwrap_or_default();
        let block = mark.block.map(|id| shown(&self.chips, id));
        let block = block.unwrap_or_default();
        match mark.kind {
            MarkKind::Block => format!("{} found block{block}", node.trim_start()),
            MarkKind::Caption => "a caption".to_owned(),
            MarkKind::Joined => "the fork is over".to_owned(),
            MarkKind::Fork => "a fork begins".to_owned(),
            MarkKind::Heal => "links open".to_owned(),
            MarkKind::Restart => format!("restart{node}"),
            MarkKind::Kill => format!("kill{node}"),
            MarkKind::Cut => "links are cut".to_owned(),
            MarkKind::Reorganisation => format!("reorganisation to{block}"),
            MarkKind::Hand => "a command by hand".to_owned(),
        }
    }
}

/// ` #10 [ad]`.
fn shown(chips: &Chips, id: BlockId) -> String {
    format!(" #{} {}", id.height, chips.of(id))
}

/// What a message is about, with a space before it.
fn about(chips: &Chips, item: Option<Item>, summary: &MessageSummary) -> String {
    match (item, summary) {
        (Some(Item::Block(hash)), _) => match chips.find(&hash) {
            Some(id) => shown(chips, id),
            None => format!(" ..{}", hash.short()),
        },
        (Some(Item::Tx(txid)), _) => {
            let short = txid.short();
            format!(" {}", &short[short.len() - 4..])
        }
        (None, MessageSummary::Items { count, .. }) => format!(" of {count}"),
        (None, MessageSummary::Headers { count, .. }) => format!(" of {count}"),
        (None, MessageSummary::Addrs { count, .. }) => format!(" of {count}"),
        _ => String::new(),
    }
}
